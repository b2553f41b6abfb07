#include "camera/ending.h"

#include <errno.h>
#include <stdio.h>

void ending_init(struct ending *ending)
{
	pthread_mutex_init(&ending->mutex, NULL);
	ending->came = false;
}

void ending_finish(struct ending *ending)
{
	pthread_mutex_destroy(&ending->mutex);
}

void ending_tell(struct ending *ending, const char *why)
{
	pthread_mutex_lock(&ending->mutex);
	ending->came = true;
	snprintf(ending->why, sizeof ending->why, "%s", why);
	pthread_mutex_unlock(&ending->mutex);
}

void ending_forget(struct ending *ending)
{
	pthread_mutex_lock(&ending->mutex);
	ending->came = false;
	pthread_mutex_unlock(&ending->mutex);
}

int ending_check(struct ending *ending, char ret_why[static SOURCE_TEXT_SIZE])
{
	int error = 0;

	pthread_mutex_lock(&ending->mutex);
	if (ending->came) {
		snprintf(ret_why, SOURCE_TEXT_SIZE, "%s", ending->why);
		error = -ENODEV;
	}
	pthread_mutex_unlock(&ending->mutex);
	return error;
}
