#include "media/hub.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/thread.h"

/* Held without an EVERY reader: viewers want the newest, and one more may be on its way. */
#define FEW_FRAMES 2

struct listener {
	void (*published)(void *user); /* NULL: the slot is free, once nothing runs */
	void *user;
	unsigned running; /* calls on their way */
};

struct hub {
	atomic_uint references;
	atomic_uint reader_count, every_readers; /* written under `lock`, read anywhere */
	atomic_bool key_requested;
	atomic_int error;          /* of the encoder; 0 after each publish */
	struct ring_limits limits; /* constant */

	pthread_mutex_t lock;
	pthread_cond_t arrived;  /* a frame, the close, or a reader was woken */
	pthread_cond_t returned; /* a callback came back */

	/* All below: guarded by `lock`. */
	struct ring ring;
	uint64_t cleared;             /* frames before it were taken away on purpose: not lost */
	struct hub_reader *followers; /* the EVERY readers */
	bool closed;
	bool covered; /* takes placeholders only */
	uint64_t published_bytes, reader_lost;
	unsigned viewers;
	struct listener listeners[HUB_MAX_LISTENERS];
	void (*demand)(void *user, bool wanted);
	void *demand_user;
	bool demand_told, demand_running;
};

struct hub_reader {
	struct hub *hub;
	enum hub_mode mode;
	bool viewer;

	/* Guarded by the hub's lock. */
	struct hub_reader *next_follower;
	uint64_t next; /* index of the next frame to give */
	uint64_t lost; /* since the last one given */
	bool started;
	bool needs_key; /* nothing can be decoded before the next key frame */
	bool woken;
};

struct hub *hub_new(const struct ring_limits *limits)
{
	struct hub *hub = calloc(1, sizeof(*hub));

	if (!hub)
		return NULL;
	if (ring_init(&hub->ring, limits->frames) < 0) {
		free(hub);
		return NULL;
	}
	hub->limits = *limits;
	atomic_init(&hub->references, 1);
	pthread_mutex_init(&hub->lock, NULL);
	cond_init(&hub->arrived);
	cond_init(&hub->returned);
	return hub;
}

struct hub *hub_ref(struct hub *hub)
{
	atomic_fetch_add_explicit(&hub->references, 1, memory_order_relaxed);
	return hub;
}

void hub_unref(struct hub *hub)
{
	if (!hub || atomic_fetch_sub_explicit(&hub->references, 1, memory_order_acq_rel) != 1)
		return;
	pthread_cond_destroy(&hub->returned);
	pthread_cond_destroy(&hub->arrived);
	pthread_mutex_destroy(&hub->lock);
	ring_finish(&hub->ring);
	free(hub);
}

/* The rest of what ring_take() began, and the freeing. */
static void drop(struct hub *hub, const struct ring_limits *limits, size_t keep,
                 struct frame *taken[static RING_BATCH], size_t count)
{
	for (;;) {
		for (size_t i = 0; i < count; i++)
			frame_unref(taken[i]);
		if (count < RING_BATCH)
			return;
		pthread_mutex_lock(&hub->lock);
		count = ring_take(&hub->ring, limits, keep, taken);
		pthread_mutex_unlock(&hub->lock);
	}
}

/* Calls all listeners without the lock. One that is being removed has no `published` any more, so
 * it is not called again; its remover waits for `running` to become 0. */
static void call_listeners(struct hub *hub)
{
	struct listener calls[HUB_MAX_LISTENERS];

	pthread_mutex_lock(&hub->lock);
	for (size_t i = 0; i < HUB_MAX_LISTENERS; i++) {
		calls[i] = hub->listeners[i];
		if (calls[i].published)
			hub->listeners[i].running++;
	}
	pthread_mutex_unlock(&hub->lock);

	for (size_t i = 0; i < HUB_MAX_LISTENERS; i++)
		if (calls[i].published)
			calls[i].published(calls[i].user);

	pthread_mutex_lock(&hub->lock);
	for (size_t i = 0; i < HUB_MAX_LISTENERS; i++)
		if (calls[i].published)
			hub->listeners[i].running--;
	pthread_cond_broadcast(&hub->returned);
	pthread_mutex_unlock(&hub->lock);
}

/* How many of the newest frames somebody may still want. With the lock held. */
static size_t wanted_frames(const struct hub *hub)
{
	const struct frame_info *newest = frame_info(ring_at(&hub->ring, hub->ring.next - 1));
	size_t wanted = FEW_FRAMES;

	if (hub->followers && (hub->limits.span_us > 0 || newest->codec != FRAME_JPEG))
		return SIZE_MAX; /* readers to come may begin in the past */
	for (const struct hub_reader *reader = hub->followers; reader;
	     reader = reader->next_follower)
		if (hub->ring.next - reader->next > wanted)
			wanted = (size_t)(hub->ring.next - reader->next);
	return wanted;
}

/* With the lock held. Memory that is used again soon is still in the processor's cache. */
static struct ring_limits current_limits(const struct hub *hub)
{
	struct ring_limits limits = hub->limits;
	size_t wanted = wanted_frames(hub);

	if (limits.frames > wanted)
		limits.frames = wanted;
	return limits;
}

void hub_publish(struct hub *hub, struct frame *frame)
{
	struct frame *dropped[RING_BATCH];

	hub_set_error(hub, 0);
	pthread_mutex_lock(&hub->lock);
	if (hub->covered && !frame_info(frame)->placeholder) {
		pthread_mutex_unlock(&hub->lock);
		return;
	}
	ring_add(&hub->ring, frame);
	hub->published_bytes += frame_size(frame);
	struct ring_limits limits = current_limits(hub);
	size_t count = ring_take(&hub->ring, &limits, 1, dropped);
	pthread_cond_broadcast(&hub->arrived);
	pthread_mutex_unlock(&hub->lock);

	drop(hub, &limits, 1, dropped, count);
	call_listeners(hub);
}

void hub_set_error(struct hub *hub, int error)
{
	atomic_store_explicit(&hub->error, error, memory_order_relaxed);
}

int hub_error(const struct hub *hub)
{
	return atomic_load_explicit(&hub->error, memory_order_relaxed);
}

void hub_close(struct hub *hub)
{
	pthread_mutex_lock(&hub->lock);
	hub->closed = true;
	pthread_cond_broadcast(&hub->arrived);
	pthread_mutex_unlock(&hub->lock);
	call_listeners(hub);
}

void hub_clear(struct hub *hub)
{
	static const struct ring_limits nothing;
	struct frame *dropped[RING_BATCH];

	pthread_mutex_lock(&hub->lock);
	hub->cleared = hub->ring.next;
	size_t count = ring_take(&hub->ring, &nothing, 0, dropped);
	pthread_mutex_unlock(&hub->lock);
	drop(hub, &nothing, 0, dropped, count);
}

void hub_cover(struct hub *hub, bool covered)
{
	pthread_mutex_lock(&hub->lock);
	hub->covered = covered;
	pthread_mutex_unlock(&hub->lock);
	if (covered)
		hub_clear(hub);
}

struct frame *hub_last(struct hub *hub)
{
	struct frame *frame = NULL;

	pthread_mutex_lock(&hub->lock);
	if (ring_count(&hub->ring) > 0 && hub->ring.next > hub->cleared)
		frame = frame_ref(ring_at(&hub->ring, hub->ring.next - 1));
	pthread_mutex_unlock(&hub->lock);
	return frame;
}

void hub_stats(struct hub *hub, struct hub_stats *ret_stats)
{
	pthread_mutex_lock(&hub->lock);
	*ret_stats = (struct hub_stats){
		.published = hub->ring.next,
		.bytes = hub->published_bytes,
		.reader_lost = hub->reader_lost,
		.ring_frames = ring_count(&hub->ring),
		.ring_bytes = hub->ring.bytes,
		.readers = atomic_load(&hub->reader_count),
		.viewers = hub->viewers,
	};
	pthread_mutex_unlock(&hub->lock);
}

bool hub_take_key_request(struct hub *hub)
{
	return atomic_exchange(&hub->key_requested, false);
}

void hub_request_key(struct hub *hub)
{
	atomic_store(&hub->key_requested, true);
}

bool hub_wanted(const struct hub *hub)
{
	return atomic_load_explicit(&hub->reader_count, memory_order_relaxed) > 0;
}

bool hub_wants_every(const struct hub *hub)
{
	return atomic_load_explicit(&hub->every_readers, memory_order_relaxed) > 0;
}

/* Tells the owner when what it was told last is no longer true. One call at a time: when readers
 * come and go on several threads, the one that is already telling tells the rest, so the order is
 * right. */
static void tell_demand(struct hub *hub)
{
	pthread_mutex_lock(&hub->lock);
	while (hub->demand && !hub->demand_running && hub->demand_told != hub_wanted(hub)) {
		void (*demand)(void *user, bool wanted) = hub->demand;
		void *user = hub->demand_user;
		bool wanted = !hub->demand_told;

		hub->demand_told = wanted;
		hub->demand_running = true;
		pthread_mutex_unlock(&hub->lock);
		demand(user, wanted);
		pthread_mutex_lock(&hub->lock);
		hub->demand_running = false;
		pthread_cond_broadcast(&hub->returned);
	}
	pthread_mutex_unlock(&hub->lock);
}

void hub_set_demand(struct hub *hub, void (*demand)(void *user, bool wanted), void *user)
{
	pthread_mutex_lock(&hub->lock);
	hub->demand = demand;
	hub->demand_user = user;
	hub->demand_told = hub_wanted(hub);
	while (hub->demand_running)
		cond_wait_until(&hub->returned, &hub->lock, INT64_MAX);
	pthread_mutex_unlock(&hub->lock);
}

int hub_add_listener(struct hub *hub, void (*published)(void *user), void *user)
{
	int result = -ENOSPC;

	pthread_mutex_lock(&hub->lock);
	for (size_t i = 0; i < HUB_MAX_LISTENERS && result; i++) {
		struct listener *listener = &hub->listeners[i];

		if (listener->published || listener->running)
			continue;
		*listener = (struct listener){.published = published, .user = user};
		result = 0;
	}
	pthread_mutex_unlock(&hub->lock);
	return result;
}

void hub_remove_listener(struct hub *hub, void (*published)(void *user), void *user)
{
	pthread_mutex_lock(&hub->lock);
	for (size_t i = 0; i < HUB_MAX_LISTENERS; i++) {
		struct listener *listener = &hub->listeners[i];

		if (listener->published != published || listener->user != user)
			continue;
		listener->published = NULL;
		while (listener->running)
			cond_wait_until(&hub->returned, &hub->lock, INT64_MAX);
		break;
	}
	pthread_mutex_unlock(&hub->lock);
}

static void follow(struct hub_reader *reader)
{
	reader->next_follower = reader->hub->followers;
	reader->hub->followers = reader;
	atomic_fetch_add(&reader->hub->every_readers, 1);
}

static void unfollow(struct hub_reader *reader)
{
	struct hub_reader **link = &reader->hub->followers;

	while (*link != reader)
		link = &(*link)->next_follower;
	*link = reader->next_follower;
	atomic_fetch_sub(&reader->hub->every_readers, 1);
}

struct hub_reader *hub_reader_new(struct hub *hub, const struct hub_reader_options *options)
{
	struct hub_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->hub = hub_ref(hub);
	reader->mode = options->mode;
	reader->viewer = options->viewer;
	reader->needs_key = options->mode == HUB_EVERY;

	pthread_mutex_lock(&hub->lock);
	reader->next = hub->ring.next;
	if (options->mode == HUB_EVERY && options->from_us != INT64_MAX)
		reader->next = ring_find(&hub->ring, options->from_us);
	if (reader->needs_key &&
	    (reader->next == hub->ring.next || !frame_info(ring_at(&hub->ring, reader->next))->key))
		hub_request_key(hub);
	atomic_fetch_add(&hub->reader_count, 1);
	if (reader->mode == HUB_EVERY)
		follow(reader);
	hub->viewers += reader->viewer;
	pthread_mutex_unlock(&hub->lock);

	tell_demand(hub);
	return reader;
}

void hub_reader_free(struct hub_reader *reader)
{
	if (!reader)
		return;
	pthread_mutex_lock(&reader->hub->lock);
	atomic_fetch_sub(&reader->hub->reader_count, 1);
	if (reader->mode == HUB_EVERY)
		unfollow(reader);
	reader->hub->viewers -= reader->viewer;
	pthread_mutex_unlock(&reader->hub->lock);

	tell_demand(reader->hub);
	hub_unref(reader->hub);
	free(reader);
}

static void lose(struct hub_reader *reader, uint64_t frames)
{
	reader->lost += frames;
	if (reader->mode == HUB_EVERY)
		reader->hub->reader_lost += frames;
}

/* Moves the cursor over what is no longer held, and then to a frame that can be shown. */
static void catch_up(struct hub_reader *reader)
{
	struct hub *hub = reader->hub;
	bool gap = reader->next < hub->ring.first || reader->next < hub->cleared;

	if (reader->next < hub->cleared)
		reader->next = hub->cleared;
	if (reader->next < hub->ring.first) {
		lose(reader, hub->ring.first - reader->next);
		reader->next = hub->ring.first;
	}
	if (reader->mode == HUB_LATEST) {
		if (reader->next + 1 < hub->ring.next) {
			lose(reader, hub->ring.next - 1 - reader->next);
			reader->next = hub->ring.next - 1;
		}
		return;
	}
	reader->needs_key |= gap;
	while (reader->needs_key && reader->next < hub->ring.next &&
	       !frame_info(ring_at(&hub->ring, reader->next))->key) {
		reader->next++;
		if (reader->started)
			lose(reader, 1);
	}
	if (gap && reader->next == hub->ring.next)
		hub_request_key(hub);
}

/* With the lock held. */
static int take_next(struct hub_reader *reader, struct frame **ret_frame, uint64_t *ret_lost)
{
	struct hub *hub = reader->hub;

	catch_up(reader);
	if (reader->next == hub->ring.next)
		return hub->closed ? -ESHUTDOWN : -EAGAIN;
	*ret_frame = frame_ref(ring_at(&hub->ring, reader->next++));
	if (ret_lost)
		*ret_lost = reader->lost;
	reader->lost = 0;
	reader->started = true;
	reader->needs_key = false;
	return 0;
}

int hub_reader_next(struct hub_reader *reader, struct frame **ret_frame, uint64_t *ret_lost)
{
	pthread_mutex_lock(&reader->hub->lock);
	int result = take_next(reader, ret_frame, ret_lost);
	pthread_mutex_unlock(&reader->hub->lock);
	return result;
}

int hub_reader_wait(struct hub_reader *reader, int64_t deadline_us, struct frame **ret_frame,
                    uint64_t *ret_lost)
{
	struct hub *hub = reader->hub;
	int result;

	pthread_mutex_lock(&hub->lock);
	do {
		result = reader->woken ? -EINTR : take_next(reader, ret_frame, ret_lost);
		if (result != -EAGAIN)
			break;
		result = cond_wait_until(&hub->arrived, &hub->lock, deadline_us);
	} while (!result);
	if (result == -EINTR)
		reader->woken = false;
	pthread_mutex_unlock(&hub->lock);
	return result;
}

void hub_reader_wake(struct hub_reader *reader)
{
	pthread_mutex_lock(&reader->hub->lock);
	reader->woken = true;
	pthread_cond_broadcast(&reader->hub->arrived);
	pthread_mutex_unlock(&reader->hub->lock);
}
