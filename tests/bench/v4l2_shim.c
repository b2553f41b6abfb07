/*
 * A V4L2 camera that does not exist, for programs to be compared with: preloaded (LD_PRELOAD), it
 * makes a camera of a file of pictures. It plays them in a loop, each with the pattern's block code
 * (capture/pattern_code.h) written in, so that frames can be counted and timed at the other end.
 *
 *   V4L2_SHIM_PICTURES  a file of YUYV pictures; its path is the camera's
 *   V4L2_SHIM_SIZE      of a picture, such as 1280x720
 *   V4L2_SHIM_FPS       pictures a second
 *
 * One opener at a time, memory-mapped buffers only. The descriptor is a timer's, so that it can be
 * polled: each of its ticks is a picture. One that finds no buffer queued is lost.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "capture/pattern_code.h"

#define MAX_BUFFERS 8
#define BYTES_PER_PIXEL 2
#define NEUTRAL 128 /* chroma */
#define NSEC_PER_SEC INT64_C(1000000000)

struct camera {
	int fd;        /* the timer; -1: not open */
	int memory_fd; /* of all buffers */
	uint32_t width, height, fps;
	uint32_t picture_size; /* bytes, of a buffer too */
	const uint8_t *pictures;
	size_t picture_count, file_size;
	uint8_t *buffers;
	uint32_t buffer_count;
	struct image *code; /* what is copied into a picture's corner */
	int64_t start_ns;   /* of the stream */
	uint64_t ticks;     /* since then */

	pthread_mutex_t mutex;
	uint32_t queue[MAX_BUFFERS]; /* ring of buffers to fill; guarded by mutex */
	uint32_t first, queued;      /* guarded by mutex */
};

static struct camera camera = {.fd = -1, .memory_fd = -1, .mutex = PTHREAD_MUTEX_INITIALIZER};

/* The functions that the shim stands in front of. */
static int real_open(const char *path, int flags, mode_t mode)
{
	int (*open_function)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");

	return open_function(path, flags, mode);
}

static int real_ioctl(int fd, unsigned long request, void *argument)
{
	int (*ioctl_function)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");

	return ioctl_function(fd, request, argument);
}

static void *real_mmap(void *address, size_t length, int protection, int flags, int fd,
                       off_t offset)
{
	void *(*mmap_function)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, "mmap");

	return mmap_function(address, length, protection, flags, fd, offset);
}

static int real_close(int fd)
{
	int (*close_function)(int) = dlsym(RTLD_NEXT, "close");

	return close_function(fd);
}

static int64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NSEC_PER_SEC + time.tv_nsec;
}

static bool read_environment(void)
{
	const char *size = getenv("V4L2_SHIM_SIZE"), *fps = getenv("V4L2_SHIM_FPS");

	if (!size || !fps || sscanf(size, "%ux%u", &camera.width, &camera.height) != 2 ||
	    sscanf(fps, "%u", &camera.fps) != 1)
		return false;
	camera.picture_size = camera.width * camera.height * BYTES_PER_PIXEL;
	return camera.width >= PATTERN_CODE_WIDTH && camera.height >= PATTERN_CODE_HEIGHT &&
	       camera.fps > 0;
}

static bool map_pictures(void)
{
	const char *path = getenv("V4L2_SHIM_PICTURES");
	struct stat status;
	void *pictures;
	int fd = path ? real_open(path, O_RDONLY | O_CLOEXEC, 0) : -1;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) < 0)
		status.st_size = 0;
	camera.file_size = (size_t)status.st_size;
	camera.picture_count = camera.file_size / camera.picture_size;
	pictures = real_mmap(NULL, camera.file_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	real_close(fd);
	if (pictures == MAP_FAILED)
		return false;
	camera.pictures = pictures;
	return camera.picture_count > 0;
}

static bool make_buffers(void)
{
	const size_t size = (size_t)MAX_BUFFERS * camera.picture_size;
	void *buffers;

	camera.memory_fd = memfd_create("v4l2_shim", MFD_CLOEXEC);
	if (camera.memory_fd < 0 || ftruncate(camera.memory_fd, (off_t)size) < 0)
		return false;
	buffers = real_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, camera.memory_fd, 0);
	if (buffers == MAP_FAILED)
		return false;
	camera.buffers = buffers;
	return true;
}

static int close_camera(void)
{
	if (camera.pictures)
		munmap((void *)camera.pictures, camera.file_size);
	if (camera.buffers)
		munmap(camera.buffers, (size_t)MAX_BUFFERS * camera.picture_size);
	if (camera.memory_fd >= 0)
		real_close(camera.memory_fd);
	if (camera.fd >= 0)
		real_close(camera.fd);
	image_unref(camera.code);
	camera.pictures = NULL;
	camera.buffers = NULL;
	camera.code = NULL;
	camera.memory_fd = camera.fd = -1;
	camera.buffer_count = camera.first = camera.queued = 0;
	return 0;
}

static int open_camera(void)
{
	const struct image_info code = {.width = PATTERN_CODE_WIDTH, .height = PATTERN_CODE_HEIGHT};

	if (camera.fd >= 0) {
		errno = EBUSY;
		return -1;
	}
	camera.code = image_new_planes(&code);
	camera.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (camera.code && camera.fd >= 0 && read_environment() && map_pictures() && make_buffers())
		return camera.fd;
	close_camera();
	errno = ENODEV;
	return -1;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

static int64_t tick_ns(uint64_t tick)
{
	return camera.start_ns + (int64_t)tick * NSEC_PER_SEC / camera.fps;
}

static int query_capability(void *argument)
{
	struct v4l2_capability *capability = argument;

	*capability = (struct v4l2_capability){
		.driver = "v4l2_shim",
		.card = "Pictures of a file",
		.bus_info = "platform:v4l2_shim",
		.version = 6 << 16,
		.capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_DEVICE_CAPS,
		.device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING,
	};
	return 0;
}

static int enumerate_formats(void *argument)
{
	struct v4l2_fmtdesc *format = argument;

	if (format->index > 0)
		return fail(EINVAL);
	format->pixelformat = V4L2_PIX_FMT_YUYV;
	return 0;
}

static int enumerate_inputs(void *argument)
{
	struct v4l2_input *input = argument;

	if (input->index > 0)
		return fail(EINVAL);
	*input = (struct v4l2_input){.type = V4L2_INPUT_TYPE_CAMERA, .name = "pictures"};
	return 0;
}

static int get_input(void *argument)
{
	*(int *)argument = 0;
	return 0;
}

static int set_input(void *argument)
{
	return *(int *)argument == 0 ? 0 : fail(EINVAL);
}

/* There is one format: asking, trying and setting all give it. */
static int give_format(void *argument)
{
	struct v4l2_format *format = argument;

	format->fmt.pix = (struct v4l2_pix_format){
		.width = camera.width,
		.height = camera.height,
		.pixelformat = V4L2_PIX_FMT_YUYV,
		.field = V4L2_FIELD_NONE,
		.bytesperline = camera.width * BYTES_PER_PIXEL,
		.sizeimage = camera.picture_size,
		.colorspace = V4L2_COLORSPACE_JPEG,
	};
	return 0;
}

static int give_rate(void *argument)
{
	struct v4l2_streamparm *parameters = argument;

	parameters->parm.capture = (struct v4l2_captureparm){
		.capability = V4L2_CAP_TIMEPERFRAME,
		.timeperframe = {1, camera.fps},
	};
	return 0;
}

static int request_buffers(void *argument)
{
	struct v4l2_requestbuffers *request = argument;

	if (request->memory != V4L2_MEMORY_MMAP)
		return fail(EINVAL);
	if (request->count > MAX_BUFFERS)
		request->count = MAX_BUFFERS;
	camera.buffer_count = request->count;
	return 0;
}

static void describe_buffer(uint32_t index, struct v4l2_buffer *ret_buffer)
{
	*ret_buffer = (struct v4l2_buffer){
		.index = index,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
		.length = camera.picture_size,
		.m.offset = index * camera.picture_size,
		.field = V4L2_FIELD_NONE,
		.flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
	};
}

static int query_buffer(void *argument)
{
	struct v4l2_buffer *buffer = argument;

	if (buffer->index >= camera.buffer_count)
		return fail(EINVAL);
	describe_buffer(buffer->index, buffer);
	return 0;
}

static int queue_buffer(void *argument)
{
	const struct v4l2_buffer *buffer = argument;
	bool fits;

	pthread_mutex_lock(&camera.mutex);
	fits = buffer->index < camera.buffer_count && camera.queued < camera.buffer_count;
	if (fits)
		camera.queue[(camera.first + camera.queued++) % MAX_BUFFERS] = buffer->index;
	pthread_mutex_unlock(&camera.mutex);
	return fits ? 0 : fail(EINVAL);
}

/* The buffer queued first, or -1. */
static int take_buffer(void)
{
	int index = -1;

	pthread_mutex_lock(&camera.mutex);
	if (camera.queued > 0) {
		index = (int)camera.queue[camera.first];
		camera.first = (camera.first + 1) % MAX_BUFFERS;
		camera.queued--;
	}
	pthread_mutex_unlock(&camera.mutex);
	return index;
}

static void write_code(uint8_t *picture, const struct pattern_code *code)
{
	const struct image_info *info = image_info(camera.code);

	pattern_code_write(camera.code, code);
	for (int y = 0; y < PATTERN_CODE_HEIGHT; y++) {
		const uint8_t *luma = info->planes[0] + (ptrdiff_t)y * info->strides[0];
		uint8_t *row = picture + (size_t)y * camera.width * BYTES_PER_PIXEL;

		for (int x = 0; x < PATTERN_CODE_WIDTH; x++) {
			row[BYTES_PER_PIXEL * x] = luma[x];
			row[BYTES_PER_PIXEL * x + 1] = NEUTRAL;
		}
	}
}

/* The copy stands for the camera's own writing into memory. */
static void fill_buffer(uint32_t index)
{
	uint8_t *buffer = camera.buffers + (size_t)index * camera.picture_size;
	const size_t picture = camera.ticks % camera.picture_count;
	const struct pattern_code code = {
		.frame = (uint32_t)camera.ticks,
		.time_ms = (uint32_t)(tick_ns(camera.ticks) / 1000000) & PATTERN_TIME_MASK,
	};

	memcpy(buffer, camera.pictures + picture * camera.picture_size, camera.picture_size);
	write_code(buffer, &code);
}

static int dequeue_buffer(void *argument)
{
	struct v4l2_buffer *buffer = argument;
	uint64_t ticks;
	int index;

	if (read(camera.fd, &ticks, sizeof(ticks)) != sizeof(ticks))
		return fail(EAGAIN);
	camera.ticks += ticks;
	index = take_buffer();
	if (index < 0)
		return fail(EAGAIN);
	fill_buffer((uint32_t)index);
	describe_buffer((uint32_t)index, buffer);
	buffer->bytesused = camera.picture_size;
	buffer->sequence = (uint32_t)camera.ticks;
	buffer->timestamp.tv_sec = tick_ns(camera.ticks) / NSEC_PER_SEC;
	buffer->timestamp.tv_usec = tick_ns(camera.ticks) % NSEC_PER_SEC / 1000;
	return 0;
}

static struct timespec timespec_of(int64_t ns)
{
	return (struct timespec){ns / NSEC_PER_SEC, ns % NSEC_PER_SEC};
}

static int stream_on(void *argument)
{
	struct itimerspec timer;

	camera.ticks = 0;
	camera.start_ns = now_ns();
	timer.it_value = timespec_of(tick_ns(1));
	timer.it_interval = timespec_of(NSEC_PER_SEC / camera.fps);
	return timerfd_settime(camera.fd, TFD_TIMER_ABSTIME, &timer, NULL);
}

static int stream_off(void *argument)
{
	const struct itimerspec never = {0};

	pthread_mutex_lock(&camera.mutex);
	camera.first = camera.queued = 0;
	pthread_mutex_unlock(&camera.mutex);
	return timerfd_settime(camera.fd, 0, &never, NULL);
}

static const struct {
	uint32_t request;
	int (*answer)(void *argument);
} requests[] = {
	{VIDIOC_QUERYCAP, query_capability},  {VIDIOC_ENUM_FMT, enumerate_formats},
	{VIDIOC_ENUMINPUT, enumerate_inputs}, {VIDIOC_G_INPUT, get_input},
	{VIDIOC_S_INPUT, set_input},          {VIDIOC_G_FMT, give_format},
	{VIDIOC_S_FMT, give_format},          {VIDIOC_TRY_FMT, give_format},
	{VIDIOC_G_PARM, give_rate},           {VIDIOC_S_PARM, give_rate},
	{VIDIOC_REQBUFS, request_buffers},    {VIDIOC_QUERYBUF, query_buffer},
	{VIDIOC_QBUF, queue_buffer},          {VIDIOC_DQBUF, dequeue_buffer},
	{VIDIOC_STREAMON, stream_on},         {VIDIOC_STREAMOFF, stream_off},
};

/* What follows stands in front of the C library's own functions. */

int open(const char *path, int flags, ...)
{
	const char *camera_path = getenv("V4L2_SHIM_PICTURES");
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	if (camera_path && strcmp(path, camera_path) == 0)
		return open_camera();
	return real_open(path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

int close(int fd)
{
	return fd >= 0 && fd == camera.fd ? close_camera() : real_close(fd);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (fd >= 0 && fd == camera.fd)
		fd = camera.memory_fd;
	return real_mmap(address, length, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset)
	__attribute__((alias("mmap")));

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (fd < 0 || fd != camera.fd)
		return real_ioctl(fd, request, argument);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (requests[i].request == (uint32_t)request)
			return requests[i].answer(argument);
	}
	return fail(ENOTTY);
}
