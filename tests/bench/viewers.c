/*
 * Many viewers of one MJPEG stream in one thread: how many pictures each gets, how evenly, how old,
 * and what that costs the server. Prints one JSON object. See usage().
 */
#include "base/clock.h"
#include "base/str.h"
#include "crowd.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FIRST_PICTURE_US (20 * USEC_PER_SEC) /* how long everybody's first picture may take */

struct options {
	struct crowd_options crowd;
	double seconds, warm_up_s;
	int64_t pid; /* of the server; 0: none given */
};

/* Time and CPU time at one moment. */
struct reading {
	int64_t now_us;
	double server_s, own_s;
};

static void usage(void)
{
	fputs("Usage: bench_viewers [OPTION]... http://HOST[:PORT]/PATH\n"
	      "  --viewers N    viewers in all (1)\n"
	      "  --stalled K    K of them ask for the stream and never read (0)\n"
	      "  --seconds S    length of the measurement (5)\n"
	      "  --warm-up S    from everybody's first picture until it begins (1)\n"
	      "  --pid PID      the server, whose CPU time is told\n",
	      stderr);
}

static int parse_url(const char *url, struct crowd_options *options)
{
	static const char scheme[] = "http://";
	char rest[CROWD_TEXT_SIZE];
	char *path, *port;

	if (strncmp(url, scheme, strlen(scheme)) != 0 ||
	    str_copy(rest, sizeof(rest), url + strlen(scheme)) < 0)
		return -EINVAL;
	path = strchr(rest, '/');
	if (str_copy(options->path, sizeof(options->path), path ? path : "/") < 0)
		return -EINVAL;
	if (path)
		*path = '\0';
	port = strrchr(rest, ':');
	if (str_copy(options->port, sizeof(options->port), port ? port + 1 : "80") < 0)
		return -EINVAL;
	if (port)
		*port = '\0';
	return str_copy(options->host, sizeof(options->host), rest);
}

static int parse_option(int option, const char *value, struct options *options)
{
	switch (option) {
	case 'n':
		return str_parse_i64(value, &options->crowd.viewers);
	case 'k':
		return str_parse_i64(value, &options->crowd.stalled);
	case 's':
		return str_parse_double(value, &options->seconds);
	case 'w':
		return str_parse_double(value, &options->warm_up_s);
	case 'p':
		return str_parse_i64(value, &options->pid);
	default:
		return -EINVAL;
	}
}

static bool are_valid(const struct options *options)
{
	const struct crowd_options *crowd = &options->crowd;

	return crowd->viewers >= 1 && crowd->viewers <= CROWD_MAX_VIEWERS && crowd->stalled >= 0 &&
	       crowd->stalled < crowd->viewers && options->seconds > 0 && options->warm_up_s >= 0;
}

static int parse_arguments(int argc, char **argv, struct options *options)
{
	static const struct option table[] = {
		{"viewers", required_argument, NULL, 'n'},
		{"stalled", required_argument, NULL, 'k'},
		{"seconds", required_argument, NULL, 's'},
		{"warm-up", required_argument, NULL, 'w'},
		{"pid", required_argument, NULL, 'p'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (parse_option(option, optarg, options) < 0)
			return -EINVAL;
	}
	if (optind != argc - 1 || parse_url(argv[optind], &options->crowd) < 0)
		return -EINVAL;
	return are_valid(options) ? 0 : -EINVAL;
}

static double seconds_of(clockid_t clock)
{
	struct timespec time = {0};

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct reading take_reading(const struct options *options)
{
	struct reading reading = {.now_us = clock_mono_us(),
	                          .own_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID)};
	clockid_t clock;

	if (options->pid && clock_getcpuclockid((pid_t)options->pid, &clock) == 0)
		reading.server_s = seconds_of(clock);
	return reading;
}

/* The longest time between two pictures, the wait that goes on at the end included. */
static int64_t worst_gap_us(const struct viewer *viewer, int64_t end_us)
{
	int64_t wait_us = end_us - viewer->last_us;

	return wait_us > viewer->counts.worst_gap_us ? wait_us : viewer->counts.worst_gap_us;
}

static void print_viewers(const struct crowd *crowd, int64_t end_us, double seconds)
{
	uint64_t frames = 0, bytes = 0, unreadable = 0, fewest = UINT64_MAX, most = 0;
	int64_t worst_us = 0;

	for (size_t i = 0; i < crowd_readers(crowd); i++) {
		const struct viewer_counts *counts = &crowd->viewers[i].counts;
		int64_t gap_us = worst_gap_us(&crowd->viewers[i], end_us);

		frames += counts->frames;
		bytes += counts->bytes;
		unreadable += counts->unreadable;
		fewest = counts->frames < fewest ? counts->frames : fewest;
		most = counts->frames > most ? counts->frames : most;
		worst_us = gap_us > worst_us ? gap_us : worst_us;
	}
	printf("\"frames\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"unreadable\": %" PRIu64 ", ",
	       frames, bytes, unreadable);
	printf("\"worst_gap_ms\": %.1f, \"fps\": {\"min\": %.2f, \"mean\": %.2f, \"max\": %.2f}, ",
	       (double)worst_us / USEC_PER_MSEC, (double)fewest / seconds,
	       (double)frames / seconds / (double)crowd_readers(crowd), (double)most / seconds);
}

static void print_codes(struct codes *codes)
{
	struct codes_report report;

	codes_report(codes, &report);
	printf("\"codes\": %zu, \"missing_percent\": %.2f, \"repeated\": %" PRIu64 ", ",
	       codes->count, report.missing_percent, codes->repeated);
	printf("\"latency_ms\": {\"mean\": %.2f, \"p50\": %.2f, \"p99\": %.2f, \"max\": %.2f}, ",
	       report.mean_ms, report.p50_ms, report.p99_ms, report.max_ms);
}

static void print_report(struct crowd *crowd, const struct reading *begin,
                         const struct reading *end)
{
	double seconds = (double)(end->now_us - begin->now_us) / USEC_PER_SEC;

	printf("{\"viewers\": %" PRId64 ", \"stalled\": %" PRId64 ", \"ended\": %zu, ",
	       crowd->options->viewers, crowd->options->stalled, crowd->ended);
	printf("\"seconds\": %.3f, ", seconds);
	print_viewers(crowd, end->now_us, seconds);
	print_codes(&crowd->codes);
	printf("\"server_cpu_s\": %.4f, \"own_cpu_s\": %.4f}\n", end->server_s - begin->server_s,
	       end->own_s - begin->own_s);
}

static int measure(struct crowd *crowd, const struct options *options)
{
	struct reading begin, end;
	int error = crowd_run_until_all_see(crowd, clock_mono_us() + FIRST_PICTURE_US);

	if (error < 0)
		return error;
	crowd_run_until(crowd, clock_mono_us() + (int64_t)(options->warm_up_s * USEC_PER_SEC));
	crowd_reset(crowd);
	begin = take_reading(options);
	crowd_run_until(crowd, begin.now_us + (int64_t)(options->seconds * USEC_PER_SEC));
	end = take_reading(options);
	print_report(crowd, &begin, &end);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {.crowd.viewers = 1, .seconds = 5, .warm_up_s = 1};
	struct crowd crowd;
	int error;

	if (parse_arguments(argc, argv, &options) < 0) {
		usage();
		return 2;
	}
	error = crowd_init(&crowd, &options.crowd);
	if (error == 0)
		error = measure(&crowd, &options);
	crowd_finish(&crowd);
	if (error == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "bench_viewers: %s\n", strerror(-error));
	return EXIT_FAILURE;
}
