/*
 * What a command wants of a recording, written down so that it goes on after a restart. The end of
 * a duration is kept by three clocks: the one of this boot, which nobody sets, for a node that
 * crashed; the wall clock for the next boot; and what was left, for when the wall clock was not set
 * yet. Pure functions.
 */
#ifndef CAMNODE_CONTROL_RESUMPTION_H
#define CAMNODE_CONTROL_RESUMPTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "config/config.h"
#include "record/recorder.h"

#define RESUMPTION_BOOT_SIZE 40 /* a UUID */

struct resumption {
	enum config_record_format format;
	char label[RECORDER_LABEL_SIZE];
	char profile[ID_SIZE]; /* "": none */
	int64_t duration_us;   /* what is left; 0: open end */
	bool has_begun;        /* the duration counts already, else from the first frame on */
	int64_t ends_wall_us;  /* read: the end, when only the wall clock tells it; else 0 */
};

/* The clocks at a moment. */
struct resumption_now {
	char boot[RESUMPTION_BOOT_SIZE]; /* tells one boot from another */
	int64_t boot_us;                 /* since then */
	int64_t wall_us;
};

struct resumption_now resumption_now(void); /* reads /proc */

/* A new reference; NULL: no memory. */
json_t *resumption_write(const struct resumption *resumption, const struct resumption_now *now);

/* 0; -ETIME: its end has passed; -EINVAL: it cannot be read. */
int resumption_read(json_t *json, const struct resumption_now *now,
                    struct resumption *ret_resumption);

#endif
