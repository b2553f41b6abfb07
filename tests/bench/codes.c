#include "codes.h"

#include "base/clock.h"

#include <errno.h>

#define MAX_LATENCIES (1 << 20)

void codes_finish(struct codes *codes)
{
	free(codes->latencies_ms);
}

static void add_latency(struct codes *codes, double latency_ms)
{
	if (codes->count == codes->capacity) {
		size_t capacity = codes->capacity ? 2 * codes->capacity : 1024;
		double *grown = NULL;

		if (capacity <= MAX_LATENCIES)
			grown = realloc(codes->latencies_ms, capacity * sizeof(*grown));
		if (!grown)
			return;
		codes->latencies_ms = grown;
		codes->capacity = capacity;
	}
	codes->latencies_ms[codes->count++] = latency_ms;
}

static void take_code(void *user, const struct pattern_code *code, int64_t now_us)
{
	const int64_t cycle_us = (PATTERN_TIME_MASK + 1) * USEC_PER_MSEC;
	struct codes_probe *probe = user;
	uint32_t step = code->frame - probe->last_frame;
	int64_t latency_us = now_us % cycle_us - code->time_ms * USEC_PER_MSEC;

	if (probe->seen && step == 0) {
		probe->codes->repeated++;
		return;
	}
	if (probe->seen)
		probe->codes->missing += step - 1;
	probe->last_frame = code->frame;
	probe->seen = true;
	add_latency(probe->codes, (double)((latency_us + cycle_us) % cycle_us) / USEC_PER_MSEC);
}

int codes_add_probe(struct codes *codes, struct viewer *viewer)
{
	struct codes_probe *probe = &codes->probes[codes->probe_count];

	if (codes->probe_count == CODES_MAX_PROBES)
		return -ENOSPC;
	probe->codes = codes;
	codes->probe_count++;
	return viewer_probe(viewer, take_code, probe);
}

void codes_reset(struct codes *codes)
{
	codes->count = 0;
	codes->missing = 0;
	codes->repeated = 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void codes_report(struct codes *codes, struct codes_report *ret_report)
{
	size_t count = codes->count;
	double sum = 0;

	*ret_report = (struct codes_report){0};
	if (count == 0)
		return;
	qsort(codes->latencies_ms, count, sizeof(codes->latencies_ms[0]), compare);
	for (size_t i = 0; i < count; i++)
		sum += codes->latencies_ms[i];
	ret_report->mean_ms = sum / (double)count;
	ret_report->p50_ms = codes->latencies_ms[count / 2];
	ret_report->p99_ms = codes->latencies_ms[count * 99 / 100];
	ret_report->max_ms = codes->latencies_ms[count - 1];
	ret_report->missing_percent =
		100.0 * (double)codes->missing / (double)(codes->missing + count);
}
