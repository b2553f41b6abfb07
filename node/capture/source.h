/*
 * A source: something that delivers images at its own pace. Three implementations: libcamera.cpp
 * (real cameras), pattern.c (synthetic) and replay.c (files and URLs by libavformat).
 *
 * Life: open → start → stop → close; start and stop may repeat. All calls block and come from one
 * thread (the camera's supervisor). The sink is called on the source's own thread, between start
 * and the return of stop; gone also between stop and the return of close. Images may be let go
 * later than that, even after close.
 */
#ifndef CAMNODE_CAPTURE_SOURCE_H
#define CAMNODE_CAPTURE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "capture/source_control.h"
#include "config/config.h"
#include "media/image.h"

#define SOURCE_TEXT_SIZE 512 /* of an explanation */

struct source;

/* Where images and ends go. Called on the source's thread; must not call the source. */
struct source_sink {
	void *user;

	/* An image, a reference of its own for the sink to unref. Must return within about 1 ms. */
	void (*image)(void *user, struct image *image);

	/* True if anybody wants the next image: sources that would have to work for it (render,
	 * decode) ask first and skip the work, while their sequence goes on. */
	bool (*wanted)(void *user);

	/* The source has ended by itself (unplugged, end of stream, error); no image follows, and
	 * it does not start again. A stopped source may tell, or not before its next start. */
	void (*gone)(void *user, const char *why);
};

struct source_flip {
	bool h, v; /* left to right, upside down */
};

/* What the configuration asks for: turning by 180 degrees is both. */
struct source_flip source_flip(const struct config_camera *camera);

/* What was chosen, after open. */
struct source_mode {
	int width, height;        /* px */
	double fps;               /* nominal */
	enum image_format format; /* of the images to come */
	struct source_flip flip;  /* done by the camera; less than asked for if it cannot */
	bool has_small;           /* images come with a small picture for the preview */
	char id[192];             /* stable id of the camera: comes back with it after a replug */
	char model[96];           /* for people */
};

struct source_ops {
	const char *name;

	/* Finds and opens what `camera` asks for. 0, or -errno with `ret_text` saying what is
	 * missing and what is offered: -ENODEV (not there now: try again later), -EBUSY (another
	 * program has it), -EINVAL (never offered: size, format), -ENOSYS (not in this build). */
	int (*open)(const struct config_camera *camera, struct source **ret_source,
	            char ret_text[SOURCE_TEXT_SIZE]);
	void (*mode)(const struct source *source, struct source_mode *ret_mode);
	int (*start)(struct source *source, const struct source_sink *sink);
	void (*stop)(struct source *source);
	void (*close)(struct source *source);

	/* Controls; NULL when the source has none. Lists up to `capacity`, returns the count. */
	size_t (*controls)(const struct source *source, struct source_control *ret_controls,
	                   size_t capacity);
	/* Takes effect with one of the next images. 0, -ENOENT (no such control), -ERANGE. */
	int (*set_control)(struct source *source, const char *name, double value);
};

/* Every source begins with its ops. */
struct source {
	const struct source_ops *ops;
};

/*
 * Opens by config_camera.source: "auto" takes the first libcamera camera, else the pattern. As
 * source_ops.open.
 */
int source_open(const struct config_camera *camera, struct source **ret_source,
                char ret_text[SOURCE_TEXT_SIZE]);

/* Appends what cameras there are, with their sizes and formats, for `--list-cameras`. */
void source_list(struct buf *text);

/* Prepares what sources share in the process. Once, before any thread. */
void source_init_all(void);

/* Ends what sources share in the process (libcamera's CameraManager). After the last close. */
void source_finish_all(void);

#endif
