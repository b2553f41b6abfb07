/*
 * A USB camera for a QEMU guest: its pictures, and its faults on command. See usage().
 */
#include "usb_camera/picture.h"
#include "usb_camera/usb_link.h"
#include "usb_camera/uvc.h"

#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define MAX_PICTURE_BYTES (4 * 1024 * 1024)
#define MAX_COMMAND_BYTES 64
#define MAX_ANSWER_BYTES 1024
#define MAX_FAULT_FRAMES 1000000
#define FRAME_US (USEC_PER_SEC / UVC_FPS)

struct camera {
	struct uvc uvc;
	struct usb_link *link;
	struct uvc_mode painted; /* what the painter is for */
	struct painter *painter;
	bool ready;         /* there is a picture to send */
	struct buf picture; /* of which `sent` bytes have gone */
	size_t sent;
	bool parity, broken; /* how it is marked */
	uint32_t frame;
	int64_t next_us;
	struct buf answer; /* to a command */

	struct faults {
		bool frozen, tableless, stalled, deaf; /* on; stalled: once */
		int64_t empties, truncations, errors;  /* of so many pictures to come */
	} faults;
};

static void usage(void)
{
	fputs("Usage: vm_camera SOCKET [COMMAND...]\n"
	      "Plugs a USB camera into the usb-redir device of QEMU at SOCKET. Does the commands, "
	      "then\n"
	      "those on standard input, one a line, and answers each by \"ok\" or \"error\":\n"
	      "  unplug, plug\n"
	      "  planar, grey   it offers NV12, or a format that libcamera's users rarely take, "
	      "and\n"
	      "                 nothing else; counts from the next plug on, usual ends it\n"
	      "  report         answers \"ok NAME=VALUE...\": streaming, mode, frame and controls\n"
	      "  number N       the next picture has this number\n"
	      "  freeze         no pictures come any more, though the camera is there\n"
	      "  deaf           requests to it are not answered any more\n"
	      "  stall          the endpoint fails once\n"
	      "  tableless      JPEGs come without their Huffman tables\n"
	      "  empty N        the next N pictures have no bytes\n"
	      "  truncate N     ... are cut in half\n"
	      "  error N        ... are marked as broken\n"
	      "  heal           ends all faults\n"
	      "Ends when standard input or QEMU does.\n",
	      stderr);
}

/* --- Pictures --- */

static void drop_picture(struct camera *camera)
{
	buf_clear(&camera->picture);
	camera->sent = 0;
	camera->ready = false;
}

static void on_reset(void *user)
{
	struct camera *camera = user;

	camera->uvc.streaming = false;
	drop_picture(camera);
}

static int on_control(void *user, const struct usb_setup *setup, uint8_t *data)
{
	struct camera *camera = user;
	bool was_streaming = camera->uvc.streaming;

	if (camera->faults.deaf)
		return -EAGAIN;
	int r = uvc_control(&camera->uvc, setup, data);

	if (camera->uvc.streaming != was_streaming) {
		drop_picture(camera);
		camera->next_us = clock_mono_us();
	}
	return r;
}

/* Counts one down; true while there is one. */
static bool take_one(int64_t *count)
{
	return *count > 0 && (*count)-- > 0;
}

static void paint(struct camera *camera)
{
	struct uvc_mode mode = uvc_mode(&camera->uvc);

	if (!camera->painter || memcmp(&mode, &camera->painted, sizeof(mode)) != 0) {
		painter_free(camera->painter);
		camera->painter = painter_new(&mode);
		camera->painted = mode;
	}
	camera->frame++;
	camera->parity = !camera->parity;
	camera->broken = take_one(&camera->faults.errors);
	if (camera->painter)
		painter_paint(camera->painter, camera->frame, !camera->faults.tableless,
		              &camera->picture);
	if (take_one(&camera->faults.truncations))
		camera->picture.length /= 2;
	if (take_one(&camera->faults.empties))
		camera->picture.length = 0;
	camera->ready = true;
}

/* One transfer: the picture's next part. */
static void send_part(struct camera *camera)
{
	uint8_t payload[UVC_MAX_PAYLOAD];
	size_t room = usb_link_wanted(camera->link);
	size_t size = camera->picture.length - camera->sent;

	if (room > sizeof(payload))
		room = sizeof(payload);
	bool last = size <= room - UVC_HEADER_SIZE;
	if (!last)
		size = room - UVC_HEADER_SIZE;
	uvc_header(payload, camera->parity, last, camera->broken);
	memcpy(payload + UVC_HEADER_SIZE, camera->picture.data + camera->sent, size);
	usb_link_send(camera->link, payload, UVC_HEADER_SIZE + size);
	camera->sent += size;
	if (last)
		drop_picture(camera);
}

/* Gives the host what it waits for, as far as it is there. */
static void serve(struct camera *camera)
{
	while (camera->faults.stalled && usb_link_wanted(camera->link) > 0) {
		camera->faults.stalled = false;
		usb_link_stall(camera->link);
	}
	while (camera->ready && usb_link_wanted(camera->link) > UVC_HEADER_SIZE)
		send_part(camera);
}

/* A picture is due. When the host has not taken the last one yet, it misses this one, as the frame
 * number tells. */
static void tick(struct camera *camera)
{
	int64_t now_us = clock_mono_us();

	camera->next_us += FRAME_US;
	if (camera->next_us < now_us - FRAME_US)
		camera->next_us = now_us + FRAME_US;
	if (camera->faults.frozen)
		return;
	if (camera->ready)
		camera->frame++;
	else
		paint(camera);
}

/* --- Commands --- */

static void unplug(struct camera *camera, int64_t count)
{
	usb_link_unplug(camera->link);
	on_reset(camera);
}

static void plug(struct camera *camera, int64_t count)
{
	usb_link_plug(camera->link);
}

static void freeze(struct camera *camera, int64_t count)
{
	camera->faults.frozen = true;
}

static void go_deaf(struct camera *camera, int64_t count)
{
	camera->faults.deaf = true;
}

static void stall(struct camera *camera, int64_t count)
{
	camera->faults.stalled = true;
}

static void leave_tables_out(struct camera *camera, int64_t count)
{
	camera->faults.tableless = true;
}

static void send_empty(struct camera *camera, int64_t count)
{
	camera->faults.empties = count;
}

static void truncate_pictures(struct camera *camera, int64_t count)
{
	camera->faults.truncations = count;
}

static void mark_broken(struct camera *camera, int64_t count)
{
	camera->faults.errors = count;
}

static void heal(struct camera *camera, int64_t count)
{
	camera->faults = (struct faults){0};
}

static void offer_usual(struct camera *camera, int64_t count)
{
	uvc_init(&camera->uvc, UVC_USUAL);
}

static void offer_planar(struct camera *camera, int64_t count)
{
	uvc_init(&camera->uvc, UVC_PLANAR);
}

static void offer_grey(struct camera *camera, int64_t count)
{
	uvc_init(&camera->uvc, UVC_GREY);
}

static void set_number(struct camera *camera, int64_t count)
{
	camera->frame = (uint32_t)count - 1;
}

static void report(struct camera *camera, int64_t count)
{
	const struct uvc *uvc = &camera->uvc;
	struct uvc_mode mode = uvc_mode(uvc);

	buf_printf(&camera->answer, " streaming=%d format=%s size=%dx%d frame=%u", uvc->streaming,
	           image_format_name(mode.format), mode.width, mode.height, camera->frame);
	for (size_t i = 0; i < UVC_CONTROLS; i++)
		buf_printf(&camera->answer, " %s=%d", uvc_control_name(i), uvc->controls[i]);
}

static const struct {
	const char *name;
	bool takes_count;
	void (*run)(struct camera *camera, int64_t count);
} commands[] = {
	{"unplug", false, unplug},
	{"plug", false, plug},
	{"usual", false, offer_usual},
	{"planar", false, offer_planar},
	{"grey", false, offer_grey},
	{"report", false, report},
	{"number", true, set_number},
	{"freeze", false, freeze},
	{"deaf", false, go_deaf},
	{"stall", false, stall},
	{"tableless", false, leave_tables_out},
	{"empty", true, send_empty},
	{"truncate", true, truncate_pictures},
	{"error", true, mark_broken},
	{"heal", false, heal},
};

static int run_command(struct camera *camera, char *line)
{
	char *rest = line;
	const char *name = strsep(&rest, " ");
	int64_t count = 1;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) != 0 || (rest && !commands[i].takes_count))
			continue;
		if (rest &&
		    (str_parse_i64(rest, &count) < 0 || count < 0 || count > MAX_FAULT_FRAMES))
			return -EINVAL;
		commands[i].run(camera, count);
		return 0;
	}
	return -EINVAL;
}

/* One line of standard input, unbuffered so that poll() sees each. 0, or -errno at its end. */
static int read_command(struct camera *camera)
{
	char line[MAX_COMMAND_BYTES];
	size_t length = 0;

	while (length < sizeof(line) - 1) {
		ssize_t n = read(STDIN_FILENO, line + length, 1);

		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		if (line[length] == '\n')
			break;
		length++;
	}
	line[length] = '\0';
	buf_clear(&camera->answer);
	buf_puts(&camera->answer, "ok");
	puts(run_command(camera, line) < 0 ? "error" : camera->answer.data);
	fflush(stdout);
	return 0;
}

/* --- The loop --- */

static int timeout_ms(const struct camera *camera)
{
	int64_t left_us = camera->next_us - clock_mono_us();

	if (!camera->uvc.streaming)
		return -1;
	return left_us > 0 ? (int)(left_us / USEC_PER_MSEC) + 1 : 0;
}

static int run(struct camera *camera)
{
	struct pollfd fds[] = {
		{.fd = usb_link_fd(camera->link), .events = POLLIN},
		{.fd = STDIN_FILENO, .events = POLLIN},
	};
	int r = 0;

	while (r == 0) {
		if (poll(fds, 2, timeout_ms(camera)) < 0)
			return -errno;
		if (fds[0].revents)
			r = usb_link_receive(camera->link);
		if (r == 0 && fds[1].revents)
			r = read_command(camera);
		if (camera->uvc.streaming && clock_mono_us() >= camera->next_us)
			tick(camera);
		if (r == 0)
			serve(camera);
	}
	return r;
}

int main(int argc, char **argv)
{
	struct camera camera = {0};
	const struct usb_device device = {
		.user = &camera,
		.vendor = UVC_VENDOR,
		.product = UVC_PRODUCT,
		.control = on_control,
		.reset = on_reset,
	};
	int r;

	if (argc < 2) {
		usage();
		return EXIT_FAILURE;
	}
	uvc_init(&camera.uvc, UVC_USUAL);
	buf_init(&camera.picture, MAX_PICTURE_BYTES);
	buf_init(&camera.answer, MAX_ANSWER_BYTES);
	r = usb_link_open(argv[1], &device, &camera.link);
	for (int i = 2; i < argc && r == 0; i++)
		r = run_command(&camera, argv[i]);
	if (r == 0)
		r = run(&camera);
	if (r < 0 && r != -ENODATA && r != -ECONNRESET)
		fprintf(stderr, "vm_camera: %s: %s\n", argv[1], strerror(-r));
	usb_link_close(camera.link);
	painter_free(camera.painter);
	buf_finish(&camera.picture);
	buf_finish(&camera.answer);
	return r < 0 && r != -ENODATA && r != -ECONNRESET ? EXIT_FAILURE : EXIT_SUCCESS;
}
