#include "proto/object.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

void object_init(struct object *object)
{
	object->json = json_object();
	object->failed = !object->json;
}

void object_put(struct object *object, const char *key, json_t *value)
{
	if (json_object_set_new(object->json, key, value) < 0)
		object->failed = true;
}

void object_put_bool(struct object *object, const char *key, bool value)
{
	object_put(object, key, json_boolean(value));
}

void object_put_integer(struct object *object, const char *key, int64_t value)
{
	object_put(object, key, json_integer(value));
}

void object_put_text(struct object *object, const char *key, const char *text)
{
	if (text && *text)
		object_put(object, key, object_text_value(text));
}

void object_put_number(struct object *object, const char *key, double value, int decimals)
{
	if (isfinite(value))
		object_put(object, key, object_number_value(value, decimals));
}

void object_put_time(struct object *object, const char *key, int64_t wall_us)
{
	char text[CLOCK_ISO_SIZE];

	if (wall_us == 0)
		return;
	clock_format_iso(wall_us, text);
	object_put_text(object, key, text);
}

void object_put_all(struct object *object, const json_t *members)
{
	/* The library only takes references of the values, but asks for a pointer without const. */
	if (members && json_object_update_missing(object->json, (json_t *)members) < 0)
		object->failed = true;
}

json_t *object_text_value(const char *text)
{
	json_t *value = json_string(text);
	_cleanup_free_ char *ascii = NULL;

	if (value)
		return value;
	/* A file name or a driver's message may be anything; better '?' than no message at all. */
	ascii = strdup(text);
	for (char *p = ascii; p && *p; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	return ascii ? json_string(ascii) : NULL;
}

json_t *object_number_value(double value, int decimals)
{
	double scale = pow(10, decimals);

	if (!isfinite(value))
		return json_null();
	return json_real(round(value * scale) / scale + 0.0); /* + 0.0: no "-0.0" */
}

json_t *object_take(struct object *object)
{
	json_t *json = move_ptr(object->json);

	if (!object->failed)
		return json;
	json_decref(json);
	return NULL;
}

char *object_take_text(struct object *object)
{
	json_auto_t *json = object_take(object);

	return json ? json_dumps(json, JSON_COMPACT | OBJECT_SHORT_NUMBERS) : NULL;
}
