#include "media/overlay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "media/text.h"

#define LINE_SHARE 300 /* a letter's pixel is this part of the picture's height */
#define MARGIN 4       /* px at scale 1 */
#define PADDING 2      /* px at scale 1, around the text */
#define BLACK 16       /* luma: dark and bright in both ranges */
#define WHITE 235
#define GREY 128 /* chroma */

struct box {
	int x, y, width, height; /* px, all even */
};

unsigned overlay_flags(const struct config_camera *config)
{
	unsigned flags = 0;

	if (config->overlay_time)
		flags |= OVERLAY_TIME;
	if (config->overlay_name)
		flags |= OVERLAY_NAME;
	if (!flags)
		return 0;
	if (config->overlay_corner == CONFIG_BOTTOM_RIGHT ||
	    config->overlay_corner == CONFIG_TOP_RIGHT)
		flags |= OVERLAY_RIGHT;
	if (config->overlay_corner == CONFIG_TOP_LEFT || config->overlay_corner == CONFIG_TOP_RIGHT)
		flags |= OVERLAY_TOP;
	return flags;
}

const char *overlay_label(const struct config_camera *config)
{
	return text_is_readable(config->name) ? config->name : config->id;
}

void overlay_text(unsigned flags, const char *name, int64_t wall_us,
                  char ret_text[static OVERLAY_TEXT_SIZE])
{
	time_t seconds = wall_us / USEC_PER_SEC;
	char date[sizeof("2026-11-23 14:04:50")] = "";
	struct tm tm;

	localtime_r(&seconds, &tm);
	if (flags & OVERLAY_TIME)
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(ret_text, OVERLAY_TEXT_SIZE, "%s%s%s", date,
	         flags & OVERLAY_TIME && flags & OVERLAY_NAME ? "  " : "",
	         flags & OVERLAY_NAME ? name : "");
}

static int even(int value)
{
	return value > 0 ? value & ~1 : 0;
}

static struct box place(const struct image_info *info, unsigned flags, const char *text, int scale)
{
	struct box box = {
		.width = even(text_width(text, scale) + 2 * PADDING * scale),
		.height = even((TEXT_CELL_HEIGHT + PADDING) * scale + 1),
	};
	int right = info->width - MARGIN * scale - box.width;
	int bottom = info->height - MARGIN * scale - box.height;

	box.x = even(flags & OVERLAY_RIGHT ? right : MARGIN * scale);
	box.y = even(flags & OVERLAY_TOP ? MARGIN * scale : bottom);
	if (box.width > info->width - box.x)
		box.width = even(info->width - box.x);
	if (box.height > info->height - box.y)
		box.height = even(info->height - box.y);
	return box;
}

static void fill(struct image *image, int plane, struct box box, int value)
{
	const struct image_info *info = image_info(image);

	for (int y = box.y; y < box.y + box.height; y++)
		memset(image_plane(image, plane) + (size_t)y * info->strides[plane] + box.x, value,
		       (size_t)box.width);
}

/* A dark box without a tint of what is behind. */
static void draw_box(struct image *image, struct box box)
{
	enum image_format format = image_info(image)->format;
	struct box chroma = {box.x / 2, box.y / 2, box.width / 2, box.height / 2};

	fill(image, 0, box, BLACK);
	if (format == IMAGE_YUV422) {
		chroma.y = box.y;
		chroma.height = box.height;
	}
	if (format == IMAGE_NV12) {
		chroma.x = box.x;
		chroma.width = box.width;
	}
	fill(image, 1, chroma, GREY);
	if (format != IMAGE_NV12)
		fill(image, 2, chroma, GREY);
}

static void draw(struct image *image, unsigned flags, const char *name)
{
	const struct image_info *info = image_info(image);
	int scale = (info->height + LINE_SHARE / 2) / LINE_SHARE;
	char text[OVERLAY_TEXT_SIZE];

	overlay_text(flags, name, clock_wall_from_mono_us(info->pts_us), text);
	if (scale < 1)
		scale = 1;
	while (scale > 1 && text_width(text, scale) > info->width - 2 * MARGIN * scale)
		scale--;
	struct box box = place(info, flags, text, scale);
	draw_box(image, box);
	text_draw(image, box.x + PADDING * scale, box.y + PADDING * scale / 2, scale, text, WHITE,
	          -1);
}

int overlay_draw(struct image *image, unsigned flags, const char *name, struct image **ret_image)
{
	const struct image_info *info = image_info(image);
	struct image *own =
		info->writable && info->format != IMAGE_YUYV ? image_ref(image) : image_copy(image);

	if (!own)
		return -ENOMEM;
	draw(own, flags, name);
	*ret_image = own;
	return 0;
}
