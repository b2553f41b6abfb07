#include "control/resumption.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"

#define BOOT_FILE "/proc/sys/kernel/random/boot_id"

struct resumption_now resumption_now(void)
{
	struct resumption_now now = {.boot_us = clock_boot_us(), .wall_us = clock_wall_us()};
	_cleanup_free_ char *boot = NULL;
	size_t length;

	if (file_read(BOOT_FILE, RESUMPTION_BOOT_SIZE, &boot, &length) == 0) {
		boot[strcspn(boot, "\n")] = '\0';
		str_copy(now.boot, sizeof now.boot, boot);
	}
	return now;
}

json_t *resumption_write(const struct resumption *resumption, const struct resumption_now *now)
{
	const json_int_t left_us = resumption->duration_us;
	const json_int_t boot_us = now->boot_us + left_us, wall_us = now->wall_us + left_us;

	return json_pack("{s:s, s:s, s:s, s:I, s:b, s:s, s:I, s:I}", "format",
	                 config_record_format_name(resumption->format), "label", resumption->label,
	                 "profile", resumption->profile, "left_us", left_us, "has_begun",
	                 resumption->has_begun, "boot", now->boot, "ends_boot_us", boot_us,
	                 "ends_us", wall_us);
}

/* The end of a duration that counts, by three clocks. */
struct end {
	int64_t left_us; /* when it was written */
	int64_t boot_us, wall_us;
	const char *boot;
};

/* What is left now; `ret_wall_us` as in struct resumption. */
static int64_t left_of(const struct end *end, const struct resumption_now *now,
                       int64_t *ret_wall_us)
{
	int64_t left_us;

	if (*end->boot && strcmp(end->boot, now->boot) == 0)
		return end->boot_us - now->boot_us;
	if (end->wall_us - end->left_us < CLOCK_SET_US)
		return end->left_us; /* nobody knows how long the node was away */
	*ret_wall_us = end->wall_us;
	left_us = end->wall_us - now->wall_us;
	return left_us < end->left_us ? left_us : end->left_us; /* the clock may be behind */
}

int resumption_read(json_t *json, const struct resumption_now *now,
                    struct resumption *ret_resumption)
{
	const char *format, *label, *profile, *boot;
	json_int_t left_us, boot_us, wall_us;
	struct resumption resumption = {0};
	int has_begun;

	if (json_unpack(json, "{s:s, s:s, s:s, s:I, s:b, s:s, s:I, s:I}", "format", &format,
	                "label", &label, "profile", &profile, "left_us", &left_us, "has_begun",
	                &has_begun, "boot", &boot, "ends_boot_us", &boot_us, "ends_us",
	                &wall_us) < 0)
		return -EINVAL;
	if (str_copy(resumption.label, sizeof resumption.label, label) < 0 ||
	    str_copy(resumption.profile, sizeof resumption.profile, profile) < 0)
		return -EINVAL;
	const struct end end = {left_us, boot_us, wall_us, boot};
	resumption.format = config_record_format_of(format);
	resumption.has_begun = has_begun;
	resumption.duration_us = left_us;
	if (has_begun && left_us > 0)
		resumption.duration_us = left_of(&end, now, &resumption.ends_wall_us);
	if (left_us > 0 && resumption.duration_us <= 0)
		return -ETIME;
	*ret_resumption = resumption;
	return 0;
}
