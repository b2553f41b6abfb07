/*
 * A USB video class 1.0 camera with a bulk endpoint, without its pictures: descriptors, the choice
 * of a mode, controls. One thread.
 */
#ifndef CAMNODE_VM_UVC_H
#define CAMNODE_VM_UVC_H

#include "media/image.h"
#include "usb_camera/usb_link.h"

#define UVC_VENDOR 0x1d6b
#define UVC_PRODUCT 0x0102
#define UVC_FPS 30
#define UVC_MAX_PAYLOAD 16384 /* bytes of one transfer, header included */
#define UVC_HEADER_SIZE 2
#define UVC_CONTROLS 6

enum uvc_offer {
	UVC_USUAL,  /* MJPEG and YUYV */
	UVC_PLANAR, /* NV12 */
	UVC_GREY,   /* 8 bits of luma: a mode with the format IMAGE_YUV420, of which that is sent */
};

struct uvc_mode {
	enum image_format format; /* IMAGE_JPEG, _YUYV, _NV12, or _YUV420: see UVC_GREY */
	int width, height;
};

struct uvc_choice {
	uint8_t format, frame; /* as numbered in the descriptors */
};

struct uvc {
	enum uvc_offer offer;
	bool streaming;
	struct uvc_choice probed, committed; /* asked about, also while it streams; and in use */
	int32_t controls[UVC_CONTROLS];      /* as last set */
};

void uvc_init(struct uvc *uvc, enum uvc_offer offer);

const char *uvc_control_name(size_t index);

/* As usb_device.control. */
int uvc_control(struct uvc *uvc, const struct usb_setup *setup, uint8_t *data);

struct uvc_mode uvc_mode(const struct uvc *uvc);

/* The bytes in front of each payload; the parity changes with each picture. */
void uvc_header(uint8_t ret_header[UVC_HEADER_SIZE], bool parity, bool last, bool broken);

#endif
