#include "base/machine.h"

#include "base/clock.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DATA TEST_DATA "/machine"
#define NEAR(a, b) assert_true(fabs((a) - (b)) < 0.001)

/* The reading of a machine whose /proc and /sys are in the folder `root`. */
static struct machine_reading read_at(const char *root, const char *disk_path)
{
	struct machine *machine = machine_new_at(root, disk_path);
	struct machine_reading reading;

	assert_non_null(machine);
	machine_read(machine, &reading);
	machine_free(machine);
	return reading;
}

static void reads_a_raspberry_pi(void **state)
{
	struct machine_reading reading = read_at(DATA "/pi", "/");

	NEAR(reading.load_1m, 0.52);
	NEAR(reading.load_5m, 0.48);
	NEAR(reading.load_15m, 1.25);
	NEAR(reading.mem_pct, 25);
	NEAR(reading.rss_mb, 5000 * (double)sysconf(_SC_PAGESIZE) / 1e6);
	NEAR(reading.temp_c, 58.9); /* not the hotter wifi */
	assert_int_equal(reading.throttled, 0x50005);
	assert_int_equal(reading.uptime_s, 1000);
}

static void reads_the_firmware_of_a_raspberry_pi_5(void **state)
{
	assert_int_equal(read_at(DATA "/pi5", "/").throttled, 0x50000);
	assert_int_equal(read_at(DATA "/pi5-deeper", "/").throttled, 0x1);
}

static void cpu_shares_are_unknown_at_the_first_reading(void **state)
{
	struct machine_reading reading = read_at(DATA "/pi", "/");

	assert_true(isnan(reading.cpu_pct));
	assert_true(isnan(reading.process_cpu_pct));
	assert_int_equal(reading.core_count, 4); /* cpu2 is off, cpu3 is there */
	assert_true(isnan(reading.core_pct[0]));
}

/* Lets `link` lead to another folder, as if time had passed. */
static void point(const char *link, const char *folder)
{
	unlink(link);
	assert_int_equal(symlink(folder, link), 0);
}

static void cpu_shares_count_since_the_last_reading(void **state)
{
	char folder[] = "/tmp/camnode-test-XXXXXX";
	char root[sizeof(folder) + sizeof("/root")];
	struct machine_reading reading;
	struct machine *machine;

	assert_non_null(mkdtemp(folder));
	snprintf(root, sizeof(root), "%s/root", folder);
	machine = machine_new_at(root, "/");
	point(root, DATA "/pi");
	machine_read(machine, &reading);
	point(root, DATA "/pi-later");
	machine_read(machine, &reading);

	NEAR(reading.cpu_pct, 40); /* 160 of 400 ticks; waiting for the disk is idle */
	NEAR(reading.core_pct[0], 100);
	NEAR(reading.core_pct[1], 0);
	assert_true(isnan(reading.core_pct[2]));
	NEAR(reading.core_pct[3], 25);
	/* 80 ticks in two seconds */
	NEAR(reading.process_cpu_pct, 4000.0 / (double)sysconf(_SC_CLK_TCK));
	NEAR(reading.rss_mb, 6000 * (double)sysconf(_SC_PAGESIZE) / 1e6);

	machine_read(machine, &reading); /* no tick since */
	assert_true(isnan(reading.cpu_pct));
	assert_true(isnan(reading.process_cpu_pct));

	machine_free(machine);
	unlink(root);
	rmdir(folder);
}

static void assert_nothing_known(const struct machine_reading *reading)
{
	assert_true(isnan(reading->cpu_pct));
	assert_int_equal(reading->core_count, 0);
	assert_true(isnan(reading->process_cpu_pct));
	assert_true(isnan(reading->load_1m));
	assert_true(isnan(reading->load_5m));
	assert_true(isnan(reading->load_15m));
	assert_true(isnan(reading->mem_pct));
	assert_true(isnan(reading->rss_mb));
	assert_int_equal(reading->throttled, -1);
	assert_int_equal(reading->uptime_s, -1);
}

static void what_is_missing_is_unknown(void **state)
{
	struct machine_reading reading = read_at(DATA "/missing", "/");

	assert_nothing_known(&reading);
	assert_true(isnan(reading.temp_c));
}

static void what_is_malformed_is_unknown(void **state)
{
	struct machine_reading reading = read_at(DATA "/strange", "/");

	assert_nothing_known(&reading);
	NEAR(reading.temp_c, 41.5); /* no zone of the processor: the first */
}

static void a_folder_to_come_is_on_its_parents_disk(void **state)
{
	struct machine_reading parent = read_at("", "/tmp");
	struct machine_reading folder = read_at("", "/tmp/camnode-missing/recordings");
	struct machine_reading relative = read_at("", "camnode-missing");

	assert_true(parent.disk_total_gb > 0);
	assert_true(parent.disk_free_gb <= parent.disk_total_gb);
	NEAR(folder.disk_total_gb, parent.disk_total_gb);
	assert_true(relative.disk_total_gb > 0);
}

static void reads_this_machine(void **state)
{
	struct machine *machine = machine_new("/");
	struct machine_reading reading;

	assert_non_null(machine);
	machine_read(machine, &reading);
	assert_true(reading.core_count > 0);
	assert_true(reading.mem_pct > 0 && reading.mem_pct < 100);
	if (!getenv("CAMNODE_EMULATED")) /* whose /proc does not tell */
		assert_true(reading.rss_mb > 0);
	assert_true(reading.uptime_s > 0);
	machine_free(machine);
	machine_free(NULL);
}

static void names_this_machine(void **state)
{
	char text[128] = "";
	char one[1] = "x";

	machine_model(text, sizeof(text));
	assert_true(strlen(text) > 0);
	machine_host_name(text, sizeof(text));
	assert_true(strlen(text) > 0);
	machine_ip(text, sizeof(text)); /* "" where there is no network */
	assert_true(strlen(text) == 0 || strpbrk(text, ".:"));
	assert_string_not_equal(text, "127.0.0.1");

	machine_model(one, sizeof(one));
	assert_string_equal(one, "");
}

static void knows_when_it_was_booted(void **state)
{
	int64_t boot_us = machine_boot_wall_us();
	int64_t before_us = clock_wall_us() - boot_us;
	struct machine_reading reading = read_at("", "/");
	int64_t after_us = clock_wall_us() - boot_us;

	assert_in_range(reading.uptime_s * USEC_PER_SEC, before_us - 2 * USEC_PER_SEC,
	                after_us + 2 * USEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_raspberry_pi),
		cmocka_unit_test(reads_the_firmware_of_a_raspberry_pi_5),
		cmocka_unit_test(cpu_shares_are_unknown_at_the_first_reading),
		cmocka_unit_test(cpu_shares_count_since_the_last_reading),
		cmocka_unit_test(what_is_missing_is_unknown),
		cmocka_unit_test(what_is_malformed_is_unknown),
		cmocka_unit_test(a_folder_to_come_is_on_its_parents_disk),
		cmocka_unit_test(reads_this_machine),
		cmocka_unit_test(names_this_machine),
		cmocka_unit_test(knows_when_it_was_booted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
