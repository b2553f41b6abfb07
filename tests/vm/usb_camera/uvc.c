#include "usb_camera/uvc.h"

#include <errno.h>
#include <string.h>

/* Numbers of the terminals and units, and of the video streaming interface. */
#define CAMERA 1
#define PROCESSING 2
#define OUTPUT 3
#define STREAMING 1

/* Of USB 2.0 and UVC 1.0. */
#define TO_HOST 0x80
#define CLASS_TYPE 0x21
#define GET_STATUS 0x00
#define CLEAR_FEATURE 0x01
#define GET_DESCRIPTOR 0x06
#define SET_CUR 0x01
#define GET_CUR 0x81
#define GET_MIN 0x82
#define GET_MAX 0x83
#define GET_RES 0x84
#define GET_LEN 0x85
#define GET_INFO 0x86
#define GET_DEF 0x87
#define COMMIT 2
#define PROBE_SIZE 26

#define BYTES2(x) (uint8_t)(x), (uint8_t)((x) >> 8)
#define BYTES4(x) BYTES2(x), BYTES2((x) >> 16)
#define INTERVAL (10000000 / UVC_FPS) /* 100 ns */

/* Of a choice. */
#define MAX_FORMATS 2
#define MAX_SIZES 3

static const uint8_t device_descriptor[] = {
	/* USB 2.0; its functions say what they are */
	18, 1, BYTES2(0x0200), 0xef, 2, 1, 64,
	/* the strings that name it; one configuration */
	BYTES2(UVC_VENDOR), BYTES2(UVC_PRODUCT), BYTES2(0x0110), 1, 2, 3, 1};

static const uint8_t qualifier_descriptor[] = {10, 6, BYTES2(0x0200), 0xef, 2, 1, 64, 1, 0};

static const char *const strings[] = {NULL, "camnode", "Test USB camera", "0001"};

/* What belongs to the video control interface, after its header. */
static const uint8_t units[] = {
	/* camera: exposure mode and time */
	18, 0x24, 2, CAMERA, BYTES2(0x0201), 0, 0, BYTES2(0), BYTES2(0), BYTES2(0), 3, 0x0a, 0, 0,
	/* brightness, contrast, saturation, gain */
	11, 0x24, 5, PROCESSING, CAMERA, BYTES2(0), 2, 0x0b, 0x02, 0,
	/* to USB */
	9, 0x24, 3, OUTPUT, BYTES2(0x0101), 0, PROCESSING, 0};

#define FRAME(subtype, number, width, height, bits)                  \
	30, 0x24, subtype, number, 0, BYTES2(width), BYTES2(height), \
		BYTES4((width) * (height) * (bits)*UVC_FPS),         \
		BYTES4((width) * (height) * (bits)*UVC_FPS),         \
		BYTES4((width) * (height) * (bits) / 8), BYTES4(INTERVAL), 1, BYTES4(INTERVAL)
#define COLOUR 6, 0x24, 0x0d, 1, 1, 4
/* An uncompressed format's GUID begins with its four letters. */
#define UNCOMPRESSED(number, sizes, a, b, c, d, bits)                                           \
	27, 0x24, 4, number, sizes, a, b, c, d, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, \
		0x71, bits, 1, 0, 0, 0, 0

/* What belongs to the video streaming interface, after its header; sizes as in `offers`. */
static const uint8_t usual_formats[] = {
	/* MJPEG */
	11, 0x24, 6, 1, 3, 1, 1, 0, 0, 0, 0,
	/* its sizes */
	FRAME(7, 1, 640, 480, 16), FRAME(7, 2, 320, 240, 16), FRAME(7, 3, 1280, 720, 16), COLOUR,
	/* and the second format */
	UNCOMPRESSED(2, 2, 'Y', 'U', 'Y', '2', 16), FRAME(5, 1, 640, 480, 16),
	FRAME(5, 2, 320, 240, 16), COLOUR};

static const uint8_t planar_formats[] = {UNCOMPRESSED(1, 2, 'N', 'V', '1', '2', 12),
                                         FRAME(5, 1, 640, 480, 12), FRAME(5, 2, 320, 240, 12),
                                         COLOUR};

static const uint8_t grey_formats[] = {UNCOMPRESSED(1, 1, 'Y', '8', ' ', ' ', 8),
                                       FRAME(5, 1, 640, 480, 8), COLOUR};

static const struct offer {
	const uint8_t *descriptors;
	size_t size; /* of them */
	uint8_t formats;
	struct uvc_mode modes[MAX_FORMATS][MAX_SIZES]; /* by their numbers from 1; 0x0: none */
} offers[] = {
	[UVC_USUAL] = {usual_formats,
                       sizeof(usual_formats),
                       2,
                       {{{IMAGE_JPEG, 640, 480}, {IMAGE_JPEG, 320, 240}, {IMAGE_JPEG, 1280, 720}},
                        {{IMAGE_YUYV, 640, 480}, {IMAGE_YUYV, 320, 240}}}},
	[UVC_PLANAR] = {planar_formats,
                        sizeof(planar_formats),
                        1,
                        {{{IMAGE_NV12, 640, 480}, {IMAGE_NV12, 320, 240}}}},
	[UVC_GREY] = {grey_formats, sizeof(grey_formats), 1, {{{IMAGE_YUV420, 640, 480}}}},
};

static const uint8_t association[] = {8, 11, 0, 2, 14, 3, 0, 0};
static const uint8_t control_interface[] = {9, 4, 0, 0, 0, 14, 1, 0, 0};
static const uint8_t control_header[] = {
	13, 0x24, 1, BYTES2(0x0100), BYTES2(13 + sizeof(units)), BYTES4(48000000), 1, STREAMING};
static const uint8_t streaming_interface[] = {9, 4, STREAMING, 0, 1, 14, 2, 0, 0};
static const uint8_t streaming_header[] = {15,     0x24, 1, 0, BYTES2(0), USB_BULK_IN, 0,
                                           OUTPUT, 0,    0, 0, 1,         0,           0};
#define STREAMING_HEADER_FORMATS 3
#define STREAMING_HEADER_TOTAL 4
static const uint8_t endpoint[] = {7, 5, USB_BULK_IN, 2, BYTES2(512), 0};
static const uint8_t configuration_header[] = {9, 2, BYTES2(0), 2, 1, 0, 0x80, 250};
#define CONFIGURATION_TOTAL 2

static const struct control {
	const char *name;
	uint8_t unit, selector, size; /* bytes */
	int32_t min, max, step, def;
} controls[UVC_CONTROLS] = {
	{"exposure_mode", CAMERA, 2, 1, 0, 0, 3, 2}, /* the step is the set of modes */
	{"exposure_100us", CAMERA, 4, 4, 1, 10000, 1, 156},
	{"brightness", PROCESSING, 2, 2, -64, 64, 1, 0},
	{"contrast", PROCESSING, 3, 2, 0, 95, 1, 32},
	{"gain", PROCESSING, 4, 2, 0, 100, 1, 16},
	{"saturation", PROCESSING, 7, 2, 0, 128, 1, 64},
};

static int copy(uint8_t *answer, const void *data, size_t size)
{
	memcpy(answer, data, size);
	return (int)size;
}

static int add(uint8_t *answer, int size, const void *data, size_t data_size)
{
	return size + copy(answer + size, data, data_size);
}

static void put_2(uint8_t *at, int value)
{
	copy(at, (uint8_t[]){BYTES2(value)}, 2);
}

static int get_configuration(const struct uvc *uvc, uint8_t *answer)
{
	const struct offer *offer = &offers[uvc->offer];
	int size = 0, streaming;

	size = add(answer, size, configuration_header, sizeof(configuration_header));
	size = add(answer, size, association, sizeof(association));
	size = add(answer, size, control_interface, sizeof(control_interface));
	size = add(answer, size, control_header, sizeof(control_header));
	size = add(answer, size, units, sizeof(units));
	size = add(answer, size, streaming_interface, sizeof(streaming_interface));
	streaming = size;
	size = add(answer, size, streaming_header, sizeof(streaming_header));
	size = add(answer, size, offer->descriptors, offer->size);
	answer[streaming + STREAMING_HEADER_FORMATS] = offer->formats;
	put_2(answer + streaming + STREAMING_HEADER_TOTAL, size - streaming);
	size = add(answer, size, endpoint, sizeof(endpoint));
	put_2(answer + CONFIGURATION_TOTAL, size);
	return size;
}

/* Number 0 is the list of languages: English. */
static int get_string(size_t number, uint8_t *answer)
{
	static const uint8_t languages[] = {4, 3, BYTES2(0x0409)};

	if (number == 0)
		return copy(answer, languages, sizeof(languages));
	if (number >= sizeof(strings) / sizeof(strings[0]))
		return -EPIPE;

	size_t length = strlen(strings[number]);

	answer[0] = (uint8_t)(2 + 2 * length);
	answer[1] = 3;
	for (size_t i = 0; i < length; i++) {
		answer[2 + 2 * i] = (uint8_t)strings[number][i];
		answer[3 + 2 * i] = 0;
	}
	return answer[0];
}

static int get_descriptor(const struct uvc *uvc, uint16_t value, uint8_t *answer)
{
	switch (value >> 8) {
	case 1:
		return copy(answer, device_descriptor, sizeof(device_descriptor));
	case 2:
		return get_configuration(uvc, answer);
	case 3:
		return get_string(value & 0xff, answer);
	case 6:
		return copy(answer, qualifier_descriptor, sizeof(qualifier_descriptor));
	default:
		return -EPIPE;
	}
}

static int standard_request(struct uvc *uvc, const struct usb_setup *setup, uint8_t *data)
{
	if (setup->type & TO_HOST) {
		if (setup->request == GET_DESCRIPTOR)
			return get_descriptor(uvc, setup->value, data);
		return setup->request == GET_STATUS ? copy(data, (uint8_t[]){0, 0}, 2) : -EPIPE;
	}
	/* Of the endpoint's halt: how uvcvideo ends a bulk stream. */
	if (setup->request == CLEAR_FEATURE && setup->index == USB_BULK_IN)
		uvc->streaming = false;
	return 0;
}

static struct uvc_mode chosen_mode(const struct uvc *uvc, const struct uvc_choice *choice)
{
	return offers[uvc->offer].modes[choice->format - 1][choice->frame - 1];
}

/* What is not offered becomes what is. */
static void choose(const struct uvc *uvc, const uint8_t *probe, struct uvc_choice *choice)
{
	const struct offer *offer = &offers[uvc->offer];

	choice->format = probe[2] < 1 || probe[2] > offer->formats ? 1 : probe[2];
	choice->frame = probe[3];
	if (choice->frame < 1 || choice->frame > MAX_SIZES || chosen_mode(uvc, choice).width == 0)
		choice->frame = 1;
}

/* At most. */
static int picture_bytes(struct uvc_mode mode)
{
	static const uint8_t bits[] = {
		[IMAGE_JPEG] = 16, [IMAGE_YUYV] = 16, [IMAGE_NV12] = 12, [IMAGE_YUV420] = 8};

	return mode.width * mode.height * bits[mode.format] / 8;
}

static int get_choice(const struct uvc *uvc, const struct uvc_choice *choice, uint8_t *answer)
{
	const struct uvc_mode mode = chosen_mode(uvc, choice);
	const uint8_t probe[PROBE_SIZE] = {
		BYTES2(1),
		choice->format,
		choice->frame,
		BYTES4(INTERVAL),
		BYTES2(0),
		BYTES2(0),
		BYTES2(0),
		BYTES2(0),
		BYTES2(0),
		BYTES4(picture_bytes(mode)),
		BYTES4(UVC_MAX_PAYLOAD),
	};

	return copy(answer, probe, sizeof(probe));
}

static int streaming_request(struct uvc *uvc, const struct usb_setup *setup, uint8_t *data)
{
	bool commit = setup->value >> 8 == COMMIT;
	struct uvc_choice *choice = commit ? &uvc->committed : &uvc->probed;

	switch (setup->request) {
	case SET_CUR:
		choose(uvc, data, choice);
		uvc->streaming |= commit;
		return 0;
	case GET_LEN:
		return copy(data, (uint8_t[]){BYTES2(PROBE_SIZE)}, 2);
	case GET_INFO:
		return copy(data, (uint8_t[]){3}, 1);
	default:
		return get_choice(uvc, choice, data);
	}
}

static int get_control(const struct control *control, uint8_t request, int32_t current,
                       uint8_t *answer)
{
	switch (request) {
	case GET_CUR:
		return copy(answer, &current, control->size);
	case GET_MIN:
		return copy(answer, &control->min, control->size);
	case GET_MAX:
		return copy(answer, &control->max, control->size);
	case GET_RES:
		return copy(answer, &control->step, control->size);
	case GET_DEF:
		return copy(answer, &control->def, control->size);
	case GET_LEN:
		return copy(answer, (uint8_t[]){BYTES2(control->size)}, 2);
	case GET_INFO:
		return copy(answer, (uint8_t[]){3}, 1);
	default:
		return -EPIPE;
	}
}

static int32_t control_value(const struct control *control, const uint8_t *data)
{
	int32_t value = 0;

	memcpy(&value, data, control->size);
	return control->size == 2 ? (int16_t)value : value;
}

static int unit_request(struct uvc *uvc, const struct usb_setup *setup, uint8_t *data)
{
	for (size_t i = 0; i < UVC_CONTROLS; i++) {
		const struct control *control = &controls[i];

		if (control->unit != setup->index >> 8 || control->selector != setup->value >> 8)
			continue;
		if (setup->request != SET_CUR)
			return get_control(control, setup->request, uvc->controls[i], data);
		uvc->controls[i] = control_value(control, data);
		return 0;
	}
	return -EPIPE;
}

void uvc_init(struct uvc *uvc, enum uvc_offer offer)
{
	*uvc = (struct uvc){.offer = offer, .probed = {1, 1}, .committed = {1, 1}};
	for (size_t i = 0; i < UVC_CONTROLS; i++)
		uvc->controls[i] = controls[i].def;
}

const char *uvc_control_name(size_t index)
{
	return controls[index].name;
}

int uvc_control(struct uvc *uvc, const struct usb_setup *setup, uint8_t *data)
{
	_Static_assert(sizeof(usual_formats) + sizeof(units) < USB_MAX_CONTROL_BYTES / 2,
	               "the configuration is sent in one piece");

	if ((setup->type & 0x60) == 0)
		return standard_request(uvc, setup, data);
	if ((setup->type & ~TO_HOST) != CLASS_TYPE)
		return -EPIPE;
	return (setup->index & 0xff) == STREAMING ? streaming_request(uvc, setup, data)
	                                          : unit_request(uvc, setup, data);
}

struct uvc_mode uvc_mode(const struct uvc *uvc)
{
	return chosen_mode(uvc, &uvc->committed);
}

void uvc_header(uint8_t ret_header[UVC_HEADER_SIZE], bool parity, bool last, bool broken)
{
	ret_header[0] = UVC_HEADER_SIZE;
	ret_header[1] = (uint8_t)(0x80 | (broken ? 0x40 : 0) | (last ? 0x02 : 0) | parity);
}
