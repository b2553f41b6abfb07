/*
 * Writes what the pattern camera shows, for the encoders and cameras of others: pictures.yu12
 * (planes), pictures.yuyv (packed; both rows of a pair have its chroma) and, of the first few,
 * picture-N.ppm (RGB). See usage().
 */
#include "base/str.h"
#include "capture/pattern_code.h"
#include "capture/scene.h"

#include <errno.h>
#include <stdio.h>
#include <turbojpeg.h>

#define MAX_SIDE 8192 /* px */
#define MAX_COUNT 1000
#define PATH_SIZE 4096

struct options {
	int64_t width, height, noise, count, rgb_count;
	const char *folder;
};

static void usage(void)
{
	fputs("Usage: bench_pictures WIDTH HEIGHT NOISE COUNT RGB_COUNT FOLDER\n", stderr);
}

static int parse(int argc, char **argv, struct options *options)
{
	const struct {
		int64_t *value, min, max;
	} table[] = {
		{&options->width, PATTERN_CODE_WIDTH, MAX_SIDE},
		{&options->height, PATTERN_CODE_HEIGHT, MAX_SIDE},
		{&options->noise, 0, 100},
		{&options->count, 1, MAX_COUNT},
		{&options->rgb_count, 0, MAX_COUNT},
	};
	const int count = sizeof(table) / sizeof(table[0]);

	if (argc != 1 + count + 1)
		return -EINVAL;
	for (int i = 0; i < count; i++) {
		int64_t *value = table[i].value;

		if (str_parse_i64(argv[1 + i], value) < 0 || *value < table[i].min ||
		    *value > table[i].max)
			return -EINVAL;
	}
	options->folder = argv[1 + count];
	return options->width % 2 || options->height % 2 ? -EINVAL : 0;
}

static FILE *open_file(const char *folder, const char *name)
{
	char path[PATH_SIZE];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	if (!file)
		perror(path);
	return file;
}

static int close_file(FILE *file)
{
	bool failed = ferror(file);

	return fclose(file) != 0 || failed ? -EIO : 0;
}

static void write_yu12(const struct image_info *info, FILE *file)
{
	for (int plane = 0; plane < 3; plane++) {
		int width = plane ? info->width / 2 : info->width;
		int height = plane ? info->height / 2 : info->height;

		for (int y = 0; y < height; y++)
			fwrite(info->planes[plane] + (ptrdiff_t)y * info->strides[plane], 1,
			       (size_t)width, file);
	}
}

static void write_yuyv(const struct image_info *info, FILE *file)
{
	for (int y = 0; y < info->height; y++) {
		const uint8_t *luma = info->planes[0] + (ptrdiff_t)y * info->strides[0];
		const uint8_t *u = info->planes[1] + (ptrdiff_t)(y / 2) * info->strides[1];
		const uint8_t *v = info->planes[2] + (ptrdiff_t)(y / 2) * info->strides[2];

		for (int x = 0; x < info->width / 2; x++) {
			uint8_t pair[] = {luma[2 * x], u[x], luma[2 * x + 1], v[x]};

			fwrite(pair, 1, sizeof(pair), file);
		}
	}
}

static int write_rgb(const struct image_info *info, const char *folder, int64_t number)
{
	size_t size = 3 * (size_t)info->width * (size_t)info->height;
	_cleanup_free_ uint8_t *rgb = malloc(size);
	tjhandle handle = tjInitDecompress();
	char name[64];
	FILE *file;
	int error = -ENOMEM;

	if (rgb && handle)
		error = tjDecodeYUVPlanes(handle, (const uint8_t **)info->planes, info->strides,
		                          TJSAMP_420, rgb, info->width, 0, info->height, TJPF_RGB,
		                          0);
	tjDestroy(handle);
	if (error)
		return error;
	snprintf(name, sizeof(name), "picture-%lld.ppm", (long long)number);
	file = open_file(folder, name);
	if (!file)
		return -EIO;
	fprintf(file, "P6\n%d %d\n255\n", info->width, info->height);
	fwrite(rgb, 1, size, file);
	return close_file(file);
}

static int draw_all(const struct options *options, const struct scene *scene, FILE *yu12,
                    FILE *yuyv)
{
	const struct image_info info = {
		.width = (int)options->width, .height = (int)options->height, .full_range = true};
	_cleanup_(image_unref_p) struct image *image = image_new_planes(&info);
	int error = image ? 0 : -ENOMEM;

	for (int64_t i = 0; i < options->count && error == 0; i++) {
		scene_draw(scene, (uint64_t)i, 0, image);
		pattern_code_write(image, &(struct pattern_code){.frame = (uint32_t)i});
		write_yu12(image_info(image), yu12);
		write_yuyv(image_info(image), yuyv);
		if (i < options->rgb_count)
			error = write_rgb(image_info(image), options->folder, i);
	}
	return error;
}

static int write_all(const struct options *options)
{
	struct scene *scene =
		scene_new((int)options->width, (int)options->height, (int)options->noise);
	FILE *yu12 = open_file(options->folder, "pictures.yu12");
	FILE *yuyv = open_file(options->folder, "pictures.yuyv");
	int error = -EIO;

	if (scene && yu12 && yuyv)
		error = draw_all(options, scene, yu12, yuyv);
	if (yu12 && close_file(yu12) < 0)
		error = -EIO;
	if (yuyv && close_file(yuyv) < 0)
		error = -EIO;
	scene_free(scene);
	return error;
}

int main(int argc, char **argv)
{
	struct options options;

	if (parse(argc, argv, &options) < 0) {
		usage();
		return 2;
	}
	if (write_all(&options) == 0)
		return EXIT_SUCCESS;
	fputs("bench_pictures: cannot write all pictures\n", stderr);
	return EXIT_FAILURE;
}
