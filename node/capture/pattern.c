#include "capture/pattern.h"

#include "base/clock.h"
#include "base/thread.h"
#include "capture/fault.h"
#include "capture/pattern_control.h"
#include "capture/pool.h"
#include "capture/scene.h"
#include "media/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUFFERS 4 /* as many as a USB camera has */
#define BLACK 16  /* luma */
#define WHITE 235
#define MIN_SIZE 16   /* px */
#define MAX_SIZE 8192 /* px */
#define SLOW_PERIOD_US USEC_PER_SEC

struct pattern {
	struct source base;
	int width, height;
	double fps;
	char id[sizeof(((struct source_mode *)0)->id)];
	char *name;
	struct scene *scene;
	struct pool *pool;
	struct fault_plan plan;
	int64_t fault_start_us; /* of the plan's clock */
	struct pattern_controls controls;

	struct source_sink sink;
	pthread_t thread;
	bool started;
	int64_t start_us;
	uint64_t next_frame;   /* the thread's while it runs */
	int64_t last_image_us; /* likewise */

	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool stopping; /* guarded by mutex */
};

/* The time grid of one start: frame n is due at start_us + (n - first) / fps. */
struct grid {
	int64_t start_us;
	uint64_t first;
	double fps;
};

/* Name, wall time and frame number below the code, for people. */
static void draw_labels(const struct pattern *pattern, struct image *image)
{
	const struct image_info *info = image_info(image);
	const int64_t wall_us = clock_wall_from_mono_us(info->pts_us);
	const time_t seconds = (time_t)(wall_us / USEC_PER_SEC);
	const int scale = info->height >= 480 ? info->height / 240 : 1;
	const int y = PATTERN_CODE_HEIGHT + 2 * scale;
	char date[sizeof("2026-11-23 14:04:50")];
	char text[64];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
	text_draw(image, 4, y, scale, pattern->name, WHITE, BLACK);
	snprintf(text, sizeof(text), "%s.%03d", date,
	         (int)(wall_us % USEC_PER_SEC / USEC_PER_MSEC));
	text_draw(image, 4, y + TEXT_CELL_HEIGHT * scale, scale, text, WHITE, BLACK);
	snprintf(text, sizeof(text), "#%06llu", (unsigned long long)info->sequence);
	text_draw(image, 4, y + 2 * TEXT_CELL_HEIGHT * scale, scale, text, WHITE, BLACK);
}

/* As the controls say; with the fault "dark" it comes up from black after a start, as that of a
 * camera whose exposure has to find its value. */
static double brightness_at(struct pattern *pattern, int64_t pts_us)
{
	const double brightness = pattern_controls_brightness(&pattern->controls);
	const int64_t settling_us = pattern->plan.kind == FAULT_DARK ? pattern->plan.at_us : 0;
	const int64_t age_us = pts_us - pattern->start_us;

	if (age_us >= settling_us)
		return brightness;
	return brightness + (-1 - brightness) * (1 - (double)age_us / (double)settling_us);
}

/* A new picture, or NULL if all buffers are out: the frame is lost, as at a sensor. */
static struct image *take_picture(struct pattern *pattern, uint64_t frame, int64_t pts_us)
{
	const struct image_info info = {.sequence = frame, .pts_us = pts_us, .full_range = true};
	const struct pattern_code code = {
		.frame = (uint32_t)frame,
		.time_ms = (uint32_t)(pts_us / USEC_PER_MSEC) & PATTERN_TIME_MASK,
	};
	struct image *image = pool_take(pattern->pool, &info);

	if (!image)
		return NULL;
	scene_draw(pattern->scene, frame, brightness_at(pattern, pts_us), image);
	pattern_code_write(image, &code);
	draw_labels(pattern, image);
	return image;
}

static int64_t due_us(const struct grid *grid, uint64_t frame)
{
	return grid->start_us + (int64_t)((double)(frame - grid->first) * 1e6 / grid->fps);
}

/* Waits for the next frame's time; frames whose time is over are skipped. False: stopping. */
static bool wait_for_frame(struct pattern *pattern, const struct grid *grid, uint64_t *ret_frame)
{
	uint64_t frame = pattern->next_frame;
	bool stopping;

	while (due_us(grid, frame + 1) <= clock_mono_us())
		frame++;
	pthread_mutex_lock(&pattern->mutex);
	while (!pattern->stopping &&
	       cond_wait_until(&pattern->changed, &pattern->mutex, due_us(grid, frame)) == 0)
		;
	stopping = pattern->stopping;
	pthread_mutex_unlock(&pattern->mutex);
	pattern->next_frame = stopping ? frame : frame + 1;
	*ret_frame = frame;
	return !stopping;
}

static enum fault_kind fault_now(struct pattern *pattern, int64_t now_us)
{
	const enum fault_kind fault = pattern_controls_fault(&pattern->controls);

	if (fault == FAULT_DISCONNECT)
		fault_set_away(pattern->id, now_us + FAULT_AWAY_US);
	return fault != FAULT_NONE ? fault
	                           : fault_at(&pattern->plan, now_us - pattern->fault_start_us);
}

static void deliver(struct pattern *pattern, uint64_t frame, int64_t pts_us)
{
	struct image *image;

	if (!pattern->sink.wanted(pattern->sink.user))
		return;
	image = take_picture(pattern, frame, pts_us);
	if (image)
		pattern->sink.image(pattern->sink.user, image);
}

static void *run(void *arg)
{
	struct pattern *pattern = arg;
	const struct grid grid = {pattern->start_us, pattern->next_frame, pattern->fps};
	uint64_t frame;

	while (wait_for_frame(pattern, &grid, &frame)) {
		const int64_t pts_us = due_us(&grid, frame);
		const enum fault_kind fault = fault_now(pattern, pts_us);

		if (fault == FAULT_DISCONNECT || fault == FAULT_BUSY) {
			pattern->sink.gone(pattern->sink.user,
			                   "the pattern was told to disconnect");
			break;
		}
		if (fault == FAULT_STALL || fault == FAULT_HANG ||
		    (fault == FAULT_SLOW && pts_us < pattern->last_image_us + SLOW_PERIOD_US))
			continue;
		pattern->last_image_us = pts_us;
		deliver(pattern, frame, pts_us);
	}
	return NULL;
}

static void pattern_close(struct source *source)
{
	struct pattern *pattern = (struct pattern *)source;

	scene_free(pattern->scene);
	pool_unref(pattern->pool);
	pthread_mutex_destroy(&pattern->mutex);
	pthread_cond_destroy(&pattern->changed);
	pattern_controls_finish(&pattern->controls);
	free(pattern->name);
	free(pattern);
}

/* What the pattern cannot do: 0, or -errno with the reason. */
static int check(const struct config_camera *camera, char ret_text[SOURCE_TEXT_SIZE])
{
	const char *format = camera->format;

	if (strcmp(format, "auto") != 0 && strcmp(format, image_format_name(IMAGE_YUV420)) != 0) {
		snprintf(ret_text, SOURCE_TEXT_SIZE, "the pattern has no format %s, only YUV420",
		         format);
		return -EINVAL;
	}
	if (camera->width < MIN_SIZE || camera->width > MAX_SIZE || camera->height < MIN_SIZE ||
	    camera->height > MAX_SIZE || !(camera->fps > 0)) {
		snprintf(ret_text, SOURCE_TEXT_SIZE,
		         "the pattern cannot be %dx%d at %g images a second; "
		         "it offers any rate and %dx%d to %dx%d",
		         camera->width, camera->height, camera->fps, MIN_SIZE, MIN_SIZE, MAX_SIZE,
		         MAX_SIZE);
		return -EINVAL;
	}
	return 0;
}

/* Faults: the plan, and whether the camera is to be away now. */
static int check_faults(const struct config_camera *camera, struct fault_plan *ret_plan,
                        int64_t *ret_start_us, char ret_text[SOURCE_TEXT_SIZE])
{
	const int64_t now_us = clock_mono_us();

	if (fault_parse(camera->pattern_fault, ret_plan) < 0) {
		snprintf(ret_text, SOURCE_TEXT_SIZE,
		         "the pattern has no fault \"%s\"; there are stall@S, slow@S, hang@S, "
		         "dark@S, disconnect@S+D and busy@S+D (seconds)",
		         camera->pattern_fault);
		return -EINVAL;
	}
	*ret_start_us = fault_clock_start(camera->id, now_us);
	if (fault_at(ret_plan, now_us - *ret_start_us) == FAULT_BUSY) {
		snprintf(ret_text, SOURCE_TEXT_SIZE, "another program uses the camera");
		return -EBUSY;
	}
	if (fault_at(ret_plan, now_us - *ret_start_us) == FAULT_DISCONNECT ||
	    now_us < fault_away_until(camera->id)) {
		snprintf(ret_text, SOURCE_TEXT_SIZE, "the pattern is disconnected");
		return -ENODEV;
	}
	return 0;
}

static struct pattern *pattern_new(const struct config_camera *camera)
{
	struct pattern *pattern = calloc(1, sizeof(*pattern));

	if (!pattern)
		return NULL;
	pattern->base.ops = &pattern_ops;
	pattern->width = camera->width;
	pattern->height = camera->height;
	pattern->fps = camera->fps;
	pthread_mutex_init(&pattern->mutex, NULL);
	cond_init(&pattern->changed);
	pattern_controls_init(&pattern->controls);
	snprintf(pattern->id, sizeof(pattern->id), "%s", camera->id);
	pattern->name = strdup(camera->name);
	pattern->scene = scene_new(camera->width, camera->height, camera->pattern_noise);
	pattern->pool = pool_new(BUFFERS, camera->width, camera->height);
	if (!pattern->name || !pattern->scene || !pattern->pool) {
		pattern_close(&pattern->base);
		return NULL;
	}
	return pattern;
}

static int pattern_open(const struct config_camera *camera, struct source **ret_source,
                        char ret_text[SOURCE_TEXT_SIZE])
{
	struct fault_plan plan;
	struct pattern *pattern;
	int64_t start_us;
	int r = check(camera, ret_text);

	if (r == 0)
		r = check_faults(camera, &plan, &start_us, ret_text);
	if (r < 0)
		return r;
	pattern = pattern_new(camera);
	if (!pattern) {
		snprintf(ret_text, SOURCE_TEXT_SIZE, "no memory for a pattern of %dx%d",
		         camera->width, camera->height);
		return -ENOMEM;
	}
	pattern->plan = plan;
	pattern->fault_start_us = start_us;
	*ret_source = &pattern->base;
	return 0;
}

static void pattern_mode(const struct source *source, struct source_mode *ret_mode)
{
	const struct pattern *pattern = (const struct pattern *)source;

	*ret_mode = (struct source_mode){
		.width = pattern->width,
		.height = pattern->height,
		.fps = pattern->fps,
		.format = IMAGE_YUV420,
		.model = "Test pattern",
	};
	snprintf(ret_mode->id, sizeof(ret_mode->id), "pattern");
}

static int pattern_start(struct source *source, const struct source_sink *sink)
{
	struct pattern *pattern = (struct pattern *)source;
	int r;

	pattern->sink = *sink;
	pattern->stopping = false;
	pattern->start_us = clock_mono_us();
	r = thread_start(&pattern->thread, "pattern", run, pattern);
	pattern->started = r == 0;
	return r;
}

/* As a driver that never answers. */
static void hang(void)
{
	while (true)
		pause();
}

static void pattern_stop(struct source *source)
{
	struct pattern *pattern = (struct pattern *)source;

	if (!pattern->started)
		return;
	if (fault_at(&pattern->plan, clock_mono_us() - pattern->fault_start_us) == FAULT_HANG)
		hang();
	pthread_mutex_lock(&pattern->mutex);
	pattern->stopping = true;
	pthread_cond_signal(&pattern->changed);
	pthread_mutex_unlock(&pattern->mutex);
	pthread_join(pattern->thread, NULL);
	pattern->started = false;
}

static size_t pattern_list_controls(const struct source *source,
                                    struct source_control *ret_controls, size_t capacity)
{
	struct pattern *pattern = (struct pattern *)source;

	return pattern_controls_list(&pattern->controls, ret_controls, capacity);
}

static int pattern_set_control(struct source *source, const char *name, double value)
{
	struct pattern *pattern = (struct pattern *)source;

	return pattern_controls_set(&pattern->controls, name, value);
}

const struct source_ops pattern_ops = {
	.name = "pattern",
	.open = pattern_open,
	.mode = pattern_mode,
	.start = pattern_start,
	.stop = pattern_stop,
	.close = pattern_close,
	.controls = pattern_list_controls,
	.set_control = pattern_set_control,
};
