#include "http/answer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct answer {
	atomic_uint references;
	pthread_mutex_t mutex;
	struct park *park; /* NULL once abandoned; guarded by mutex */
	bool given;        /* guarded by mutex; then `result` is immutable */
	struct answer_result result;
	struct park_group group;
};

struct answer *answer_new(struct park *park)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	if (!answer)
		return NULL;
	atomic_init(&answer->references, 1);
	pthread_mutex_init(&answer->mutex, NULL);
	answer->park = park;
	return answer;
}

struct answer *answer_ref(struct answer *answer)
{
	atomic_fetch_add_explicit(&answer->references, 1, memory_order_relaxed);
	return answer;
}

void answer_unref(struct answer *answer)
{
	if (!answer)
		return;
	if (atomic_fetch_sub_explicit(&answer->references, 1, memory_order_acq_rel) != 1)
		return;
	free(answer->result.text);
	frame_unref(answer->result.frame);
	pthread_mutex_destroy(&answer->mutex);
	free(answer);
}

void answer_abandon(struct answer *answer)
{
	if (!answer)
		return;
	pthread_mutex_lock(&answer->mutex);
	answer->park = NULL;
	pthread_mutex_unlock(&answer->mutex);
	answer_unref(answer);
}

void answer_give(struct answer *answer, const struct answer_result *result)
{
	pthread_mutex_lock(&answer->mutex);
	answer->result = *result;
	answer->given = true;
	/* Under the lock: once the request is over, the park may be gone too. */
	if (answer->park)
		park_wake(answer->park, &answer->group);
	pthread_mutex_unlock(&answer->mutex);
	answer_unref(answer);
}

const struct answer_result *answer_result(struct answer *answer)
{
	bool given;

	pthread_mutex_lock(&answer->mutex);
	given = answer->given;
	pthread_mutex_unlock(&answer->mutex);
	return given ? &answer->result : NULL;
}

const struct park_group *answer_group(const struct answer *answer)
{
	return &answer->group;
}
