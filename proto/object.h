/*
 * A JSON object under construction, key by key, in the order of the calls. The first failure
 * sticks, so that only the end has to be checked. What is not known (NAN, an empty text, a time of
 * 0) is left out. One thread.
 */
#ifndef CAMNODE_PROTO_OBJECT_H
#define CAMNODE_PROTO_OBJECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* For json_dumps() of any value: digits enough for what is rounded to 3 decimals, so that 0.36 is
 * not 0.35999999999999999. */
#define OBJECT_SHORT_NUMBERS JSON_REAL_PRECISION(12)

struct object {
	json_t *json;
	bool failed;
};

void object_init(struct object *object);

void object_put(struct object *object, const char *key, json_t *value); /* takes the reference */
void object_put_bool(struct object *object, const char *key, bool value);
void object_put_integer(struct object *object, const char *key, int64_t value);
void object_put_text(struct object *object, const char *key, const char *text);

/* Rounded to so many decimals: 12.3, not 12.300000000000001. */
void object_put_number(struct object *object, const char *key, double value, int decimals);

/* ISO 8601 UTC with milliseconds. */
void object_put_time(struct object *object, const char *key, int64_t wall_us);

/* Every key of `members` (borrowed, may be NULL) that the object does not have yet. */
void object_put_all(struct object *object, const json_t *members);

/* The same values as above without a key, e.g. for arrays: new references. */
json_t *object_text_value(const char *text);             /* what is not UTF-8 becomes '?' */
json_t *object_number_value(double value, int decimals); /* null for NAN */

/* The object (a new reference) or its compact text (to free()); NULL if anything failed. Both end
 * the construction and must be called. */
json_t *object_take(struct object *object);
char *object_take_text(struct object *object);

#endif
