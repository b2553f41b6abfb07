#include "base/machine.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <ifaddrs.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#define TEXT_LIMIT (1024 * 1024) /* /proc/stat has a number for every interrupt */
#define MAX_THERMAL_ZONES 32

DEFINE_CLEANUP(struct machine *, machine_free);

struct cpu_ticks {
	double busy;
	double total;
};

/* The counters of the last reading; 0 before the first. */
struct machine {
	char *root;
	char *disk_path;
	struct cpu_ticks cpu;
	struct cpu_ticks cores[MACHINE_MAX_CORES];
	double process_s; /* CPU time of this process */
	double uptime_s;
};

struct machine *machine_new(const char *disk_path)
{
	return machine_new_at("", disk_path);
}

struct machine *machine_new_at(const char *root, const char *disk_path)
{
	_cleanup_(machine_free_p) struct machine *machine = calloc(1, sizeof(*machine));

	if (!machine)
		return NULL;
	machine->root = strdup(root);
	machine->disk_path = strdup(disk_path);
	if (!machine->root || !machine->disk_path)
		return NULL;
	return move_ptr(machine);
}

void machine_free(struct machine *machine)
{
	if (!machine)
		return;
	free(machine->disk_path);
	free(machine->root);
	free(machine);
}

/* The file as text without trailing blanks, the caller's to free(); NULL if it can't be read. */
static char *read_text(const char *root, const char *path)
{
	char full_path[PATH_MAX];
	char *text;
	size_t length;

	if (snprintf(full_path, sizeof(full_path), "%s%s", root, path) >= (int)sizeof(full_path))
		return NULL;
	if (file_read(full_path, TEXT_LIMIT, &text, &length) < 0)
		return NULL;
	length = strlen(text); /* the device tree's texts have a NUL inside */
	while (length > 0 && (unsigned char)text[length - 1] <= ' ')
		length--;
	text[length] = '\0';
	return text;
}

static size_t parse_numbers(const char *text, double ret_numbers[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *end;

		ret_numbers[i] = strtod(text, &end);
		if (end == text)
			return i;
		text = end;
	}
	return count;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : NULL;
}

static struct cpu_ticks parse_cpu_ticks(const char *text)
{
	/* Guest time, which would follow, is in user time already. */
	enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, COUNT };
	double ticks[COUNT];
	size_t count = parse_numbers(text, ticks, COUNT);
	struct cpu_ticks sum = {0, 0};

	for (size_t i = 0; i < count; i++) {
		sum.total += ticks[i];
		if (i != IDLE && i != IOWAIT)
			sum.busy += ticks[i];
	}
	return sum;
}

/* The share of busy time since `last`, which becomes `now`. */
static double take_busy_pct(struct cpu_ticks *last, struct cpu_ticks now)
{
	double busy = now.busy - last->busy;
	double total = now.total - last->total;
	bool is_first = last->total == 0;

	*last = now;
	if (is_first || total <= 0)
		return NAN;
	return fmin(fmax(100 * busy / total, 0), 100); /* the kernel's iowait may run backwards */
}

static void read_cpu(struct machine *machine, struct machine_reading *reading)
{
	_cleanup_free_ char *text = read_text(machine->root, "/proc/stat");

	for (const char *line = text; line && strncmp(line, "cpu", 3) == 0;
	     line = next_line(line)) {
		char *counters;
		unsigned long core = strtoul(line + 3, &counters, 10);

		if (line[3] == ' ') {
			reading->cpu_pct = take_busy_pct(&machine->cpu, parse_cpu_ticks(line + 3));
		} else if (core < MACHINE_MAX_CORES) {
			reading->core_pct[core] =
				take_busy_pct(&machine->cores[core], parse_cpu_ticks(counters));
			reading->core_count = core + 1;
		}
	}
}

static void read_load(struct machine *machine, struct machine_reading *reading)
{
	_cleanup_free_ char *text = read_text(machine->root, "/proc/loadavg");
	double load[3];

	if (!text || parse_numbers(text, load, 3) < 3)
		return;
	reading->load_1m = load[0];
	reading->load_5m = load[1];
	reading->load_15m = load[2];
}

/* The last reading's uptime is still in `machine`; returns this one's, or NAN. */
static double read_uptime(struct machine *machine, struct machine_reading *reading)
{
	_cleanup_free_ char *text = read_text(machine->root, "/proc/uptime");
	double uptime_s;

	if (!text || parse_numbers(text, &uptime_s, 1) < 1)
		return NAN;
	reading->uptime_s = (int64_t)uptime_s;
	return uptime_s;
}

static void read_process(struct machine *machine, struct machine_reading *reading)
{
	/* proc(5) counts from 1 and begins with pid, (name), state; the name may have anything in
	 * it, so counting begins behind its parenthesis. */
	enum { FIRST = 4, UTIME = 14 - FIRST, STIME = 15 - FIRST, RSS = 24 - FIRST, COUNT };
	_cleanup_free_ char *text = read_text(machine->root, "/proc/self/stat");
	const char *name_end = text ? strrchr(text, ')') : NULL;
	double uptime_s = read_uptime(machine, reading);
	double fields[COUNT];
	double process_s;

	if (!name_end || strlen(name_end) < strlen(") S ") ||
	    parse_numbers(name_end + strlen(") S "), fields, COUNT) < COUNT)
		return;
	reading->rss_mb = fields[RSS] * (double)sysconf(_SC_PAGESIZE) / 1e6;
	process_s = (fields[UTIME] + fields[STIME]) / (double)sysconf(_SC_CLK_TCK);
	if (machine->uptime_s > 0 && uptime_s > machine->uptime_s)
		reading->process_cpu_pct =
			100 * (process_s - machine->process_s) / (uptime_s - machine->uptime_s);
	machine->process_s = process_s;
	machine->uptime_s = uptime_s;
}

static double meminfo_value(const char *text, const char *key)
{
	const char *found = strstr(text, key);
	double value;

	return found && parse_numbers(found + strlen(key), &value, 1) == 1 ? value : NAN;
}

static void read_memory(struct machine *machine, struct machine_reading *reading)
{
	_cleanup_free_ char *text = read_text(machine->root, "/proc/meminfo");
	double total, available;

	if (!text)
		return;
	total = meminfo_value(text, "MemTotal:");
	available = meminfo_value(text, "MemAvailable:");
	if (total > 0)
		reading->mem_pct = 100 * (total - available) / total;
}

static char *read_zone(struct machine *machine, int zone, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/thermal/thermal_zone%d/%s", zone, file);
	return read_text(machine->root, path);
}

static void read_temperature(struct machine *machine, struct machine_reading *reading)
{
	double first = NAN;
	double hottest = NAN; /* of the processor's zones */

	for (int zone = 0; zone < MAX_THERMAL_ZONES; zone++) {
		_cleanup_free_ char *temp = read_zone(machine, zone, "temp");
		_cleanup_free_ char *type = read_zone(machine, zone, "type");
		int64_t millidegrees;

		if (!temp || str_parse_i64(temp, &millidegrees) < 0)
			continue;
		if (isnan(first))
			first = (double)millidegrees / 1000;
		if (type && (strcasestr(type, "cpu") || strcasestr(type, "soc")))
			hottest = fmax(hottest, (double)millidegrees / 1000); /* fmax() skips NAN */
	}
	reading->temp_c = isnan(hottest) ? first : hottest;
}

/* The firmware's device: named soc:firmware below soc up to the Raspberry Pi 4, and with the bus's
 * address (soc@107c000000:firmware) on the 5. */
static char *read_firmware(const char *root)
{
	static const char *const patterns[] = {
		"/sys/devices/platform/soc*/soc*:firmware/get_throttled",
		"/sys/devices/platform/soc*/*/soc*:firmware/get_throttled",
	};
	char *text = NULL;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]) && !text; i++) {
		char pattern[PATH_MAX];
		glob_t found = {0};

		if (snprintf(pattern, sizeof(pattern), "%s%s", root, patterns[i]) >=
		    (int)sizeof(pattern))
			return NULL;
		if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
			text = read_text("", found.gl_pathv[0]);
		globfree(&found);
	}
	return text;
}

static void read_throttled(struct machine *machine, struct machine_reading *reading)
{
	_cleanup_free_ char *text = read_firmware(machine->root);
	char *end;
	long long bits;

	if (!text || *text == '\0')
		return;
	bits = strtoll(text, &end, 16);
	if (*end == '\0')
		reading->throttled = bits;
}

/* A folder that will be made later lies on its nearest existing parent's file system. */
static void read_disk(struct machine *machine, struct machine_reading *reading)
{
	_cleanup_free_ char *copy = strdup(machine->disk_path);
	char *folder = copy;
	uint64_t free_bytes, total_bytes;
	int r = -ENOMEM;

	while (folder) {
		r = file_disk_space(folder, &free_bytes, &total_bytes);
		if (r != -ENOENT || strcmp(folder, "/") == 0 || strcmp(folder, ".") == 0)
			break;
		folder = dirname(folder);
	}
	if (r < 0)
		return;
	reading->disk_free_gb = (double)free_bytes / 1e9;
	reading->disk_total_gb = (double)total_bytes / 1e9;
}

void machine_unknown(struct machine_reading *ret_reading)
{
	*ret_reading = (struct machine_reading){
		.cpu_pct = NAN,
		.process_cpu_pct = NAN,
		.load_1m = NAN,
		.load_5m = NAN,
		.load_15m = NAN,
		.temp_c = NAN,
		.mem_pct = NAN,
		.rss_mb = NAN,
		.disk_free_gb = NAN,
		.disk_total_gb = NAN,
		.throttled = -1,
		.uptime_s = -1,
	};
	for (size_t i = 0; i < MACHINE_MAX_CORES; i++)
		ret_reading->core_pct[i] = NAN; /* a core that is off has no line */
}

void machine_read(struct machine *machine, struct machine_reading *ret_reading)
{
	machine_unknown(ret_reading);
	read_cpu(machine, ret_reading);
	read_load(machine, ret_reading);
	read_process(machine, ret_reading);
	read_memory(machine, ret_reading);
	read_temperature(machine, ret_reading);
	read_throttled(machine, ret_reading);
	read_disk(machine, ret_reading);
}

void machine_model(char *ret_text, size_t size)
{
	static const char *const paths[] = {
		"/proc/device-tree/model",
		"/sys/class/dmi/id/product_name",
	};
	struct utsname name;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		_cleanup_free_ char *text = read_text("", paths[i]);

		if (text && *text && str_is_utf8(text, strlen(text)) &&
		    str_copy(ret_text, size, text) == 0)
			return;
	}
	uname(&name);
	snprintf(ret_text, size, "%s", name.machine);
}

void machine_host_name(char *ret_text, size_t size)
{
	struct utsname name;

	uname(&name);
	snprintf(ret_text, size, "%s", name.nodename);
}

/* Our end of a connection to `there`. Connecting a datagram socket only asks for the route; nothing
 * is sent. */
static bool address_towards(const struct sockaddr *there, socklen_t length, char *ret_text,
                            size_t size)
{
	_cleanup_close_ int fd = socket(there->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage here;
	socklen_t here_length = sizeof(here);

	if (fd < 0 || connect(fd, there, length) < 0)
		return false;
	if (getsockname(fd, (struct sockaddr *)&here, &here_length) < 0)
		return false;
	return getnameinfo((struct sockaddr *)&here, here_length, ret_text, (socklen_t)size, NULL,
	                   0, NI_NUMERICHOST) == 0;
}

/* For a network without a way out. Link-local IPv6 addresses would be of no use to others. */
static bool first_ipv4_address(char *ret_text, size_t size)
{
	struct ifaddrs *all;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET ||
		    (i->ifa_flags & IFF_LOOPBACK) || !(i->ifa_flags & IFF_UP))
			continue;
		found = getnameinfo(i->ifa_addr, sizeof(struct sockaddr_in), ret_text,
		                    (socklen_t)size, NULL, 0, NI_NUMERICHOST) == 0;
	}
	freeifaddrs(all);
	return found;
}

void machine_ip(char *ret_text, size_t size)
{
	/* Addresses that are reserved for documentation: no one's, and routed like anyone's. */
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};

	inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
	inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
	if (address_towards((struct sockaddr *)&v4, sizeof(v4), ret_text, size) ||
	    address_towards((struct sockaddr *)&v6, sizeof(v6), ret_text, size) ||
	    first_ipv4_address(ret_text, size))
		return;
	snprintf(ret_text, size, "%s", "");
}

int64_t machine_boot_wall_us(void)
{
	return clock_wall_from_mono_us(clock_mono_from_boot_ns(0));
}
