#include "camera/tuning.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"

struct wish {
	char name[CONTROL_NAME_SIZE];
	struct control_value value;
	bool carried; /* to the source that is open */
};

struct tuning {
	const char *camera_id; /* borrowed from the configuration */
	pthread_mutex_t mutex;
	struct wish wishes[TUNING_MAX_WISHES];               /* guarded by mutex */
	size_t wish_count;                                   /* guarded by mutex */
	struct source_control controls[SOURCE_MAX_CONTROLS]; /* guarded by mutex */
	size_t control_count;                                /* guarded by mutex */
	bool known; /* guarded by mutex: the camera has been there */
};

struct tuning *tuning_new(const struct config_camera *config)
{
	struct tuning *tuning = calloc(1, sizeof *tuning);

	if (!tuning)
		return NULL;
	tuning->camera_id = config->id;
	pthread_mutex_init(&tuning->mutex, NULL);
	for (size_t i = 0; i < config->control_count; i++) {
		const struct config_control *control = &config->controls[i];
		struct control_value value;

		if (source_control_parse(control->value, &value) < 0 ||
		    tuning_wish(tuning, control->name, &value) < 0)
			log_warn("%s: control %s: cannot be set", config->id, control->name);
	}
	return tuning;
}

void tuning_free(struct tuning *tuning)
{
	if (!tuning)
		return;
	pthread_mutex_destroy(&tuning->mutex);
	free(tuning);
}

/* With the mutex held, as all of these. */
static struct wish *find_wish(struct tuning *tuning, const char *name)
{
	for (size_t i = 0; i < tuning->wish_count; i++) {
		if (strcasecmp(tuning->wishes[i].name, name) == 0)
			return &tuning->wishes[i];
	}
	return NULL;
}

/* What was wished shows at once, though the source hears of it a moment later. */
static void show_wish(struct tuning *tuning, const struct wish *wish)
{
	char text[SOURCE_CONTROL_TEXT_SIZE];

	for (size_t i = 0; i < tuning->control_count; i++) {
		struct source_control *control = &tuning->controls[i];

		if (strcasecmp(control->name, wish->name) == 0)
			source_control_resolve(control, &wish->value, &control->value, text);
	}
}

size_t tuning_list(struct tuning *tuning, struct source_control *ret_controls, size_t capacity)
{
	pthread_mutex_lock(&tuning->mutex);
	size_t count = tuning->control_count < capacity ? tuning->control_count : capacity;
	memcpy(ret_controls, tuning->controls, count * sizeof *ret_controls);
	pthread_mutex_unlock(&tuning->mutex);
	return count;
}

/* "there is no control \"Zoom\"; there are AeEnable, Brightness". */
static void list_names(const struct tuning *tuning, const char *name,
                       char ret_text[static SOURCE_CONTROL_TEXT_SIZE])
{
	const size_t size = SOURCE_CONTROL_TEXT_SIZE;

	if (tuning->control_count == 0) {
		snprintf(ret_text, size, "this camera has no controls: no \"%.40s\"", name);
		return;
	}
	snprintf(ret_text, size, "there is no control \"%.40s\"; there are", name);
	for (size_t i = 0; i < tuning->control_count; i++) {
		if (!str_enumerate(ret_text, size, i, tuning->controls[i].name))
			return;
	}
}

int tuning_check(struct tuning *tuning, const char *name, const struct control_value *value,
                 char ret_text[static SOURCE_CONTROL_TEXT_SIZE])
{
	const struct source_control *control;
	double number;
	int error;

	pthread_mutex_lock(&tuning->mutex);
	control = source_control_find(tuning->controls, tuning->control_count, name);
	if (control) {
		error = source_control_resolve(control, value, &number, ret_text);
	} else if (!tuning->known) {
		snprintf(ret_text, SOURCE_CONTROL_TEXT_SIZE,
		         "the camera has not been there yet: its controls are not known");
		error = -ENODATA;
	} else {
		list_names(tuning, name, ret_text);
		error = -ENOENT;
	}
	pthread_mutex_unlock(&tuning->mutex);
	return error;
}

int tuning_wish(struct tuning *tuning, const char *name, const struct control_value *value)
{
	int error = 0;

	pthread_mutex_lock(&tuning->mutex);
	struct wish *wish = find_wish(tuning, name);
	if (!wish && tuning->wish_count < TUNING_MAX_WISHES) {
		wish = &tuning->wishes[tuning->wish_count];
		error = str_copy(wish->name, sizeof wish->name, name);
		tuning->wish_count += error == 0;
	}
	if (!wish)
		error = -ENOSPC;
	if (error == 0) {
		wish->value = *value;
		wish->carried = false;
		show_wish(tuning, wish);
	}
	pthread_mutex_unlock(&tuning->mutex);
	return error;
}

static int compare_names(const void *a, const void *b)
{
	const struct source_control *first = a, *second = b;

	return strcmp(first->name, second->name);
}

/* Learns what the source has; its calls are made without the lock. */
static void learn(struct tuning *tuning, struct source *source)
{
	struct source_control *controls = calloc(SOURCE_MAX_CONTROLS, sizeof *controls);
	size_t count = 0;

	if (controls && source->ops->controls)
		count = source->ops->controls(source, controls, SOURCE_MAX_CONTROLS);
	if (count > 0)
		qsort(controls, count, sizeof *controls, compare_names);
	pthread_mutex_lock(&tuning->mutex);
	tuning->known = true;
	tuning->control_count = count;
	if (count > 0)
		memcpy(tuning->controls, controls, count * sizeof *controls);
	for (size_t i = 0; i < tuning->wish_count; i++)
		show_wish(tuning, &tuning->wishes[i]);
	pthread_mutex_unlock(&tuning->mutex);
	free(controls);
}

/* A wish that has yet to be carried to the source, with its number. False: there is none. */
static bool take_wish(struct tuning *tuning, struct wish *ret_wish, double *ret_number,
                      int *ret_error, char ret_text[static SOURCE_CONTROL_TEXT_SIZE])
{
	struct wish *found = NULL;

	pthread_mutex_lock(&tuning->mutex);
	for (size_t i = 0; i < tuning->wish_count && !found; i++) {
		if (!tuning->wishes[i].carried)
			found = &tuning->wishes[i];
	}
	if (found) {
		const struct source_control *control =
			source_control_find(tuning->controls, tuning->control_count, found->name);

		found->carried = true;
		*ret_wish = *found;
		*ret_error = -ENOENT;
		if (control)
			*ret_error = source_control_resolve(control, &found->value, ret_number,
			                                    ret_text);
		else
			list_names(tuning, found->name, ret_text);
	}
	pthread_mutex_unlock(&tuning->mutex);
	return found;
}

bool tuning_apply(struct tuning *tuning, struct source *source)
{
	char text[SOURCE_CONTROL_TEXT_SIZE];
	struct wish wish;
	bool changed = false;
	double number;
	int error;

	while (take_wish(tuning, &wish, &number, &error, text)) {
		changed = true;
		if (error == 0) {
			error = source->ops->set_control(source, wish.name, number);
			snprintf(text, sizeof text, "%.48s: %s", wish.name, strerror(-error));
		}
		if (error < 0)
			log_warn("%s: control not set: %s", tuning->camera_id, text);
	}
	return changed;
}

void tuning_open(struct tuning *tuning, struct source *source)
{
	learn(tuning, source);
	pthread_mutex_lock(&tuning->mutex);
	for (size_t i = 0; i < tuning->wish_count; i++)
		tuning->wishes[i].carried = false;
	pthread_mutex_unlock(&tuning->mutex);
	tuning_apply(tuning, source);
}
