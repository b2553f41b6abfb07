/*
 * What the probes among the viewers learn from the pattern's codes: how old pictures are when they
 * arrive, and which never do. Embedded; one thread.
 */
#ifndef CAMNODE_BENCH_CODES_H
#define CAMNODE_BENCH_CODES_H

#include <stddef.h>
#include <stdint.h>

#include "viewer.h"

#define CODES_MAX_PROBES 5

struct codes;

struct codes_probe {
	struct codes *codes;
	uint32_t last_frame;
	bool seen; /* a frame */
};

struct codes {
	struct codes_probe probes[CODES_MAX_PROBES];
	size_t probe_count;
	double *latencies_ms; /* of each new picture; grows up to a limit */
	size_t count, capacity;
	uint64_t missing;  /* frame numbers that a probe never saw */
	uint64_t repeated; /* pictures sent again */
};

/* Of a measurement; 0 without pictures. */
struct codes_report {
	double mean_ms, p50_ms, p99_ms, max_ms;
	double missing_percent;
};

void codes_finish(struct codes *codes);

/* Makes `viewer` a probe, up to CODES_MAX_PROBES of them. 0 or -ENOMEM. */
int codes_add_probe(struct codes *codes, struct viewer *viewer);

/* Begins anew. */
void codes_reset(struct codes *codes);

void codes_report(struct codes *codes, struct codes_report *ret_report);

#endif
