/*
 * A pace: thins a series of pictures to a rate, by the pictures' own time. One thread.
 */
#ifndef CAMNODE_MEDIA_PACE_H
#define CAMNODE_MEDIA_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace { /* zero: takes every picture */
	int64_t interval_us;
	int64_t next_us; /* the time of the next one to be taken */
};

/* 0 fps: every picture. */
int64_t pace_interval_us(double fps);

/* Whether the picture is taken. */
bool pace_takes(struct pace *pace, int64_t pts_us);

/* The earliest time of the next one that will be. */
int64_t pace_next_us(const struct pace *pace);

#endif
