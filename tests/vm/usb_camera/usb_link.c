#include "usb_camera/usb_link.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* All of it is little-endian, as are the machines that run this. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the protocol's structs are sent as is");

#define PACKED __attribute__((packed))
#define MAX_WAITING 256 /* bulk transfers */
#define MAX_MESSAGE_BYTES 65536
#define ENDPOINTS 32
#define ENDPOINT_INDEX(address) (((address)&0x0f) | ((address)&0x80) >> 3)
#define HIGH_SPEED 2
#define CLASS_VIDEO 14
#define BULK 2
#define UNUSED 255

enum capability {
	CAN_CONNECT_VERSION = 1 << 1,
	CAN_ACK_DISCONNECT = 1 << 3,
	CAN_MAX_PACKET_SIZE = 1 << 4,
	CAN_64_BIT_IDS = 1 << 5,
	CAN_32_BIT_BULK = 1 << 6,
	CAPABILITIES = CAN_CONNECT_VERSION | CAN_ACK_DISCONNECT | CAN_MAX_PACKET_SIZE |
	               CAN_64_BIT_IDS | CAN_32_BIT_BULK,
};

enum message {
	HELLO = 0,
	DEVICE_CONNECT = 1,
	DEVICE_DISCONNECT = 2,
	RESET = 3,
	INTERFACE_INFO = 4,
	ENDPOINT_INFO = 5,
	SET_CONFIGURATION = 6,
	GET_CONFIGURATION = 7,
	CONFIGURATION_STATUS = 8,
	SET_ALTERNATE = 9,
	GET_ALTERNATE = 10,
	ALTERNATE_STATUS = 11,
	CANCEL = 21,
	CONTROL = 100,
	BULK_TRANSFER = 101,
};

enum status { DONE = 0, CANCELLED = 1, STALLED = 4 };

/* With 64-bit ids; before both sides have said that they know them, the id is 32 bits. */
struct PACKED header {
	uint32_t type, length;
	uint64_t id;
};
#define HELLO_HEADER_SIZE 12

struct PACKED hello {
	char name[64];
	uint32_t capabilities;
};

struct PACKED device_connect {
	uint8_t speed, class, subclass, protocol;
	uint16_t vendor, product, version;
};

struct PACKED interface_info {
	uint32_t count;
	uint8_t number[32], class[32], subclass[32], protocol[32];
};

struct PACKED endpoint_info {
	uint8_t type[ENDPOINTS], interval[ENDPOINTS], interface[ENDPOINTS];
	uint16_t max_packet_size[ENDPOINTS];
};

struct PACKED control {
	uint8_t endpoint, request, type, status;
	uint16_t value, index, length;
	uint8_t data[];
};

struct PACKED bulk {
	uint8_t endpoint, status;
	uint16_t length;
	uint32_t stream;
	uint16_t length_high;
};

struct waiting {
	uint64_t id;
	uint32_t stream;
	size_t size;
};

struct usb_link {
	struct usb_device device;
	int fd;
	bool greeted; /* QEMU's hello has come */
	bool plugged;
	struct buf input;
	struct waiting waiting[MAX_WAITING];
	size_t waiting_count;
};

static void send_all(const struct usb_link *link, const void *data, size_t size)
{
	/* Once QEMU has gone, receiving says so. */
	for (const uint8_t *bytes = data; size > 0;) {
		ssize_t n = send(link->fd, bytes, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		bytes += n;
		size -= (size_t)n;
	}
}

/* A message of a fixed part and data. */
static void send_message(const struct usb_link *link, enum message type, uint64_t id,
                         const void *part, size_t part_size, const void *data, size_t size)
{
	struct header header = {type, (uint32_t)(part_size + size), id};

	send_all(link, &header, type == HELLO ? HELLO_HEADER_SIZE : sizeof(header));
	send_all(link, part, part_size);
	send_all(link, data, size);
}

static void send_hello(const struct usb_link *link)
{
	struct hello hello = {"camnode test camera", CAPABILITIES};

	send_message(link, HELLO, 0, &hello, sizeof(hello), NULL, 0);
}

/* A video control interface and a video streaming interface with the bulk endpoint. */
static void send_device(const struct usb_link *link)
{
	struct interface_info interfaces = {
		.count = 2,
		.number = {0, 1},
		.class = {CLASS_VIDEO, CLASS_VIDEO},
		.subclass = {1, 2},
	};
	struct endpoint_info endpoints = {.interface[ENDPOINT_INDEX(USB_BULK_IN)] = 1};
	struct device_connect connect = {
		.speed = HIGH_SPEED,
		.class = 0xef, /* its functions say what they are */
		.subclass = 2,
		.protocol = 1,
		.vendor = link->device.vendor,
		.product = link->device.product,
		.version = 0x0110,
	};

	memset(endpoints.type, UNUSED, sizeof(endpoints.type));
	endpoints.type[0] = endpoints.type[ENDPOINT_INDEX(0x80)] = 0; /* control */
	endpoints.max_packet_size[0] = endpoints.max_packet_size[ENDPOINT_INDEX(0x80)] = 64;
	endpoints.type[ENDPOINT_INDEX(USB_BULK_IN)] = BULK;
	endpoints.max_packet_size[ENDPOINT_INDEX(USB_BULK_IN)] = 512;
	send_message(link, INTERFACE_INFO, 0, &interfaces, sizeof(interfaces), NULL, 0);
	send_message(link, ENDPOINT_INFO, 0, &endpoints, sizeof(endpoints), NULL, 0);
	send_message(link, DEVICE_CONNECT, 0, &connect, sizeof(connect), NULL, 0);
}

static void answer_bulk(const struct usb_link *link, const struct waiting *waiting,
                        enum status status, const void *data, size_t size)
{
	struct bulk bulk = {
		.endpoint = USB_BULK_IN,
		.status = status,
		.length = (uint16_t)size,
		.stream = waiting->stream,
		.length_high = (uint16_t)(size >> 16),
	};

	send_message(link, BULK_TRANSFER, waiting->id, &bulk, sizeof(bulk), data, size);
}

static struct waiting take_waiting(struct usb_link *link, size_t index)
{
	struct waiting waiting = link->waiting[index];
	struct waiting *hole = &link->waiting[index];

	link->waiting_count--;
	memmove(hole, hole + 1, (link->waiting_count - index) * sizeof(*hole));
	return waiting;
}

static void on_hello(struct usb_link *link, uint64_t id, const uint8_t *data)
{
	link->greeted = true;
	if (link->plugged)
		send_device(link);
}

static void on_reset(struct usb_link *link, uint64_t id, const uint8_t *data)
{
	link->waiting_count = 0;
	link->device.reset(link->device.user);
}

/* There is one configuration, and each interface has one setting. */
static void on_set_configuration(struct usb_link *link, uint64_t id, const uint8_t *data)
{
	uint8_t status[] = {DONE, data[0]};

	send_message(link, CONFIGURATION_STATUS, id, status, sizeof(status), NULL, 0);
}

static void on_get_configuration(struct usb_link *link, uint64_t id, const uint8_t *data)
{
	uint8_t status[] = {DONE, 1};

	send_message(link, CONFIGURATION_STATUS, id, status, sizeof(status), NULL, 0);
}

static void on_alternate(struct usb_link *link, uint64_t id, const uint8_t *data)
{
	uint8_t status[] = {DONE, data[0], 0};

	send_message(link, ALTERNATE_STATUS, id, status, sizeof(status), NULL, 0);
}

static void on_cancel(struct usb_link *link, uint64_t id, const uint8_t *data)
{
	for (size_t i = 0; i < link->waiting_count; i++) {
		if (link->waiting[i].id == id) {
			struct waiting waiting = take_waiting(link, i);

			answer_bulk(link, &waiting, CANCELLED, NULL, 0);
			return;
		}
	}
}

static void on_control(struct usb_link *link, uint64_t id, const uint8_t *data)
{
	struct control control;
	uint8_t answer[USB_MAX_CONTROL_BYTES] = {0};
	int n;

	memcpy(&control, data, sizeof(control));
	bool to_host = control.type & 0x80;

	const struct usb_setup setup = {control.type, control.request, control.value, control.index,
	                                control.length};
	if (!to_host)
		memcpy(answer, data + sizeof(control),
		       setup.length < sizeof(answer) ? setup.length : sizeof(answer));
	n = link->device.control(link->device.user, &setup, answer);
	if (n == -EAGAIN)
		return;
	control.status = n < 0 ? STALLED : DONE;
	if (n < 0 || !to_host)
		n = 0;
	if (n > control.length)
		n = control.length;
	if (to_host)
		control.length = (uint16_t)n;
	send_message(link, CONTROL, id, &control, sizeof(control), answer, (size_t)n);
}

static void on_bulk(struct usb_link *link, uint64_t id, const uint8_t *data)
{
	struct bulk bulk;

	memcpy(&bulk, data, sizeof(bulk));
	const struct waiting waiting = {id, bulk.stream,
	                                bulk.length | (size_t)bulk.length_high << 16};
	if (bulk.endpoint != USB_BULK_IN || link->waiting_count == MAX_WAITING)
		answer_bulk(link, &waiting, STALLED, NULL, 0);
	else
		link->waiting[link->waiting_count++] = waiting;
}

static const struct {
	enum message type;
	size_t size; /* at least */
	void (*handle)(struct usb_link *link, uint64_t id, const uint8_t *data);
} handlers[] = {
	{HELLO, sizeof(struct hello), on_hello},
	{RESET, 0, on_reset},
	{SET_CONFIGURATION, 1, on_set_configuration},
	{GET_CONFIGURATION, 0, on_get_configuration},
	{SET_ALTERNATE, 2, on_alternate},
	{GET_ALTERNATE, 1, on_alternate},
	{CANCEL, 0, on_cancel},
	{CONTROL, sizeof(struct control), on_control},
	{BULK_TRANSFER, sizeof(struct bulk), on_bulk},
};

/* Others (acknowledgements) are of no interest. */
static void handle(struct usb_link *link, const struct header *header, const uint8_t *data)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (handlers[i].type == header->type && header->length >= handlers[i].size)
			handlers[i].handle(link, header->id, data);
	}
}

/* The bytes of the first message in the input, handled; 0 when it is not all there yet. */
static size_t handle_first(struct usb_link *link, const uint8_t *data, size_t size)
{
	size_t header_size = link->greeted ? sizeof(struct header) : HELLO_HEADER_SIZE;
	struct header header = {0};

	if (size < header_size)
		return 0;
	memcpy(&header, data, header_size);
	if (size - header_size < header.length)
		return 0;
	handle(link, &header, data + header_size);
	return header_size + header.length;
}

int usb_link_receive(struct usb_link *link)
{
	uint8_t bytes[4096];
	ssize_t n = recv(link->fd, bytes, sizeof(bytes), 0);
	size_t done = 0, size;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ECONNRESET;
	buf_append(&link->input, bytes, (size_t)n);
	if (link->input.error < 0)
		return link->input.error;
	do {
		size = handle_first(link, (uint8_t *)link->input.data + done,
		                    link->input.length - done);
		done += size;
	} while (size > 0);
	link->input.length -= done;
	memmove(link->input.data, link->input.data + done, link->input.length);
	return 0;
}

int usb_link_open(const char *path, const struct usb_device *device, struct usb_link **ret_link)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct usb_link *link = calloc(1, sizeof(*link));

	if (!link)
		return -ENOMEM;
	link->device = *device;
	link->plugged = true;
	buf_init(&link->input, MAX_MESSAGE_BYTES);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	link->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (link->fd < 0 ||
	    connect(link->fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = errno;

		usb_link_close(link);
		return -error;
	}
	send_hello(link);
	*ret_link = link;
	return 0;
}

void usb_link_close(struct usb_link *link)
{
	if (!link)
		return;
	buf_finish(&link->input);
	if (link->fd >= 0)
		close(link->fd);
	free(link);
}

int usb_link_fd(const struct usb_link *link)
{
	return link->fd;
}

void usb_link_plug(struct usb_link *link)
{
	if (link->plugged)
		return;
	link->plugged = true;
	link->device.reset(link->device.user);
	if (link->greeted)
		send_device(link);
}

void usb_link_unplug(struct usb_link *link)
{
	if (!link->plugged)
		return;
	link->plugged = false;
	link->waiting_count = 0;
	send_message(link, DEVICE_DISCONNECT, 0, NULL, 0, NULL, 0);
}

size_t usb_link_wanted(const struct usb_link *link)
{
	return link->waiting_count > 0 ? link->waiting[0].size : 0;
}

void usb_link_send(struct usb_link *link, const void *data, size_t size)
{
	struct waiting waiting = take_waiting(link, 0);

	answer_bulk(link, &waiting, DONE, data, size);
}

void usb_link_stall(struct usb_link *link)
{
	struct waiting waiting = take_waiting(link, 0);

	answer_bulk(link, &waiting, STALLED, NULL, 0);
}
