/*
 * The value of one option: from text into its field of a struct, and back. The table of types is
 * here. Pure but for OPTION_SECRET_FILE, which reads a file; any thread.
 */
#ifndef CAMNODE_CONFIG_VALUE_H
#define CAMNODE_CONFIG_VALUE_H

#include "base/buf.h"
#include "config/option.h"

#define VALUE_MAX_BYTES 1024 /* of a text */

/*
 * Sets the option's field in the struct `base`. Relative paths are made absolute by `folder`. 0,
 * -ENOMEM, or -EINVAL after appending to `why` what is wrong with the text, as in "is not a
 * number"; then the field is untouched.
 */
int value_set(const struct option *option, void *base, const char *text, const char *folder,
              struct buf *why);

/* The default into a field that is zero or set. The table's defaults are right: 0 or -ENOMEM. */
int value_set_default(const struct option *option, void *base, const char *folder);

/* Frees and wipes the field. */
void value_clear(const struct option *option, void *base);

/* Appends the value as value_set() takes it, secrets too. Nothing for OPTION_SECRET_FILE. */
void value_text(const struct option *option, const void *base, struct buf *text);

bool value_equal(const struct option *option, const void *a, const void *b);

/* "integer"; for the reference. */
const char *value_type_name(const struct option *option);

/* Appends what is allowed, "1..240", if there is something to say. */
void value_allowed(const struct option *option, struct buf *text);

/* True when the value has to be in quotes in YAML. */
bool value_is_text(const struct option *option);

/* True for the types that are never shown. */
bool value_is_secret(const struct option *option);

#endif
