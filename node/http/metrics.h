/*
 * GET /metrics: the Prometheus text format (version 0.0.4). One table names each metric with its
 * type and help; what the machine or camera does not offer (NAN) is left out.
 */
#ifndef CAMNODE_HTTP_METRICS_H
#define CAMNODE_HTTP_METRICS_H

#include "base/buf.h"
#include "http/request.h"

struct metrics_node {
	double up_s, broker_connected;
	double cpu_pct, process_cpu_pct, load_1m, mem_pct, rss_bytes, temp_c, throttled;
	double disk_free_bytes, disk_total_bytes;
	double http_connections, http_accepted, http_refused, http_late, http_slow;
	double recordings;
};

struct metrics_camera {
	const char *id;
	double online, restarts, captured, encoded, published_bytes;
	double dropped_sensor, dropped_mailbox, dropped_encoder, dropped_reader;
	double preview_viewers, preview_encoded;
	double viewers, sent_frames, sent_bytes, skipped, resent;
	double latency_s_sum, latency_count;
	double recording, finishing, recorded_frames, recorded_bytes, recorded_dropped;
};

/* Writes the text. Pure. */
void metrics_write(struct buf *buf, const char *version, const struct metrics_node *node,
                   const struct metrics_camera cameras[], size_t camera_count);

void metrics_handle(struct request *request);

#endif
