/*
 * Readings of the machine: CPU, memory, temperature, disk, throttling, from /proc and /sys. What a
 * machine does not offer is NAN or -1, and is left out of telemetry. One thread per struct machine.
 */
#ifndef CAMNODE_BASE_MACHINE_H
#define CAMNODE_BASE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#define MACHINE_MAX_CORES 64

struct machine_reading {
	double cpu_pct; /* all cores together, 0..100, since the last reading; NAN at the first */
	double core_pct[MACHINE_MAX_CORES];
	size_t core_count;
	double process_cpu_pct; /* this process, % of one core, since the last reading */
	double load_1m, load_5m, load_15m;
	double temp_c;  /* hottest thermal zone named cpu or soc, else the first */
	double mem_pct; /* (MemTotal - MemAvailable) / MemTotal */
	double rss_mb;  /* own resident memory, 10^6 bytes */
	double disk_free_gb, disk_total_gb; /* of the folder given, 10^9 bytes */
	int64_t throttled; /* Raspberry Pi firmware's get_throttled bits; -1: not offered */
	int64_t uptime_s;
};

struct machine;

/* `disk_path`: the folder whose file system is read; its nearest existing parent counts. */
struct machine *machine_new(const char *disk_path);

/* The same with `root` before the paths in /proc and /sys: for tests with files of their own. */
struct machine *machine_new_at(const char *root, const char *disk_path);

void machine_free(struct machine *machine);

/* What is known before the first reading: nothing. */
void machine_unknown(struct machine_reading *ret_reading);
void machine_read(struct machine *machine, struct machine_reading *ret_reading);

/* "Raspberry Pi 5 Model B Rev 1.0" from the device tree, else the DMI name, else uname -m. */
void machine_model(char *ret_text, size_t size);
void machine_host_name(char *ret_text, size_t size);

/* The address that would be used to reach the outside, else the first IPv4 one; "" if none. */
void machine_ip(char *ret_text, size_t size);

int64_t machine_boot_wall_us(void);

#endif
