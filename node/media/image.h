/*
 * An image: one picture as the source delivered it, raw planes or a JPEG. Counted; the last unref
 * gives the buffer back to its source (`release`), so hold it briefly: a UVC camera has four.
 * Read-only once it is shared. Any thread.
 */
#ifndef CAMNODE_MEDIA_IMAGE_H
#define CAMNODE_MEDIA_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

enum image_format {
	IMAGE_YUV420, /* planes Y, U, V; chroma (w+1)/2 × (h+1)/2 */
	IMAGE_YUV422, /* planes Y, U, V; chroma (w+1)/2 × h */
	IMAGE_NV12,   /* planes Y, interleaved UV */
	IMAGE_YUYV,   /* one packed plane, 2 bytes a pixel */
	IMAGE_JPEG,   /* one plane of `size` bytes */
};

enum image_exposure {
	IMAGE_EXPOSURE_UNKNOWN,
	IMAGE_EXPOSURE_SEARCHING, /* the camera still looks for it */
	IMAGE_EXPOSURE_SETTLED,
};

/* Raw planes. */
struct image_picture {
	int width, height;        /* px */
	const uint8_t *planes[3]; /* unused ones NULL */
	int strides[3];           /* bytes */
};

struct image_info {
	enum image_format format;
	int width, height; /* px */
	bool full_range;   /* luma 0..255 (JPEG) instead of 16..235 */
	uint64_t sequence; /* the source's count; gaps are frames lost at the sensor */
	int64_t pts_us;    /* CLOCK_MONOTONIC at the start of exposure */
	bool writable;     /* by who is the only one to hold it: the maker needs it no more */
	const uint8_t *planes[3]; /* unused ones NULL */
	int strides[3];           /* bytes; 0 for JPEG */
	size_t size;              /* bytes of a JPEG; 0 for planes */
	enum image_exposure exposure;
	/* The same picture made smaller by the camera, in the image's format, range and buffer;
	 * planes[0] is NULL without. */
	struct image_picture small;
};

/* The largest width or height of an image with planes of its own, px. */
#define IMAGE_MAX_SIDE 16384

struct image;

/* release(owner) is called once by the last unref, on whichever thread that is. NULL: no memory
 * (then release isn't called). */
struct image *image_new(const struct image_info *info, void (*release)(void *owner), void *owner);

/* An image with planes of its own (writable until shared): planes, strides and `small` of `info`
 * are ignored. Raw formats only. */
struct image *image_new_planes(const struct image_info *info);

/* Planes of even size: the image itself, or a view of it without the last column or row. A new
 * reference: 0 or -ENOMEM. */
int image_crop_even(struct image *image, struct image **ret_even);

/* A view of the image's small picture, under the image's number and time; it has one. A new
 * reference: 0 or -ENOMEM. */
int image_small(struct image *image, struct image **ret_small);

/* A copy with memory of its own: writable planes (YUYV becomes YUV422), or a JPEG. NULL: no memory.
 */
struct image *image_copy(const struct image *image);

struct image *image_ref(struct image *image);
void image_unref(struct image *image); /* takes NULL */
DEFINE_CLEANUP(struct image *, image_unref);

const struct image_info *image_info(const struct image *image);
/* To write to: for the maker, or the only holder of a writable one, before it is shared. */
uint8_t *image_plane(struct image *image, int plane);

const char *image_format_name(enum image_format format); /* "YUV420", "MJPEG", … (as libcamera) */

#endif
