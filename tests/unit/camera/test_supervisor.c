#include "camera/supervisor.h"

#include "../capture/clips.h"
#include "base/clock.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DEADLINE_US (20 * USEC_PER_SEC)
#define LOG_SIZE 4096

struct heard {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int online, offline; /* guarded by mutex */
};

static void count(struct heard *heard, int *counter)
{
	pthread_mutex_lock(&heard->mutex);
	++*counter;
	pthread_cond_broadcast(&heard->changed);
	pthread_mutex_unlock(&heard->mutex);
}

static void on_image(void *user, struct image *image)
{
}

static bool on_wanted(void *user)
{
	return true;
}

static void on_online(void *user, const struct source_mode *mode)
{
	struct heard *heard = user;

	count(heard, &heard->online);
}

static void on_controls(void *user)
{
}

/* Told again each second while it lasts: counted once. */
static void on_offline(void *user, const char *why)
{
	struct heard *heard = user;

	if (heard->offline < heard->online)
		count(heard, &heard->offline);
}

/* Runs a camera until it went offline so often; false: not within the deadline. */
static bool run_until_offline(struct heard *heard, const char *source, int times)
{
	const struct config_camera config = {
		.id = (char *)"cam0", .source = (char *)source, .fps = 25};
	const struct supervisor_ops ops = {.user = heard,
	                                   .image = on_image,
	                                   .wanted = on_wanted,
	                                   .online = on_online,
	                                   .controls = on_controls,
	                                   .offline = on_offline};
	int64_t deadline_us = clock_mono_us() + DEADLINE_US;
	struct tuning *tuning = tuning_new(&config);
	struct supervisor *supervisor = supervisor_new(&config, tuning, &ops);
	bool in_time = supervisor && supervisor_start(supervisor) == 0;

	pthread_mutex_lock(&heard->mutex);
	while (in_time && heard->offline < times)
		in_time = cond_wait_until(&heard->changed, &heard->mutex, deadline_us) == 0;
	pthread_mutex_unlock(&heard->mutex);
	supervisor_stop(supervisor);
	supervisor_free(supervisor);
	tuning_free(tuning);
	return in_time;
}

static int occurrences(const char *text, const char *word)
{
	int count = 0;

	for (const char *at = text; (at = strstr(at, word)); at++)
		count++;
	return count;
}

/* With a long comment in it: libavformat takes a JPEG that it sees whole for a stream of them,
 * which starts again; of this one it shows the picture, and that is the end. */
static bool write_one_picture(FILE *file, uint32_t count)
{
	static const uint8_t comment[4096] = {0xff, 0xfe, 0x0f, 0xfe};
	_cleanup_(frame_unref_p) struct frame *jpeg = clips_jpeg(0);

	return jpeg && fwrite(frame_data(jpeg), 2, 1, file) == 1 &&
	       fwrite(comment, sizeof comment, 1, file) == 1 &&
	       fwrite(frame_data(jpeg) + 2, frame_size(jpeg) - 2, 1, file) == 1;
}

/* A single picture comes and ends, again and again: everybody is told, but the log only once. */
static void a_flapping_source_does_not_fill_the_log(void **state)
{
	struct heard heard = {.mutex = PTHREAD_MUTEX_INITIALIZER};
	char source[64], text[LOG_SIZE + 1] = "";
	FILE *log = tmpfile();
	int saved_stderr = dup(STDERR_FILENO);

	cond_init(&heard.changed);
	assert_true(clips_make(write_one_picture, 1, ".jpg", source, sizeof source));
	dup2(fileno(log), STDERR_FILENO);
	bool in_time = run_until_offline(&heard, source, 4);
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);

	assert_true(in_time);
	assert_true(heard.online >= 4);
	rewind(log);
	assert_true(fread(text, 1, LOG_SIZE, log) > 0);
	fclose(log);
	assert_int_equal(occurrences(text, "camera is away"), 1);
	assert_int_equal(occurrences(text, "MJPEG at 25 fps"), 1);
	assert_int_equal(occurrences(text, "\n"), 2);
	clips_remove(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flapping_source_does_not_fill_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
