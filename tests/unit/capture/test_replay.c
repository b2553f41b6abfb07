#include "capture/replay.h"

#include "clips.h"
#include "collector.h"
#include "media/jpeg_decoder.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PICTURES 10
#define LATE_US (USEC_PER_SEC / 2) /* so late, the clip goes on from now */

static int try_open(const char *name, struct source **ret_source, char text[SOURCE_TEXT_SIZE])
{
	const struct config_camera camera = {.id = "cam0", .source = (char *)name};

	text[0] = '\0';
	return replay_ops.open(&camera, ret_source, text);
}

static struct source *open_clip(const char *name)
{
	char text[SOURCE_TEXT_SIZE];
	struct source *source = NULL;

	if (try_open(name, &source, text) < 0)
		fail_msg("%s", text);
	return source;
}

/* The number that a picture of the clip shows. */
static uint32_t number_in(const struct image *image)
{
	struct jpeg_decoder *decoder = jpeg_decoder_new();
	struct image *planes = NULL;
	struct pattern_code code;
	const struct image_info *info = image_info(image);

	if (info->format == IMAGE_JPEG) {
		assert_int_equal(
			jpeg_decoder_decode(decoder, info->planes[0], info->size, info, &planes),
			0);
		info = image_info(planes);
	}
	assert_int_equal(pattern_code_read(info->planes[0], info->strides[0], info->width,
	                                   info->height, &code),
	                 0);
	image_unref(planes);
	jpeg_decoder_free(decoder);
	return code.frame;
}

/* After the one before; or, where the thread stood still for long, by as much later. */
static void assert_in_step(int64_t pts_us, int64_t last_us)
{
	int64_t late_us = pts_us - last_us - 40000;

	assert_true(llabs(late_us) <= 1000 || late_us >= LATE_US);
}

/* Plays two passes and a bit: pictures in order, evenly spaced over the seam. */
static void play_in_a_loop(const char *name, enum image_format format)
{
	struct source *source = open_clip(name);
	struct collector collector;
	struct source_mode mode;
	int64_t last_us = 0;

	collector_init(&collector);
	replay_ops.mode(source, &mode);
	assert_int_equal(mode.format, format);
	assert_int_equal(mode.width, CLIPS_WIDTH);
	assert_int_equal(mode.height, CLIPS_HEIGHT);
	assert_true(mode.fps == 25);

	assert_int_equal(replay_ops.start(source, &collector.sink), 0);
	for (int i = 0; i < 2 * PICTURES + 3; i++) {
		_cleanup_(image_unref_p) struct image *image = collector_take(&collector);

		assert_non_null(image);
		assert_int_equal(number_in(image), image_info(image)->sequence % PICTURES);
		if (last_us && image_info(image)->sequence == (uint64_t)i)
			assert_in_step(image_info(image)->pts_us, last_us);
		assert_true(image_info(image)->full_range);
		last_us = image_info(image)->pts_us;
	}
	replay_ops.stop(source);
	replay_ops.close(source);
	collector_finish(&collector);
}

static void plays_jpegs_as_they_are(void **state)
{
	char name[64];

	assert_true(clips_make(clips_write_jpegs, PICTURES, ".mjpeg", name, sizeof(name)));
	play_in_a_loop(name, IMAGE_JPEG);
	clips_remove(name);
}

static void decodes_the_rest(void **state)
{
	char name[64];

	assert_true(clips_make(clips_write_h264, PICTURES, ".h264", name, sizeof(name)));
	play_in_a_loop(name, IMAGE_YUV420);
	clips_remove(name);
}

/* Nothing is shown while nobody wants it; then it goes on at once, where it is. */
static void goes_on_where_it_is(void **state)
{
	struct collector collector;
	struct source *source;
	struct image *image;
	char name[64];

	assert_true(clips_make(clips_write_h264, PICTURES, ".h264", name, sizeof(name)));
	source = open_clip(name);
	collector_init(&collector);
	collector_set_wanted(&collector, false);
	assert_int_equal(replay_ops.start(source, &collector.sink), 0);
	assert_true(collector_wait_asked(&collector, 3));
	assert_null(collector_take_until(&collector, 0));

	collector_set_wanted(&collector, true);
	image = collector_take(&collector);
	assert_non_null(image);
	assert_int_equal(number_in(image), image_info(image)->sequence % PICTURES);
	assert_true(image_info(image)->sequence >= 2);
	replay_ops.stop(source);
	replay_ops.close(source);
	assert_int_equal(number_in(image),
	                 image_info(image)->sequence % PICTURES); /* outlives it */
	image_unref(image);
	clips_remove(name);
	collector_finish(&collector);
}

static void goes_on_after_a_stop(void **state)
{
	struct collector collector;
	struct source *source;
	char name[64];

	assert_true(clips_make(clips_write_jpegs, PICTURES, ".mjpeg", name, sizeof(name)));
	source = open_clip(name);
	collector_init(&collector);
	for (int i = 0; i < 5; i++) {
		struct image *image;

		assert_int_equal(replay_ops.start(source, &collector.sink), 0);
		image = collector_take(&collector);
		assert_non_null(image);
		image_unref(image);
		replay_ops.stop(source);
		image_unref(collector_take_until(&collector, 0));
	}
	assert_false(collector.gone);
	replay_ops.close(source);
	clips_remove(name);
	collector_finish(&collector);
}

static void says_what_is_wrong(void **state)
{
	char text[SOURCE_TEXT_SIZE];
	struct source *source = NULL;
	char name[64];

	assert_int_equal(try_open("replay:/nowhere/clip.mp4", &source, text), -ENODEV);
	assert_string_equal(text, "/nowhere/clip.mp4: No such file or directory");
	assert_int_equal(try_open("replay:http://me:secret@127.0.0.1:1/", &source, text), -ENODEV);
	assert_string_equal(text, "http://127.0.0.1:1/: Connection refused");

	assert_true(clips_make(clips_write_jpegs, 0, ".mp4", name, sizeof(name)));
	assert_int_equal(try_open(name, &source, text), -ENODEV);
	assert_non_null(strstr(text, "Invalid data"));
	clips_remove(name);
	assert_null(source);
}

/* Another network camera: an endless answer to one request, sent by a thread. */
struct server {
	int listener;
	pthread_t thread;
	char name[64];
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool closing; /* guarded by mutex */
};

static bool send_all(int fd, const void *data, size_t size)
{
	return send(fd, data, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool send_part(int fd, uint32_t number)
{
	_cleanup_(frame_unref_p) struct frame *frame = clips_jpeg(number);
	char head[128];

	snprintf(head, sizeof(head),
	         "--part\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n",
	         frame_size(frame));
	return send_all(fd, head, strlen(head)) &&
	       send_all(fd, frame_data(frame), frame_size(frame)) && send_all(fd, "\r\n", 2);
}

/* Sends some pictures, then falls silent with the connection open, until server_close(). */
static void *serve(void *arg)
{
	static const char head[] = "HTTP/1.0 200 OK\r\n"
				   "Content-Type: multipart/x-mixed-replace;boundary=part\r\n\r\n";
	struct server *server = arg;
	_cleanup_close_ int fd = accept(server->listener, NULL, NULL);
	char request[4096];

	if (recv(fd, request, sizeof(request), 0) > 0 && send_all(fd, head, strlen(head))) {
		for (uint32_t i = 0; i < PICTURES && send_part(fd, i); i++)
			;
	}
	pthread_mutex_lock(&server->mutex);
	while (!server->closing)
		pthread_cond_wait(&server->changed, &server->mutex);
	pthread_mutex_unlock(&server->mutex);
	return NULL;
}

static void server_open(struct server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);

	*server = (struct server){.listener = socket(AF_INET, SOCK_STREAM, 0)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(server->listener, 1), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
	snprintf(server->name, sizeof(server->name), "replay:http://127.0.0.1:%d/stream",
	         ntohs(address.sin_port));
	pthread_mutex_init(&server->mutex, NULL);
	cond_init(&server->changed);
	assert_int_equal(thread_start(&server->thread, "server", serve, server), 0);
}

static void server_close(struct server *server)
{
	pthread_mutex_lock(&server->mutex);
	server->closing = true;
	pthread_cond_signal(&server->changed);
	pthread_mutex_unlock(&server->mutex);
	pthread_join(server->thread, NULL);
	close(server->listener);
}

static void stops_while_the_network_is_silent(void **state)
{
	struct collector collector;
	struct source *source;
	struct server server;
	struct image *image;
	int64_t start_us;

	server_open(&server);
	source = open_clip(server.name);
	collector_init(&collector);
	assert_int_equal(replay_ops.start(source, &collector.sink), 0);
	image = collector_take(&collector);
	assert_non_null(image);
	assert_int_equal(image_info(image)->format, IMAGE_JPEG);
	image_unref(image);
	start_us = clock_mono_us();
	replay_ops.stop(source);
	assert_true(clock_mono_us() - start_us < USEC_PER_SEC);
	replay_ops.close(source);
	server_close(&server);
	collector_finish(&collector);
}

static void ends_with_its_stream(void **state)
{
	struct collector collector;
	struct source *source;
	struct server server;

	server_open(&server);
	source = open_clip(server.name);
	collector_init(&collector);
	assert_int_equal(replay_ops.start(source, &collector.sink), 0);
	server_close(&server);
	assert_true(collector_wait_gone(&collector));
	assert_string_equal(collector.why, "the stream has ended");
	replay_ops.stop(source);
	replay_ops.close(source);
	collector_finish(&collector);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plays_jpegs_as_they_are),
		cmocka_unit_test(decodes_the_rest),
		cmocka_unit_test(goes_on_where_it_is),
		cmocka_unit_test(goes_on_after_a_stop),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(stops_while_the_network_is_silent),
		cmocka_unit_test(ends_with_its_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
