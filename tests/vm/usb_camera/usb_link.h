/*
 * The device's end of QEMU's usb-redir: the usbredir protocol over QEMU's Unix socket, as much of
 * it as a device with control transfers and one bulk endpoint to the host needs. One thread.
 */
#ifndef CAMNODE_VM_USB_LINK_H
#define CAMNODE_VM_USB_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USB_BULK_IN 0x81           /* the endpoint */
#define USB_MAX_CONTROL_BYTES 4096 /* of one control transfer */

/* The eight bytes that begin a control transfer, in a readable order. */
struct usb_setup {
	uint8_t type, request;
	uint16_t value, index, length;
};

struct usb_device {
	void *user;
	uint16_t vendor, product;
	/* `data` is what the host sent, or where the answer goes: returns the answer's bytes,
	 * -EPIPE to stall, or -EAGAIN to say nothing at all. */
	int (*control)(void *user, const struct usb_setup *setup, uint8_t *data);
	void (*reset)(void *user); /* the bus's reset, or the device was plugged in */
};

struct usb_link;

/* QEMU must be listening at `path`. 0 or -errno. */
int usb_link_open(const char *path, const struct usb_device *device, struct usb_link **ret_link);
void usb_link_close(struct usb_link *link); /* takes NULL */

int usb_link_fd(const struct usb_link *link);

/* Takes what QEMU has sent, and calls the device: 0, or -errno when QEMU has gone. */
int usb_link_receive(struct usb_link *link);

void usb_link_plug(struct usb_link *link);
void usb_link_unplug(struct usb_link *link);

/* The bytes that the host's oldest waiting bulk transfer takes; 0 when none waits. */
size_t usb_link_wanted(const struct usb_link *link);

/* Answers that transfer. */
void usb_link_send(struct usb_link *link, const void *data, size_t size);
void usb_link_stall(struct usb_link *link);

#endif
