#include "media/muxer.h"

#include "base/cleanup.h"
#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static void copy_file(const char *from, const char *to, off_t size)
{
	_cleanup_close_ int in = open(from, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	_cleanup_free_ char *data = malloc((size_t)size);

	assert_int_equal(read(in, data, (size_t)size), size);
	assert_int_equal(write(out, data, (size_t)size), size);
}

/* As after kill -9: the file as it lies there after a frame. */
static void a_copy_at_any_moment_lacks_half_a_second_at_most(void **state)
{
	struct fixture *fixture = *state;

	for (int codec = FRAME_JPEG; codec <= FRAME_H264; codec++) {
		struct muxer *muxer = open_part(fixture, codec);
		int flushes = 0;

		for (int i = 0; i < FRAMES; i++) {
			struct frame *frame = fixture->frames[codec][i];
			struct muxer_file file = {0};
			struct played played;
			bool flushed = false;

			assert_int_equal(muxer_write(muxer, frame, &flushed), 0);
			flushes += flushed;
			if (i % 5 && !flushed)
				continue;
			copy_file(fixture->part, fixture->whole, size_of(fixture->part));
			assert_int_equal(muxer_probe(fixture->whole, &file), 0);
			if (!file.frames) {
				assert_true(pts_of(i) - pts_of(0) < MUXER_FRAGMENT_US);
				continue;
			}
			play(fixture->whole, &played);
			assert_times(&played, (int)file.frames);
			assert_true(pts_of(i) - pts_of((int)file.frames) < MUXER_FRAGMENT_US);
		}
		assert_in_range(flushes, 7, 9); /* 4.4 s */
		assert_int_equal(muxer_bytes(muxer), size_of(fixture->part));
		assert_int_equal(muxer_close(muxer), 0);
		remove_files(state);
	}
}

/* As after a power cut: the last fragment is there in part, down to the byte. */
static void any_cut_is_finished_with_all_whole_frames(void **state)
{
	struct fixture *fixture = *state;
	char cut[128];

	snprintf(cut, sizeof(cut), "%s/cut.mp4", fixture->folder);
	for (int codec = FRAME_JPEG; codec <= FRAME_H264; codec++) {
		struct muxer *muxer = open_part(fixture, codec);
		off_t before = 0, end;
		uint64_t frames = 0;
		bool flushed = false;

		for (int i = 0; i < 40; i++) {
			end = size_of(fixture->part);
			assert_int_equal(muxer_write(muxer, fixture->frames[codec][i], &flushed),
			                 0);
			before = flushed ? end : before;
		}
		end = size_of(fixture->part);
		assert_true(before > 0 && end > before);
		for (off_t size = before; size <= end; size += size < before + 250 ? 1 : 307) {
			struct muxer_file file, probed;
			struct played played;

			copy_file(fixture->part, cut, size);
			assert_int_equal(muxer_finish(cut, fixture->whole, &file), 0);
			assert_true(file.frames >= frames); /* more bytes, no fewer frames */
			frames = file.frames;
			assert_int_equal(muxer_probe(fixture->whole, &probed), 0);
			assert_int_equal(probed.frames, frames);
			play(fixture->whole, &played);
			assert_times(&played, (int)frames);
		}
		assert_in_range(frames, 25, 40);
		assert_int_equal(muxer_close(muxer), 0);
		unlink(cut);
		remove_files(state);
	}
}

static void without_a_frame_there_is_no_data(void **state)
{
	struct fixture *fixture = *state;
	struct muxer_file file;

	for (int codec = FRAME_JPEG; codec <= FRAME_H264; codec++) {
		struct muxer *muxer = open_part(fixture, codec);

		/* Only the header, as while it is open and as it is closed, or nothing at all. */
		assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), -ENODATA);
		assert_int_equal(muxer_close(muxer), 0);
		assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), -ENODATA);
		assert_int_equal(truncate(fixture->part, 0), 0);
		assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), -ENODATA);
		remove_files(state);
	}
	assert_int_equal(access(fixture->whole, F_OK), -1);
	assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), -ENOENT);
	assert_int_equal(muxer_probe(fixture->part, &file), -ENOENT);
}

static void assert_unreadable(struct fixture *fixture)
{
	struct muxer_file file;

	assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), -EBADMSG);
	assert_int_equal(access(fixture->whole, F_OK), -1);
}

/* Not the same as one without frames: somebody may want to look at it. */
static void half_a_header_is_damage(void **state)
{
	struct fixture *fixture = *state;
	struct muxer *muxer = open_part(fixture, FRAME_H264);

	for (off_t size = size_of(fixture->part) - 1; size > 0; size--) {
		assert_int_equal(truncate(fixture->part, size), 0);
		assert_unreadable(fixture);
	}
	assert_int_equal(muxer_close(muxer), 0);
}

/* As after a power cut: blocks that never got to the disk read as zeros. */
static void lost_blocks_are_damage(void **state)
{
	static const uint8_t zeros[4096];
	struct fixture *fixture = *state;
	struct muxer *muxer = open_part(fixture, FRAME_JPEG);
	off_t header = size_of(fixture->part);

	assert_int_equal(muxer_close(muxer), 0);
	unlink(fixture->part);
	for (int behind_header = 0; behind_header <= 1; behind_header++) {
		_cleanup_close_ int fd = -1;

		write_part(fixture, FRAME_JPEG, FRAMES);
		fd = open(fixture->part, O_WRONLY | O_CLOEXEC);
		assert_int_equal(pwrite(fd, zeros, sizeof(zeros), behind_header ? header : 0),
		                 sizeof(zeros));
		assert_unreadable(fixture);
		remove_files(state);
	}
}

static void garbage_is_damage(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_close_ int fd = open(fixture->part, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	uint8_t garbage[5000];

	for (size_t i = 0; i < sizeof(garbage); i++)
		garbage[i] = (uint8_t)(i * i * 7 + i);
	assert_int_equal(write(fd, garbage, sizeof(garbage)), sizeof(garbage));
	assert_unreadable(fixture);
}

/* Millions of frames in a fragment of half a second: what is before it is all there is. */
static void a_fragment_that_claims_too_much_is_the_end(void **state)
{
	static const uint8_t millions[] = {1, 0, 0, 0};
	struct fixture *fixture = *state;
	struct muxer_file cut, whole;
	_cleanup_close_ int fd = -1;
	uint8_t *data, *first, *second;
	off_t size;

	write_part(fixture, FRAME_H264, FRAMES);
	size = size_of(fixture->part);
	fd = open(fixture->part, O_RDWR | O_CLOEXEC);
	data = test_malloc((size_t)size);
	assert_int_equal(read(fd, data, (size_t)size), size);
	first = memmem(data, (size_t)size, "trun", 4);
	second = memmem(first + 4, (size_t)(data + size - first - 4), "trun", 4);
	assert_int_equal(pwrite(fd, millions, sizeof(millions), second - data + 8),
	                 sizeof(millions));
	test_free(data);
	assert_int_equal(muxer_probe(fixture->part, &cut), 0);
	assert_in_range(cut.frames, 1, FRAMES / 4);
	assert_int_equal(muxer_finish(fixture->part, fixture->whole, &whole), 0);
	assert_int_equal(whole.frames, cut.frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_copy_at_any_moment_lacks_half_a_second_at_most,
	                                  remove_files),
		cmocka_unit_test_teardown(any_cut_is_finished_with_all_whole_frames, remove_files),
		cmocka_unit_test_teardown(without_a_frame_there_is_no_data, remove_files),
		cmocka_unit_test_teardown(half_a_header_is_damage, remove_files),
		cmocka_unit_test_teardown(lost_blocks_are_damage, remove_files),
		cmocka_unit_test_teardown(garbage_is_damage, remove_files),
		cmocka_unit_test_teardown(a_fragment_that_claims_too_much_is_the_end, remove_files),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
