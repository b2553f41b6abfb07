#include "http/park.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/thread.h"

struct park {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	struct parked waiting; /* ring with this as its head; guarded by mutex */
	bool woken;            /* some group was; guarded by mutex */
	bool closed;           /* guarded by mutex */
	void (*tick)(void *user);
	void *user;
	pthread_t thread;
};

static void insert(struct parked *head, struct parked *parked)
{
	parked->previous = head->previous;
	parked->next = head;
	head->previous->next = parked;
	head->previous = parked;
}

static void take(struct parked *parked)
{
	parked->previous->next = parked->next;
	parked->next->previous = parked->previous;
}

static bool is_due(const struct park *park, const struct parked *parked, int64_t now_us)
{
	return park->closed || parked->generation != parked->group->generation ||
	       parked->due_us <= now_us;
}

/* Moves those who are due to a list of their own: they are the caller's to resume. */
static struct parked *take_due_locked(struct park *park, int64_t now_us)
{
	struct parked *due = NULL;

	for (struct parked *parked = park->waiting.next; parked != &park->waiting;) {
		struct parked *next = parked->next;

		if (is_due(park, parked, now_us)) {
			take(parked);
			parked->next = due;
			due = parked;
		}
		parked = next;
	}
	return due;
}

static void resume_all(struct parked *due)
{
	while (due) {
		struct parked *parked = due;

		/* Once resumed it may be parked again, or be gone. */
		due = parked->next;
		MHD_resume_connection(parked->connection);
	}
}

/* Waits for a wake-up, the next tick or the end; false at the end. */
static bool wait(struct park *park, int64_t tick_us, struct parked **ret_due)
{
	bool closed;

	pthread_mutex_lock(&park->mutex);
	while (!park->woken && !park->closed &&
	       cond_wait_until(&park->cond, &park->mutex, tick_us) == 0)
		;
	park->woken = false;
	closed = park->closed;
	*ret_due = take_due_locked(park, clock_mono_us());
	pthread_mutex_unlock(&park->mutex);
	return !closed;
}

static void *run(void *arg)
{
	struct park *park = arg;
	int64_t tick_us = clock_mono_us() + PARK_TICK_US;
	struct parked *due;
	bool open;

	do {
		open = wait(park, tick_us, &due);
		resume_all(due);
		if (clock_mono_us() >= tick_us) {
			park->tick(park->user);
			tick_us = clock_mono_us() + PARK_TICK_US;
		}
	} while (open);
	return NULL;
}

struct park *park_new(void (*tick)(void *user), void *user)
{
	_cleanup_free_ struct park *park = calloc(1, sizeof(*park));

	if (!park)
		return NULL;
	park->waiting.next = park->waiting.previous = &park->waiting;
	park->tick = tick;
	park->user = user;
	pthread_mutex_init(&park->mutex, NULL);
	cond_init(&park->cond);
	if (thread_start(&park->thread, "http-park", run, park) < 0) {
		pthread_cond_destroy(&park->cond);
		pthread_mutex_destroy(&park->mutex);
		return NULL;
	}
	return move_ptr(park);
}

void park_close(struct park *park)
{
	pthread_mutex_lock(&park->mutex);
	park->closed = true;
	pthread_cond_signal(&park->cond);
	pthread_mutex_unlock(&park->mutex);
	pthread_join(park->thread, NULL);
}

void park_free(struct park *park)
{
	if (!park)
		return;
	pthread_cond_destroy(&park->cond);
	pthread_mutex_destroy(&park->mutex);
	free(park);
}

uint64_t park_generation(struct park *park, const struct park_group *group)
{
	uint64_t generation;

	pthread_mutex_lock(&park->mutex);
	generation = group->generation;
	pthread_mutex_unlock(&park->mutex);
	return generation;
}

bool park_suspend(struct park *park, struct parked *parked, struct MHD_Connection *connection,
                  const struct park_group *group, uint64_t generation, int64_t due_us)
{
	bool suspended;

	pthread_mutex_lock(&park->mutex);
	suspended = !park->closed && group->generation == generation;
	if (suspended) {
		/* Before it is on the list: from then on it may be resumed at any moment. */
		MHD_suspend_connection(connection);
		parked->connection = connection;
		parked->group = group;
		parked->generation = generation;
		parked->due_us = due_us;
		insert(&park->waiting, parked);
	}
	pthread_mutex_unlock(&park->mutex);
	return suspended;
}

bool park_is_closed(struct park *park)
{
	bool closed;

	pthread_mutex_lock(&park->mutex);
	closed = park->closed;
	pthread_mutex_unlock(&park->mutex);
	return closed;
}

void park_wake(struct park *park, struct park_group *group)
{
	pthread_mutex_lock(&park->mutex);
	group->generation++;
	if (!park->woken) {
		park->woken = true;
		pthread_cond_signal(&park->cond);
	}
	pthread_mutex_unlock(&park->mutex);
}
