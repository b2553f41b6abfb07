/*
 * Settling: after its start a camera needs some pictures until exposure has found its value. Where
 * the camera tells, it is believed; else pictures of the same brightness, one after the other, say
 * so, and JPEGs are given a fixed time. The thread that brings the pictures feeds it, any asks.
 */
#ifndef CAMNODE_CAMERA_SETTLE_H
#define CAMNODE_CAMERA_SETTLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/image.h"

#define SETTLE_MAX_US 1500000  /* after the first picture: then it has settled in any case */
#define SETTLE_JPEG_US 1000000 /* nothing is known of it but the time */
#define SETTLE_PICTURES 5      /* of the same brightness */

struct settle {
	atomic_int_fast64_t since_us; /* pictures from this time stamp on; INT64_MAX: not yet */

	/* the feeding thread only */
	int64_t began_us; /* the first picture; 0: none yet */
	double luma;      /* of the first of pictures that are alike */
	int alike;
};

/* Before each start of the source, while nothing is fed. */
void settle_begin(struct settle *settle);

/* A picture came, and counts from when it was taken; `info` is NULL when it could have come now but
 * nobody wanted it. */
void settle_feed(struct settle *settle, const struct image_info *info, int64_t now_us);

int64_t settle_since_us(struct settle *settle);

#endif
