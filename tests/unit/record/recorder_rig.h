/*
 * A recorder with all it needs, fed by hand: time stamps are the test's own, events are kept to be
 * waited for, the writer and the finisher can be held.
 */
#ifndef CAMNODE_TESTS_RECORD_RECORDER_RIG_H
#define CAMNODE_TESTS_RECORD_RECORDER_RIG_H

#include "base/thread.h"
#include "record/recorder.h"
#include "rig.h"

#include <poll.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MAX_EVENTS 64
#define RING_FRAMES 300
#define WIDTH 64

struct rig {
	char *folder;
	struct config_record config;
	struct hub *jpeg, *h264;
	struct syncer *syncer;
	struct worker *finisher;
	struct recorder *recorder;
	int64_t first_pts_us; /* of frame 0: in the past, so that no end cuts it off */

	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct recorder_event events[MAX_EVENTS]; /* guarded by mutex */
	size_t event_count;                       /* guarded by mutex */
	bool held;                                /* threads wait in hold(); guarded by mutex */
	bool hold_start;                          /* guarded by mutex */
};

static inline void hold_locked(struct rig *rig)
{
	while (rig->held)
		cond_wait_until(&rig->changed, &rig->mutex, INT64_MAX);
}

static inline void hold(void *user)
{
	struct rig *rig = user;

	pthread_mutex_lock(&rig->mutex);
	hold_locked(rig);
	pthread_mutex_unlock(&rig->mutex);
}

static inline void set_held(struct rig *rig, bool held)
{
	pthread_mutex_lock(&rig->mutex);
	rig->held = held;
	pthread_cond_broadcast(&rig->changed);
	pthread_mutex_unlock(&rig->mutex);
}

static inline void on_event(void *user, const char *camera_id, const struct recorder_event *event)
{
	struct rig *rig = user;

	pthread_mutex_lock(&rig->mutex);
	if (rig->event_count < MAX_EVENTS)
		rig->events[rig->event_count++] = *event;
	pthread_cond_broadcast(&rig->changed);
	if (rig->hold_start && event->type == RECORDER_STARTED)
		hold_locked(rig);
	pthread_mutex_unlock(&rig->mutex);
}

static inline bool find_event(const struct rig *rig, enum recorder_event_type type, int number,
                              struct recorder_event *ret_event)
{
	for (size_t i = 0; i < rig->event_count; i++) {
		if (rig->events[i].type == type && number-- == 0) {
			*ret_event = rig->events[i];
			return true;
		}
	}
	return false;
}

/* The event of this type and number (from 0), waited for. */
static inline struct recorder_event wait_event(struct rig *rig, enum recorder_event_type type,
                                               int number)
{
	int64_t deadline_us = clock_mono_us() + RIG_DEADLINE_US;
	struct recorder_event event = {0};
	bool found;

	pthread_mutex_lock(&rig->mutex);
	while (!(found = find_event(rig, type, number, &event)) &&
	       cond_wait_until(&rig->changed, &rig->mutex, deadline_us) == 0)
		;
	pthread_mutex_unlock(&rig->mutex);
	if (!found)
		fail_msg("no event of type %d, number %d", (int)type, number);
	return event;
}

static inline void publish_info(struct rig *rig, const struct frame_info *info, int width)
{
	struct frame *frame = rig_new_jpeg(width, info);

	hub_publish(rig->jpeg, frame);
	frame_unref(frame);
}

static inline void publish(struct rig *rig, int first, int count)
{
	for (int i = first; i < first + count; i++) {
		const struct frame_info info = {
			.sequence = (uint64_t)i,
			.pts_us = rig->first_pts_us + INT64_C(1) * i * RIG_FRAME_US,
		};
		publish_info(rig, &info, WIDTH);
	}
}

/* Publishes frames from `first` on until that event has come: the number of the next frame. */
static inline int publish_until(struct rig *rig, enum recorder_event_type type, int number,
                                int first)
{
	int64_t deadline_us = clock_mono_us() + RIG_DEADLINE_US;
	struct recorder_event event;
	bool found = false;

	while (!found && clock_mono_us() < deadline_us) {
		publish(rig, first++, 1);
		poll(NULL, 0, 10);
		pthread_mutex_lock(&rig->mutex);
		found = find_event(rig, type, number, &event);
		pthread_mutex_unlock(&rig->mutex);
	}
	if (!found)
		fail_msg("no event of type %d, number %d", (int)type, number);
	return first;
}

/* A frame taken after the stop: by it the recorder knows that none is on its way any more. */
static inline void publish_late(struct rig *rig)
{
	const struct frame_info info = {.pts_us = clock_mono_us()};

	publish_info(rig, &info, WIDTH);
}

static inline void start(struct rig *rig, enum config_record_format format, int64_t duration_us)
{
	const struct recorder_request request = {.format = format, .duration_us = duration_us};
	char id[ID_SIZE];

	assert_int_equal(recorder_start(rig->recorder, &request, id), 0);
}

static inline void stop(struct rig *rig)
{
	assert_int_equal(recorder_stop(rig->recorder, RECORDER_BY_COMMAND), 0);
	publish_late(rig);
}

static inline struct recorder_status status_of(struct rig *rig)
{
	struct recorder_status status;

	recorder_status(rig->recorder, &status);
	return status;
}

/* The file holds frames `first` … `first + count - 1`, at their times to the microsecond. */
static inline void assert_file(struct rig *rig, const struct recorder_event *event, int count)
{
	int64_t pts_us[RIG_MAX_FRAMES];
	char path[PATH_MAX];
	struct stat st;

	assert_int_equal(event->frames, count);
	assert_int_equal(rig_read_pts(rig->folder, event->file, pts_us), count);
	for (int i = 0; i < count; i++)
		assert_int_equal(pts_us[i], INT64_C(1) * i * RIG_FRAME_US);
	assert_int_equal(name_join(path, rig->folder, event->file), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(event->bytes, st.st_size);
}

static inline bool part_exists(struct rig *rig, const char *file)
{
	char part[RECORDER_FILE_SIZE], path[PATH_MAX];

	name_to_part(part, file);
	assert_int_equal(name_join(path, rig->folder, part), 0);
	return access(path, F_OK) == 0;
}

static inline bool is_part(const char *file)
{
	struct name_parts parts;

	return name_parse(file, &parts) == 0 && parts.part;
}

static inline int set_up(void **state)
{
	const struct ring_limits limits = {.frames = RING_FRAMES, .bytes = 100000000};
	struct rig *rig = calloc(1, sizeof(*rig));

	rig->folder = rig_new_folder();
	rig->config = (struct config_record){.dir = rig->folder, .segment_s = 600};
	rig->jpeg = hub_new(&limits);
	rig->h264 = hub_new(&limits);
	rig->syncer = syncer_new();
	rig->finisher = worker_new("finisher", 16);
	rig->first_pts_us = clock_mono_us() - 20 * USEC_PER_SEC;
	pthread_mutex_init(&rig->mutex, NULL);
	cond_init(&rig->changed);
	const struct recorder_options options = {
		.camera_id = "cam0",
		.config = &rig->config,
		.jpeg = rig->jpeg,
		.h264 = rig->h264,
		.syncer = rig->syncer,
		.finisher = rig->finisher,
		.event = on_event,
		.user = rig,
	};
	rig->recorder = recorder_new(&options);
	*state = rig;
	return rig->recorder == NULL;
}

static inline int tear_down(void **state)
{
	struct rig *rig = *state;

	set_held(rig, false);
	recorder_shutdown(rig->recorder, RIG_DEADLINE_US);
	recorder_free(rig->recorder);
	worker_free(rig->finisher);
	syncer_free(rig->syncer);
	hub_unref(rig->jpeg);
	hub_unref(rig->h264);
	pthread_cond_destroy(&rig->changed);
	pthread_mutex_destroy(&rig->mutex);
	rig_remove_folder(rig->folder);
	free(rig);
	return 0;
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
