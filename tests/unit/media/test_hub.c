#include "media/hub.h"

#include "base/clock.h"
#include "published.h"

#include <errno.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The reader's next frame has this sequence, and so many were lost before it. */
static void assert_next(struct hub_reader *reader, uint64_t sequence, uint64_t lost)
{
	struct frame *frame = NULL;
	uint64_t was_lost = UINT64_MAX;

	assert_int_equal(hub_reader_next(reader, &frame, &was_lost), 0);
	assert_int_equal(frame_info(frame)->sequence, sequence);
	assert_int_equal(was_lost, lost);
	frame_unref(frame);
}

static void assert_none(struct hub_reader *reader, int why)
{
	struct frame *frame = NULL;

	assert_int_equal(hub_reader_next(reader, &frame, NULL), why);
	assert_null(frame);
}

static size_t ring_frames(struct hub *hub)
{
	struct hub_stats stats;

	hub_stats(hub, &stats);
	return stats.ring_frames;
}

static void each_reader_gets_each_frame_once(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	struct hub_reader *a = hub_reader_new(hub, &every), *b = hub_reader_new(hub, &every);

	assert_none(a, -EAGAIN);
	publish(hub, 1, true);
	publish(hub, 2, false);
	assert_next(a, 1, 0);
	assert_next(a, 2, 0);
	assert_none(a, -EAGAIN);
	assert_next(b, 1, 0);
	assert_next(b, 2, 0);
	hub_reader_free(a);
	hub_reader_free(b);
	hub_unref(hub);
}

static void latest_skips_to_the_newest(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	struct hub_stats stats;

	publish(hub, 1, true);
	struct hub_reader *reader = hub_reader_new(hub, &latest);
	assert_none(reader, -EAGAIN); /* begins with the next */
	for (uint64_t i = 2; i <= 4; i++)
		publish(hub, i, true);
	assert_next(reader, 4, 2);
	assert_none(reader, -EAGAIN); /* never the same again */
	for (uint64_t i = 5; i <= 25; i++)
		publish(hub, i, true);
	assert_next(reader, 25, 20); /* also when the ring went round */
	hub_stats(hub, &stats);
	assert_int_equal(stats.reader_lost, 0);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void ring_is_bounded_in_frames(void **state)
{
	struct hub *hub = new_hub(4, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &every);
	struct hub_stats stats;

	for (uint64_t i = 1; i <= 4; i++)
		publish(hub, i, true);
	assert_next(reader, 1, 0); /* all 4 are still there */
	for (uint64_t i = 5; i <= 7; i++)
		publish(hub, i, true);
	assert_next(reader, 4, 2);
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_frames, 4);
	assert_int_equal(stats.published, 7);
	assert_int_equal(stats.bytes, 70);
	assert_int_equal(stats.reader_lost, 2);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void ring_is_bounded_in_time(void **state)
{
	const struct ring_limits limits = {100, 100000, INT64_C(5) * FRAME_US};
	struct hub *hub = hub_new(&limits);
	struct hub_reader *reader = hub_reader_new(hub, &every);
	struct hub_stats stats;

	for (uint64_t i = 0; i < 6; i++)
		publish(hub, i, true);
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_frames, 6); /* at the limit */
	publish(hub, 6, true);
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_frames, 6);
	publish(hub, 100, true);
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_frames, 1);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void ring_is_bounded_in_bytes(void **state)
{
	struct hub *hub = new_hub(100, 100);
	struct hub_reader *reader = hub_reader_new(hub, &every);
	struct hub_stats stats;

	for (uint64_t i = 0; i < 99; i++)
		publish_sized(hub, i, true, 1);
	publish_sized(hub, 99, true, 1);
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_bytes, 100); /* at the limit */
	publish_sized(hub, 100, true, 50);
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_bytes, 100);
	assert_int_equal(stats.ring_frames, 51);
	publish_sized(hub, 101, true,
	              1000); /* too large, but the newest; drops more than one batch */
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_frames, 1);
	assert_int_equal(stats.ring_bytes, 1000);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void without_an_every_reader_two_frames_are_held(void **state)
{
	struct hub *hub = new_hub(16, 1000);
	struct hub_stats stats;

	for (uint64_t i = 0; i < 10; i++)
		publish(hub, i, true);
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_frames, 2);
	hub_unref(hub);
}

static void jpegs_are_held_until_each_every_reader_has_had_them(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	struct hub_reader *fast = hub_reader_new(hub, &every), *slow = hub_reader_new(hub, &every);

	for (uint64_t i = 0; i < 6; i++) {
		publish_codec(hub, FRAME_JPEG, i, true, 10);
		assert_next(fast, i, 0);
	}
	assert_int_equal(ring_frames(hub), 6);
	for (uint64_t i = 0; i < 6; i++)
		assert_next(slow, i, 0);
	publish_codec(hub, FRAME_JPEG, 6, true, 10);
	assert_int_equal(ring_frames(hub), 2);
	assert_next(fast, 6, 0);
	assert_next(slow, 6, 0);
	hub_reader_free(fast);
	hub_reader_free(slow);
	hub_unref(hub);
}

static void reader_starts_at_a_key_frame(void **state)
{
	struct hub *hub = new_hub(8, 1000);

	assert_false(hub_take_key_request(hub));
	struct hub_reader *reader = hub_reader_new(hub, &every);
	assert_true(hub_take_key_request(hub));
	assert_false(hub_take_key_request(hub));
	publish(hub, 1, false);
	assert_none(reader, -EAGAIN);
	publish(hub, 2, true);
	assert_next(reader, 2, 0); /* frames before the start are not lost */
	hub_reader_free(reader);
	hub_unref(hub);
}

static void after_a_loss_reader_resumes_at_a_key_frame(void **state)
{
	struct hub *hub = new_hub(4, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &every);
	struct hub_stats stats;

	publish(hub, 0, true);
	assert_next(reader, 0, 0);
	hub_take_key_request(hub);
	for (uint64_t i = 1; i <= 6; i++)
		publish(hub, i, false);
	assert_none(reader, -EAGAIN); /* 1 and 2 are gone, so 3 to 6 can't be decoded */
	assert_true(hub_take_key_request(hub));
	assert_none(reader, -EAGAIN);
	assert_false(hub_take_key_request(hub)); /* asks once */
	publish(hub, 7, true);
	publish(hub, 8, false);
	assert_next(reader, 7, 6);
	assert_next(reader, 8, 0);
	hub_stats(hub, &stats);
	assert_int_equal(stats.reader_lost, 6);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void a_key_frame_in_the_ring_needs_no_request(void **state)
{
	struct hub *hub = new_hub(4, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &every);

	publish(hub, 0, true);
	assert_next(reader, 0, 0);
	hub_take_key_request(hub);
	for (uint64_t i = 1; i <= 6; i++)
		publish(hub, i, i == 5);
	assert_next(reader, 5, 4);
	assert_false(hub_take_key_request(hub));
	hub_reader_free(reader);
	hub_unref(hub);
}

static void pre_roll_starts_in_the_past(void **state)
{
	struct hub *hub = new_hub(16, 1000);
	struct hub_reader_options options = {.mode = HUB_EVERY};
	struct hub_reader *standing = hub_reader_new(hub, &every); /* who wants a past keeps it */

	assert_true(hub_take_key_request(hub));
	for (uint64_t i = 0; i < 10; i++)
		publish(hub, i, i % 4 == 0); /* keys: 0, 4, 8 */
	static const struct {
		int64_t from_us;
		uint64_t first;
	} cases[] = {
		{INT64_MIN, 0},        {3 * FRAME_US, 0}, {4 * FRAME_US, 4},
		{4 * FRAME_US + 1, 4}, {9 * FRAME_US, 8},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		options.from_us = cases[i].from_us;
		struct hub_reader *reader = hub_reader_new(hub, &options);
		assert_next(reader, cases[i].first, 0);
		assert_next(reader, cases[i].first + 1, 0);
		hub_reader_free(reader);
	}
	assert_false(hub_take_key_request(hub));
	options.from_us = 9 * FRAME_US + 1; /* later than all: the next one published */
	struct hub_reader *reader = hub_reader_new(hub, &options);
	assert_none(reader, -EAGAIN);
	assert_true(hub_take_key_request(hub));
	hub_reader_free(reader);
	hub_reader_free(standing);
	hub_unref(hub);
}

static void clear_forgets_frames_without_loss(void **state)
{
	struct hub *hub = new_hub(64, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &every);
	struct hub_stats stats;

	for (uint64_t i = 0; i < 40; i++)
		publish(hub, i, true);
	assert_next(reader, 0, 0);
	struct frame *last = hub_last(hub);
	assert_int_equal(frame_info(last)->sequence, 39);
	frame_unref(last);
	hub_clear(hub);
	assert_null(hub_last(hub));
	assert_none(reader, -EAGAIN);
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_frames, 0);
	assert_int_equal(stats.ring_bytes, 0);
	publish(hub, 40, false); /* what it belongs to is gone */
	publish(hub, 41, true);
	assert_next(reader, 41, 1);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void a_covered_hub_takes_placeholders_only(void **state)
{
	struct hub *hub = new_hub(64, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &latest);
	const struct frame_info info = {.codec = FRAME_JPEG, .key = true, .placeholder = true};
	struct frame *placeholder = frame_new(&info, "x", 1);

	publish(hub, 1, true);
	hub_cover(hub, true);
	publish(hub, 2, true);
	assert_null(hub_last(hub));
	assert_none(reader, -EAGAIN);
	hub_publish(hub, placeholder);
	frame_unref(placeholder);
	publish(hub, 3, true);
	assert_next(reader, 0, 0);
	hub_cover(hub, false);
	publish(hub, 4, true);
	assert_next(reader, 4, 0);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void close_ends_readers_after_the_last_frame(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &every);

	publish(hub, 1, true);
	hub_close(hub);
	assert_next(reader, 1, 0);
	assert_none(reader, -ESHUTDOWN);
	hub_unref(hub);
	assert_none(reader, -ESHUTDOWN); /* the reader holds the hub */
	hub_reader_free(reader);
	hub_reader_free(NULL);
	hub_unref(NULL);
}

static void a_wait_ends_at_its_deadline_or_by_a_wake(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &every);
	struct frame *frame = NULL;
	int64_t deadline_us = clock_mono_us() + 2000;

	assert_int_equal(hub_reader_wait(reader, deadline_us, &frame, NULL), -ETIMEDOUT);
	assert_true(clock_mono_us() >= deadline_us);
	hub_reader_wake(reader); /* is kept for the next wait */
	publish(hub, 1, true);
	assert_int_equal(hub_reader_wait(reader, INT64_MAX, &frame, NULL), -EINTR);
	assert_int_equal(hub_reader_wait(reader, 0, &frame, NULL), 0);
	frame_unref(frame);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void note_demand(void *user, bool wanted)
{
	int *calls = user;

	calls[wanted]++;
}

static void demand_is_told_at_first_and_last_reader(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	int calls[2] = {0};
	struct hub_stats stats;

	hub_set_demand(hub, note_demand, calls);
	assert_false(hub_wanted(hub));
	struct hub_reader *a = hub_reader_new(hub, &every), *b = hub_reader_new(hub, &latest);
	assert_true(hub_wanted(hub));
	assert_int_equal(calls[true], 1);
	hub_stats(hub, &stats);
	assert_int_equal(stats.readers, 2);
	assert_int_equal(stats.viewers, 1);
	hub_reader_free(a);
	assert_int_equal(calls[false], 0);
	hub_reader_free(b);
	assert_int_equal(calls[false], 1);
	assert_false(hub_wanted(hub));
	hub_set_demand(hub, NULL, NULL);
	hub_reader_free(hub_reader_new(hub, &latest));
	assert_int_equal(calls[true], 1);
	hub_unref(hub);
}

static void count_call(void *user)
{
	++*(int *)user;
}

static void listeners_hear_of_frames_and_the_close(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	int calls[HUB_MAX_LISTENERS + 1] = {0};

	for (int i = 0; i < HUB_MAX_LISTENERS; i++)
		assert_int_equal(hub_add_listener(hub, count_call, &calls[i]), 0);
	assert_int_equal(hub_add_listener(hub, count_call, &calls[HUB_MAX_LISTENERS]), -ENOSPC);
	publish(hub, 1, true);
	hub_remove_listener(hub, count_call, &calls[0]);
	assert_int_equal(hub_add_listener(hub, count_call, &calls[HUB_MAX_LISTENERS]), 0);
	hub_close(hub);
	assert_int_equal(calls[0], 1);
	assert_int_equal(calls[1], 2);
	assert_int_equal(calls[HUB_MAX_LISTENERS], 1);
	hub_unref(hub);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reader_gets_each_frame_once),
		cmocka_unit_test(latest_skips_to_the_newest),
		cmocka_unit_test(ring_is_bounded_in_frames),
		cmocka_unit_test(ring_is_bounded_in_time),
		cmocka_unit_test(ring_is_bounded_in_bytes),
		cmocka_unit_test(without_an_every_reader_two_frames_are_held),
		cmocka_unit_test(jpegs_are_held_until_each_every_reader_has_had_them),
		cmocka_unit_test(reader_starts_at_a_key_frame),
		cmocka_unit_test(after_a_loss_reader_resumes_at_a_key_frame),
		cmocka_unit_test(a_key_frame_in_the_ring_needs_no_request),
		cmocka_unit_test(pre_roll_starts_in_the_past),
		cmocka_unit_test(clear_forgets_frames_without_loss),
		cmocka_unit_test(a_covered_hub_takes_placeholders_only),
		cmocka_unit_test(close_ends_readers_after_the_last_frame),
		cmocka_unit_test(a_wait_ends_at_its_deadline_or_by_a_wake),
		cmocka_unit_test(demand_is_told_at_first_and_last_reader),
		cmocka_unit_test(listeners_hear_of_frames_and_the_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
