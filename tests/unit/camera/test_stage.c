#include "camera/stage.h"

#include "base/clock.h"
#include "base/thread.h"

#include <pthread.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DEADLINE_US (30 * USEC_PER_SEC)

/* A slow encoder that the test holds and lets go. */
struct encoder {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool held;            /* guarded by mutex */
	int started;          /* guarded by mutex */
	int idles;            /* guarded by mutex */
	uint64_t last;        /* guarded by mutex: sequence of the last image */
	uint64_t first_after; /* guarded by mutex: of the second */
	uint64_t sum;         /* guarded by mutex: of all sequences */
};

static void encode(void *user, struct image *image)
{
	struct encoder *encoder = user;

	pthread_mutex_lock(&encoder->mutex);
	if (++encoder->started == 2)
		encoder->first_after = image_info(image)->sequence;
	encoder->last = image_info(image)->sequence;
	encoder->sum += encoder->last;
	pthread_cond_broadcast(&encoder->changed);
	while (encoder->held)
		pthread_cond_wait(&encoder->changed, &encoder->mutex);
	pthread_mutex_unlock(&encoder->mutex);
}

static void idle(void *user)
{
	struct encoder *encoder = user;

	pthread_mutex_lock(&encoder->mutex);
	encoder->idles++;
	pthread_cond_broadcast(&encoder->changed);
	pthread_mutex_unlock(&encoder->mutex);
}

static const struct stage_ops ops = {.encode = encode, .idle = idle};

static void init(struct encoder *encoder, bool held)
{
	*encoder = (struct encoder){.held = held};
	pthread_mutex_init(&encoder->mutex, NULL);
	cond_init(&encoder->changed);
}

static void wait_for(struct encoder *encoder, const int *counter, int value)
{
	int64_t deadline_us = clock_mono_us() + DEADLINE_US;

	pthread_mutex_lock(&encoder->mutex);
	while (*counter < value)
		assert_int_equal(cond_wait_until(&encoder->changed, &encoder->mutex, deadline_us),
		                 0);
	pthread_mutex_unlock(&encoder->mutex);
}

static void let_go(struct encoder *encoder)
{
	pthread_mutex_lock(&encoder->mutex);
	encoder->held = false;
	pthread_cond_broadcast(&encoder->changed);
	pthread_mutex_unlock(&encoder->mutex);
}

static void offer(struct stage *stage, uint64_t sequence, bool every)
{
	const struct image_info info = {
		.format = IMAGE_YUV420, .width = 16, .height = 16, .sequence = sequence};
	struct image *image = image_new_planes(&info);

	assert_non_null(image);
	stage_offer(stage, image, every);
	image_unref(image);
}

static void encodes_what_is_offered(void **state)
{
	struct encoder encoder;
	init(&encoder, false);
	struct stage *stage = stage_new("test", &ops, &encoder);

	assert_non_null(stage);
	offer(stage, 7, false);
	wait_for(&encoder, &encoder.started, 1);
	assert_int_equal(encoder.last, 7);
	assert_int_equal(stage_dropped(stage), 0);
	stage_stop(stage);
	stage_free(stage);
}

static void newest_wins_while_busy(void **state)
{
	struct encoder encoder;
	init(&encoder, true);
	struct stage *stage = stage_new("test", &ops, &encoder);

	offer(stage, 0, false);
	wait_for(&encoder, &encoder.started, 1);
	for (uint64_t i = 1; i <= 5; i++)
		offer(stage, i, false);
	assert_int_equal(stage_dropped(stage), 4);
	let_go(&encoder);
	wait_for(&encoder, &encoder.started, 2);
	stage_stop(stage);
	assert_int_equal(encoder.last, 5);
	stage_free(stage);
}

/* One that is being encoded, and `count` that wait, numbered from 1. */
static struct stage *start_late(struct encoder *encoder, uint64_t count)
{
	init(encoder, true);
	struct stage *stage = stage_new("test", &ops, encoder);

	offer(stage, 0, true);
	wait_for(encoder, &encoder->started, 1);
	for (uint64_t i = 1; i <= count; i++)
		offer(stage, i, true);
	return stage;
}

static void a_late_encoder_loses_none_where_all_are_wanted(void **state)
{
	struct encoder encoder;
	struct stage *stage = start_late(&encoder, STAGE_MAX_WAITING);

	assert_int_equal(stage_dropped(stage), 0);
	let_go(&encoder);
	wait_for(&encoder, &encoder.started, 1 + STAGE_MAX_WAITING);
	stage_stop(stage);
	assert_int_equal(encoder.sum, STAGE_MAX_WAITING * (STAGE_MAX_WAITING + 1) / 2);
	assert_int_equal(encoder.last, STAGE_MAX_WAITING);
	stage_free(stage);
}

static void past_the_limit_the_oldest_go(void **state)
{
	struct encoder encoder;
	struct stage *stage = start_late(&encoder, STAGE_MAX_WAITING + 3);

	assert_int_equal(stage_dropped(stage), 3);
	let_go(&encoder);
	wait_for(&encoder, &encoder.started, 1 + STAGE_MAX_WAITING);
	stage_stop(stage);
	assert_int_equal(encoder.first_after, 4);
	assert_int_equal(encoder.last, STAGE_MAX_WAITING + 3);
	stage_free(stage);
}

static void count_release(void *owner)
{
	*(int *)owner += 1;
}

static void the_source_misses_few_of_its_buffers(void **state)
{
	static const uint8_t plane[16 * 16];
	const struct image_info info = {.format = IMAGE_YUV420,
	                                .width = 16,
	                                .height = 16,
	                                .planes = {plane, plane, plane},
	                                .strides = {16, 8, 8}};
	struct encoder encoder;
	struct stage *stage = start_late(&encoder, 0);
	int released = 0;

	for (int i = 0; i < 5; i++) {
		struct image *image = image_new(&info, count_release, &released);
		stage_offer(stage, image, true);
		image_unref(image);
	}
	assert_int_equal(released, 5 - STAGE_MAX_HELD);
	let_go(&encoder);
	stage_stop(stage);
	stage_free(stage);
	assert_int_equal(released, 5);
}

static void when_the_recording_ends_the_newest_wins_again(void **state)
{
	struct encoder encoder;
	struct stage *stage = start_late(&encoder, 5);

	offer(stage, 6, false);
	assert_int_equal(stage_dropped(stage), 5);
	let_go(&encoder);
	wait_for(&encoder, &encoder.started, 2);
	stage_stop(stage);
	assert_int_equal(encoder.last, 6);
	stage_free(stage);
}

static void frees_what_still_waits(void **state)
{
	struct encoder encoder;
	init(&encoder, true);
	struct stage *stage = stage_new("test", &ops, &encoder);

	offer(stage, 0, false);
	wait_for(&encoder, &encoder.started, 1);
	offer(stage, 1, false);
	offer(stage, 2, false);
	let_go(&encoder);
	stage_stop(stage);
	stage_free(stage); /* the address sanitizer looks */
}

static void goes_idle_when_asked_and_at_the_end(void **state)
{
	struct encoder encoder;
	init(&encoder, false);
	struct stage *stage = stage_new("test", &ops, &encoder);

	stage_idle(stage);
	wait_for(&encoder, &encoder.idles, 1);
	stage_stop(stage);
	assert_int_equal(encoder.idles, 2);
	offer(stage, 1, false); /* a late source: nothing happens */
	stage_free(stage);
	assert_int_equal(encoder.started, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_what_is_offered),
		cmocka_unit_test(newest_wins_while_busy),
		cmocka_unit_test(a_late_encoder_loses_none_where_all_are_wanted),
		cmocka_unit_test(past_the_limit_the_oldest_go),
		cmocka_unit_test(the_source_misses_few_of_its_buffers),
		cmocka_unit_test(when_the_recording_ends_the_newest_wins_again),
		cmocka_unit_test(frees_what_still_waits),
		cmocka_unit_test(goes_idle_when_asked_and_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
