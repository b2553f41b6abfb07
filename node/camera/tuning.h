/*
 * The tuning of a camera: the controls that it offers and what is wished of them. Wishes outlive
 * the source, so that a camera that comes back is set as before.
 *
 * The rule for threads: any thread wishes and lists; only the supervisor, whose calls to the source
 * may block, carries wishes to the source (tuning_open, tuning_apply).
 */
#ifndef CAMNODE_CAMERA_TUNING_H
#define CAMNODE_CAMERA_TUNING_H

#include "capture/source.h"
#include "config/config.h"

#define TUNING_MAX_WISHES SOURCE_MAX_CONTROLS

struct tuning;

/* Wishes what the configuration says. NULL: no memory. */
struct tuning *tuning_new(const struct config_camera *config);
void tuning_free(struct tuning *tuning); /* takes NULL */

/* What the camera offers, with present values and wishes that have yet to be carried to it; by
 * name. Of the last time that it was open: 0 before. */
size_t tuning_list(struct tuning *tuning, struct source_control *ret_controls, size_t capacity);

/* Whether the camera takes that: 0, -ENOENT (no such control), -EINVAL, -ERANGE, or -ENODATA (it
 * was not there yet, so nobody knows); `ret_text` says what there is and what is allowed. */
int tuning_check(struct tuning *tuning, const char *name, const struct control_value *value,
                 char ret_text[static SOURCE_CONTROL_TEXT_SIZE]);

/* Wishes without a check: what the camera doesn't take is logged when it opens. -ENOSPC: too many
 * different names. */
int tuning_wish(struct tuning *tuning, const char *name, const struct control_value *value);

/* A source was opened: learns its controls and carries all wishes to it. */
void tuning_open(struct tuning *tuning, struct source *source);

/* Carries what was wished since to the open source; false when there was nothing. */
bool tuning_apply(struct tuning *tuning, struct source *source);

#endif
