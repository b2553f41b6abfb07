#include "media/image.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "media/planar.h"

/* Rows begin on cache lines, so that vector code needs no special first bytes and may write past a
 * row's end up to the stride. */
#define PLANE_ALIGN 64

struct image {
	atomic_uint references;
	struct image_info info;
	void (*release)(void *owner);
	void *owner;
};

/* Luma is the size of the picture; chroma planes are divided by these, rounded up. */
struct plane_layout {
	const char *name;
	int count;
	int bytes_across; /* in the first plane, per pixel */
	int chroma_bytes; /* in a chroma plane, per sample */
	int divide_across, divide_down;
};

static const struct plane_layout layouts[] = {
	[IMAGE_YUV420] = {"YUV420", 3, 1, 1, 2, 2}, [IMAGE_YUV422] = {"YUV422", 3, 1, 1, 2, 1},
	[IMAGE_NV12] = {"NV12", 2, 1, 2, 2, 2},     [IMAGE_YUYV] = {"YUYV", 1, 2, 0, 1, 1},
	[IMAGE_JPEG] = {"MJPEG", 0, 0, 0, 1, 1},
};

static size_t round_up(size_t value, size_t multiple)
{
	return (value + multiple - 1) / multiple * multiple;
}

struct image *image_new(const struct image_info *info, void (*release)(void *owner), void *owner)
{
	struct image *image = malloc(sizeof(*image));

	if (!image)
		return NULL;
	atomic_init(&image->references, 1);
	image->info = *info;
	image->release = release;
	image->owner = owner;
	return image;
}

/* Sets strides, and each plane's offset from the first byte; returns the bytes of all. Odd sizes
 * get a row and a column more, because JPEG decoders write whole chroma blocks' luma. */
static size_t lay_out(struct image_info *info, size_t offsets[static 3])
{
	const struct plane_layout *layout = &layouts[info->format];
	size_t width = round_up((size_t)info->width, 2);
	size_t height = round_up((size_t)info->height, 2);
	size_t total = 0;

	for (int i = 0; i < 3; i++) {
		size_t row, rows;

		offsets[i] = total;
		info->strides[i] = 0;
		if (i >= layout->count)
			continue;
		row = i ? width / layout->divide_across * layout->chroma_bytes
		        : width * layout->bytes_across;
		rows = i ? height / layout->divide_down : height;
		row = round_up(row, PLANE_ALIGN);
		info->strides[i] = (int)row;
		total += row * rows;
	}
	return total;
}

struct image *image_new_planes(const struct image_info *info)
{
	_cleanup_free_ uint8_t *memory = NULL;
	struct image_info own = *info;
	struct image *image;
	size_t offsets[3];

	if (info->format == IMAGE_JPEG || info->width < 1 || info->height < 1 ||
	    info->width > IMAGE_MAX_SIDE || info->height > IMAGE_MAX_SIDE)
		return NULL;
	memory = aligned_alloc(PLANE_ALIGN, lay_out(&own, offsets));
	if (!memory)
		return NULL;
	for (int i = 0; i < 3; i++)
		own.planes[i] = own.strides[i] ? memory + offsets[i] : NULL;
	own.size = 0;
	own.small = (struct image_picture){0};
	own.writable = true;
	image = image_new(&own, free, memory);
	if (image)
		memory = NULL;
	return image;
}

struct image *image_ref(struct image *image)
{
	atomic_fetch_add_explicit(&image->references, 1, memory_order_relaxed);
	return image;
}

void image_unref(struct image *image)
{
	if (!image || atomic_fetch_sub_explicit(&image->references, 1, memory_order_acq_rel) != 1)
		return;
	if (image->release)
		image->release(image->owner);
	free(image);
}

static void release_image(void *image)
{
	image_unref(image);
}

/* Other planes or sizes within what the image holds: the view keeps it. */
static int make_view(struct image *image, const struct image_info *info, struct image **ret_view)
{
	struct image *view = image_new(info, release_image, image);

	if (!view)
		return -ENOMEM;
	image_ref(image); /* the view's */
	*ret_view = view;
	return 0;
}

int image_crop_even(struct image *image, struct image **ret_even)
{
	struct image_info info = image->info;

	info.width &= ~1;
	info.height &= ~1;
	if (info.width != image->info.width || info.height != image->info.height)
		return make_view(image, &info, ret_even);
	*ret_even = image_ref(image);
	return 0;
}

int image_small(struct image *image, struct image **ret_small)
{
	const struct image_picture *small = &image->info.small;
	struct image_info info = image->info;

	info.width = small->width;
	info.height = small->height;
	memcpy(info.planes, small->planes, sizeof info.planes);
	memcpy(info.strides, small->strides, sizeof info.strides);
	info.small = (struct image_picture){0};
	return make_view(image, &info, ret_small);
}

static void copy_rows(const struct image_info *from, struct image *to)
{
	const struct plane_layout *layout = &layouts[from->format];

	for (int i = 0; i < layout->count; i++) {
		int across = i ? (from->width + layout->divide_across - 1) / layout->divide_across *
		                             layout->chroma_bytes
		               : from->width * layout->bytes_across;
		int rows = i ? (from->height + layout->divide_down - 1) / layout->divide_down
		             : from->height;

		for (int y = 0; y < rows; y++)
			memcpy(image_plane(to, i) + (size_t)y * to->info.strides[i],
			       from->planes[i] + (size_t)y * from->strides[i], (size_t)across);
	}
}

static void split_rows(const struct image_info *from, struct image *to)
{
	for (int y = 0; y < from->height; y++)
		planar_split_yuyv(from->planes[0] + (size_t)y * from->strides[0], from->width / 2,
		                  image_plane(to, 0) + (size_t)y * to->info.strides[0],
		                  image_plane(to, 1) + (size_t)y * to->info.strides[1],
		                  image_plane(to, 2) + (size_t)y * to->info.strides[2]);
}

static struct image *copy_jpeg(const struct image_info *from)
{
	_cleanup_free_ uint8_t *memory = malloc(from->size);
	struct image_info info = *from;

	if (!memory)
		return NULL;
	memcpy(memory, from->planes[0], from->size);
	info.planes[0] = memory;
	struct image *copy = image_new(&info, free, memory);
	if (copy)
		memory = NULL;
	return copy;
}

struct image *image_copy(const struct image *image)
{
	struct image_info info = image->info;
	struct image *copy;

	if (info.format == IMAGE_JPEG)
		return copy_jpeg(&info);
	if (info.format == IMAGE_YUYV)
		info.format = IMAGE_YUV422;
	copy = image_new_planes(&info);
	if (!copy)
		return NULL;
	if (image->info.format == IMAGE_YUYV)
		split_rows(&image->info, copy);
	else
		copy_rows(&image->info, copy);
	return copy;
}

const struct image_info *image_info(const struct image *image)
{
	return &image->info;
}

uint8_t *image_plane(struct image *image, int plane)
{
	return (uint8_t *)image->info.planes[plane];
}

const char *image_format_name(enum image_format format)
{
	return layouts[format].name;
}
