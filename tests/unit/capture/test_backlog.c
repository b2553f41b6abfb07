#include "capture/backlog.h"

#include <errno.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int push(struct backlog *backlog, int64_t number, size_t size)
{
	AVPacket *packet = av_packet_alloc();
	int r;

	assert_non_null(packet);
	assert_int_equal(av_new_packet(packet, (int)size), 0);
	packet->pts = number;
	r = backlog_push(backlog, packet);
	av_packet_free(&packet);
	return r;
}

static int64_t take(struct backlog *backlog)
{
	AVPacket *packet = backlog_take(backlog);
	int64_t number = packet->pts;

	av_packet_free(&packet);
	return number;
}

static void gives_the_oldest_first(void **state)
{
	struct backlog backlog = {0};

	for (int i = 0; i < 3; i++)
		assert_int_equal(push(&backlog, i, 10), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(take(&backlog), i);
	assert_null(backlog_take(&backlog));
}

static void holds_so_many_packets(void **state)
{
	struct backlog backlog = {0};

	for (int i = 0; i < BACKLOG_MAX_PACKETS; i++)
		assert_int_equal(push(&backlog, i, 1), 0);
	assert_true(backlog_is_full(&backlog, 1));
	assert_int_equal(push(&backlog, 0, 1), -ENOBUFS);
	assert_int_equal(take(&backlog), 0);
	assert_int_equal(push(&backlog, BACKLOG_MAX_PACKETS, 1), 0);
	assert_int_equal(take(&backlog), 1);
	backlog_clear(&backlog);
	assert_null(backlog_take(&backlog));
}

static void holds_so_many_bytes(void **state)
{
	struct backlog backlog = {0};

	assert_int_equal(push(&backlog, 0, BACKLOG_MAX_BYTES / 2), 0);
	assert_int_equal(push(&backlog, 1, BACKLOG_MAX_BYTES / 2), 0);
	assert_int_equal(push(&backlog, 2, 1), -ENOBUFS);
	backlog_clear(&backlog);
	assert_int_equal(push(&backlog, 3, BACKLOG_MAX_BYTES + 1), 0); /* alone, any has room */
	assert_int_equal(push(&backlog, 4, 1), -ENOBUFS);
	backlog_clear(&backlog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_oldest_first),
		cmocka_unit_test(holds_so_many_packets),
		cmocka_unit_test(holds_so_many_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
