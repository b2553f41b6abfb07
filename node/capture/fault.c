#include "capture/fault.h"

#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define MAX_SECONDS 86400
#define NUMBER_SIZE 16

struct fault_clock {
	char id[ID_SIZE];
	int64_t start_us;
	int64_t away_until_us;
};

/* The one state that outlives a source; see fault.h. */
static struct {
	pthread_mutex_t mutex;
	size_t count;                                /* guarded by mutex */
	struct fault_clock clocks[FAULT_MAX_CLOCKS]; /* guarded by mutex */
} table = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static const char *const kind_names[FAULT_KIND_COUNT] = {
	[FAULT_STALL] = "stall@", [FAULT_SLOW] = "slow@", [FAULT_DISCONNECT] = "disconnect@",
	[FAULT_BUSY] = "busy@",   [FAULT_HANG] = "hang@", [FAULT_DARK] = "dark@",
};

/* Seconds from `text` (`length` bytes) in µs: 0 or -EINVAL. */
static int parse_seconds(const char *text, size_t length, int64_t *ret_us)
{
	char number[NUMBER_SIZE];
	double seconds;

	if (length >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, length);
	number[length] = '\0';
	if (str_parse_double(number, &seconds) < 0 || !(seconds >= 0 && seconds <= MAX_SECONDS))
		return -EINVAL;
	*ret_us = (int64_t)(seconds * (double)USEC_PER_SEC);
	return 0;
}

static bool is_away(enum fault_kind kind)
{
	return kind == FAULT_DISCONNECT || kind == FAULT_BUSY;
}

static int parse_times(const char *text, struct fault_plan *plan)
{
	const char *plus = is_away(plan->kind) ? strchr(text, '+') : NULL;

	plan->away_us = FAULT_AWAY_US;
	if (!plus)
		return parse_seconds(text, strlen(text), &plan->at_us);
	if (parse_seconds(text, (size_t)(plus - text), &plan->at_us) < 0)
		return -EINVAL;
	return parse_seconds(plus + 1, strlen(plus + 1), &plan->away_us);
}

int fault_parse(const char *text, struct fault_plan *ret_plan)
{
	struct fault_plan plan = {.kind = FAULT_NONE};

	if (text[0] == '\0') {
		*ret_plan = plan;
		return 0;
	}
	for (int kind = FAULT_STALL; kind < FAULT_KIND_COUNT; kind++) {
		const size_t length = strlen(kind_names[kind]);

		if (strncmp(text, kind_names[kind], length) != 0)
			continue;
		plan.kind = (enum fault_kind)kind;
		if (parse_times(text + length, &plan) < 0)
			return -EINVAL;
		*ret_plan = plan;
		return 0;
	}
	return -EINVAL;
}

enum fault_kind fault_at(const struct fault_plan *plan, int64_t elapsed_us)
{
	if (elapsed_us < plan->at_us || plan->kind == FAULT_DARK)
		return FAULT_NONE;
	if (is_away(plan->kind) && elapsed_us >= plan->at_us + plan->away_us)
		return FAULT_NONE;
	return plan->kind;
}

static struct fault_clock *find_locked(const char *id)
{
	for (size_t i = 0; i < table.count; i++) {
		if (strcmp(table.clocks[i].id, id) == 0)
			return &table.clocks[i];
	}
	return NULL;
}

static struct fault_clock *add_locked(const char *id, int64_t now_us)
{
	struct fault_clock *clock = &table.clocks[table.count];

	if (table.count == FAULT_MAX_CLOCKS || str_copy(clock->id, sizeof(clock->id), id) < 0)
		return NULL;
	clock->start_us = now_us;
	table.count++;
	return clock;
}

int64_t fault_clock_start(const char *id, int64_t now_us)
{
	const struct fault_clock *clock;
	int64_t start_us;

	pthread_mutex_lock(&table.mutex);
	clock = find_locked(id);
	if (!clock)
		clock = add_locked(id, now_us);
	start_us = clock ? clock->start_us : now_us;
	pthread_mutex_unlock(&table.mutex);
	return start_us;
}

void fault_set_away(const char *id, int64_t until_us)
{
	struct fault_clock *clock;

	pthread_mutex_lock(&table.mutex);
	clock = find_locked(id);
	if (clock)
		clock->away_until_us = until_us;
	pthread_mutex_unlock(&table.mutex);
}

int64_t fault_away_until(const char *id)
{
	const struct fault_clock *clock;
	int64_t until_us;

	pthread_mutex_lock(&table.mutex);
	clock = find_locked(id);
	until_us = clock ? clock->away_until_us : 0;
	pthread_mutex_unlock(&table.mutex);
	return until_us;
}
