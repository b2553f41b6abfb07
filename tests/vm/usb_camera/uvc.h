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

struct uvc_mode {
	enum image_format format; /* IMAGE_JPEG or IMAGE_YUYV */
	int width, height;
};

struct uvc {
	bool streaming;
	uint8_t format, frame;          /* chosen, as numbered in the descriptors */
	int32_t controls[UVC_CONTROLS]; /* as last set */
};

void uvc_init(struct uvc *uvc);

/* As usb_device.control. */
int uvc_control(struct uvc *uvc, const struct usb_setup *setup, uint8_t *data);

struct uvc_mode uvc_mode(const struct uvc *uvc);

/* The bytes in front of each payload; the parity changes with each picture. */
void uvc_header(uint8_t ret_header[UVC_HEADER_SIZE], bool parity, bool last, bool broken);

#endif
