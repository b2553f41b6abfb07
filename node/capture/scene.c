#include "capture/scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VARIANTS 4 /* textures with the same view and other noise */
#define MARGIN                                                                            \
	48 /* px of texture beyond the picture on each side: how far the camera may shake \
	    */
#define OCTAVES 3
#define NOISE_SIGMA_MAX 10.0 /* luma steps at noise 100 */
#define LUMA_MIN 8
#define LUMA_MAX 247

/* Layers of the landscape, back to front. Heights are in thousandths of the picture. */
struct layer {
	int ridge;     /* how high its top is on average */
	int roughness; /* how far the top goes up and down */
	int luma;      /* of its middle */
	int contrast;  /* of its texture */
	uint8_t cb, cr;
};

static const struct layer layers[] = {
	{.ridge = 1100, .roughness = 0, .luma = 196, .contrast = 24, .cb = 142, .cr = 120},
	{.ridge = 640, .roughness = 220, .luma = 136, .contrast = 36, .cb = 134, .cr = 122},
	{.ridge = 460, .roughness = 180, .luma = 104, .contrast = 56, .cb = 118, .cr = 120},
	{.ridge = 260, .roughness = 120, .luma = 80, .contrast = 84, .cb = 108, .cr = 128},
};
#define LAYER_COUNT ((int)(sizeof(layers) / sizeof(layers[0])))

struct scene {
	int width, height;              /* px, of the picture */
	int luma_stride, chroma_stride; /* bytes, of the textures */
	uint8_t *luma[VARIANTS];
	uint8_t *chroma[2];
};

struct position {
	int x, y; /* px */
};

static uint32_t hash(uint32_t x, uint32_t y, uint32_t seed)
{
	uint32_t h = x * 0x8da6b343u ^ y * 0xd8163841u ^ seed * 0xcb1ab31fu;

	h ^= h >> 15;
	h *= 0x2c1b3c6du;
	h ^= h >> 13;
	return h;
}

/* Smooth noise, -128..127: random values at the corners of cells, interpolated between. */
static int smooth_noise(int x, int y, int cell, uint32_t seed)
{
	const uint32_t column = (uint32_t)(x / cell);
	const uint32_t row = (uint32_t)(y / cell);
	const int fx = x % cell, fy = y % cell;
	const int a = (int)(hash(column, row, seed) & 255);
	const int b = (int)(hash(column + 1, row, seed) & 255);
	const int c = (int)(hash(column, row + 1, seed) & 255);
	const int d = (int)(hash(column + 1, row + 1, seed) & 255);
	const int top = a * (cell - fx) + b * fx;
	const int bottom = c * (cell - fx) + d * fx;

	return (top * (cell - fy) + bottom * fy) / (cell * cell) - 128;
}

/* Octaves of smooth noise from large to small, -128..127: looks like stone, leaves and clouds. */
static int texture(int x, int y, int cell, uint32_t seed)
{
	int sum = 0;

	for (int octave = 0; octave < OCTAVES; octave++) {
		sum += smooth_noise(x, y, cell, seed + (uint32_t)octave) >> (octave + 1);
		cell = cell > 4 ? cell / 3 : 1;
	}
	return sum;
}

/* The frontmost layer at a place of the texture. */
static int layer_at(const int tops[LAYER_COUNT], int y)
{
	int found = 0;

	for (int i = 0; i < LAYER_COUNT; i++) {
		if (y >= tops[i])
			found = i;
	}
	return found;
}

/* The first row of each layer in one column of the texture. */
static void layer_tops(const struct scene *scene, int x, int ret_tops[LAYER_COUNT])
{
	const int cell = scene->height / 2 + 1;

	for (int i = 0; i < LAYER_COUNT; i++) {
		const int wave = texture(x, 0, cell, 100 + (uint32_t)i);
		const int height = layers[i].ridge + layers[i].roughness * wave / 128;

		ret_tops[i] = MARGIN + scene->height - scene->height * height / 1000;
	}
}

static uint8_t clamp_luma(int value)
{
	if (value < LUMA_MIN)
		return LUMA_MIN;
	return (uint8_t)(value > LUMA_MAX ? LUMA_MAX : value);
}

/* Paints the view without noise into the first luma texture and the chroma textures. */
static void paint_column(struct scene *scene, int x, int rows)
{
	const int cell = scene->height / 12 + 2;
	int tops[LAYER_COUNT];

	layer_tops(scene, x, tops);
	for (int y = 0; y < rows; y++) {
		const int i = layer_at(tops, y);
		const int grain = texture(x, y, cell, 7u * (uint32_t)i);
		const int luma = layers[i].luma + layers[i].contrast * grain / 64;

		scene->luma[0][(size_t)y * (size_t)scene->luma_stride + (size_t)x] =
			clamp_luma(luma);
		if (x % 2 == 0 && y % 2 == 0) {
			const size_t at =
				(size_t)(y / 2) * (size_t)scene->chroma_stride + (size_t)(x / 2);

			scene->chroma[0][at] = (uint8_t)(layers[i].cb + grain / 16);
			scene->chroma[1][at] = (uint8_t)(layers[i].cr - grain / 16);
		}
	}
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Roughly Gaussian, mean 0, deviation 148: the sum of four random bytes. */
static int gaussian(uint32_t random)
{
	return (int)((random & 255) + (random >> 8 & 255) + (random >> 16 & 255) + (random >> 24)) -
	       510;
}

/* `to` = `from` with sensor noise; they may be the same. */
static void add_noise(const uint8_t *from, uint8_t *to, size_t size, int noise, uint64_t seed)
{
	const int scale = (int)(NOISE_SIGMA_MAX * noise / 100 / 148 * 65536);
	uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;

	for (size_t i = 0; i < size; i++) {
		const uint32_t random = (uint32_t)(next_random(&state) >> 16);

		to[i] = clamp_luma(from[i] + gaussian(random) * scale / 65536);
	}
}

static void paint(struct scene *scene, int columns, int rows, int noise)
{
	const size_t size = (size_t)scene->luma_stride * (size_t)rows;

	for (int x = 0; x < columns; x++)
		paint_column(scene, x, rows);
	for (int i = VARIANTS - 1; i >= 0; i--)
		add_noise(scene->luma[0], scene->luma[i], size, noise, (uint64_t)i + 1);
}

struct scene *scene_new(int width, int height, int noise)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	/* Even, so that a chroma texture holds half of each. */
	const int columns = (width + 1) / 2 * 2 + 2 * MARGIN;
	const int rows = (height + 1) / 2 * 2 + 2 * MARGIN;
	bool whole = true;

	if (!scene)
		return NULL;
	scene->width = width;
	scene->height = height;
	scene->luma_stride = columns;
	scene->chroma_stride = columns / 2;
	for (int i = 0; i < VARIANTS; i++) {
		scene->luma[i] = calloc((size_t)columns, (size_t)rows);
		whole = whole && scene->luma[i];
	}
	for (int i = 0; i < 2; i++) {
		scene->chroma[i] = calloc((size_t)columns / 2, (size_t)rows / 2);
		whole = whole && scene->chroma[i];
	}
	if (!whole) {
		scene_free(scene);
		return NULL;
	}
	paint(scene, columns, rows, noise);
	return scene;
}

void scene_free(struct scene *scene)
{
	if (!scene)
		return;
	for (int i = 0; i < VARIANTS; i++)
		free(scene->luma[i]);
	for (int i = 0; i < 2; i++)
		free(scene->chroma[i]);
	free(scene);
}

/* There and back again between 0 and `range`, a step per frame. */
static int swing(uint64_t frame, int range)
{
	const int at = range > 0 ? (int)(frame % (2 * (uint64_t)range)) : 0;

	return at < range ? at : 2 * range - at;
}

static void copy_plane(struct image *image, int plane, const uint8_t *texture_at, int stride)
{
	const struct image_info *info = image_info(image);
	const int half = plane > 0;
	const size_t width = (size_t)(info->width + half) >> half;
	const int rows = (info->height + half) >> half;
	uint8_t *row = image_plane(image, plane);

	for (int y = 0; y < rows; y++) {
		memcpy(row, texture_at, width);
		row += info->strides[plane];
		texture_at += stride;
	}
}

/* A disc on one plane, whose samples are 2^half px apart. */
static void draw_disc(struct image *image, int plane, struct position center, int radius, int value)
{
	const struct image_info *info = image_info(image);
	const int half = plane > 0;
	const int width = (info->width + half) >> half;
	const int height = (info->height + half) >> half;
	const int cx = center.x >> half, cy = center.y >> half, r = radius >> half;

	for (int y = cy > r ? cy - r : 0; y < height && y <= cy + r; y++) {
		const int reach = (int)sqrt((double)(r * r - (y - cy) * (y - cy)));
		const int from = cx > reach ? cx - reach : 0;
		const int end = cx + reach < width ? cx + reach + 1 : width;
		uint8_t *row = image_plane(image, plane) + (ptrdiff_t)y * info->strides[plane];

		if (from < end)
			memset(row + from, value, (size_t)end - (size_t)from);
	}
}

static void draw_ball(struct image *image, uint64_t frame)
{
	const struct image_info *info = image_info(image);
	const int radius = info->height / 14 + 1;
	const int step = info->width / 240 + 1; /* px a frame: across in 8 s at 30 fps */
	const struct position center = {
		.x = swing(frame * (uint64_t)step, info->width),
		.y = info->height / 5 + swing(frame * (uint64_t)step / 2, info->height / 2),
	};

	draw_disc(image, 0, center, radius, 150);
	draw_disc(image, 1, center, radius, 60);
	draw_disc(image, 2, center, radius, 210);
}

static void add_brightness(struct image *image, double brightness)
{
	const struct image_info *info = image_info(image);
	const int offset = (int)(brightness * 128);
	uint8_t table[256];

	for (int i = 0; i < 256; i++)
		table[i] = (uint8_t)(i + offset < 0 ? 0 : i + offset > 255 ? 255 : i + offset);
	for (int y = 0; y < info->height; y++) {
		uint8_t *row = image_plane(image, 0) + (ptrdiff_t)y * info->strides[0];

		for (int x = 0; x < info->width; x++)
			row[x] = table[row[x]];
	}
}

void scene_draw(const struct scene *scene, uint64_t frame, double brightness, struct image *image)
{
	/* Even steps, so that luma and chroma move together. */
	const int x = swing(frame, MARGIN) * 2;
	const int y = swing(frame / 3, MARGIN / 2) * 2;
	const size_t luma_at = (size_t)y * (size_t)scene->luma_stride + (size_t)x;
	const size_t chroma_at = (size_t)(y / 2) * (size_t)scene->chroma_stride + (size_t)(x / 2);

	copy_plane(image, 0, scene->luma[frame % VARIANTS] + luma_at, scene->luma_stride);
	for (int i = 0; i < 2; i++)
		copy_plane(image, i + 1, scene->chroma[i] + chroma_at, scene->chroma_stride);
	draw_ball(image, frame);
	if (brightness != 0)
		add_brightness(image, brightness);
}
