#include "record/retention.h"

#include "base/clock.h"

#define BYTES_PER_MB UINT64_C(1000000)
#define BYTES_PER_GB 1e9
#define DAY_US (INT64_C(24) * 3600 * USEC_PER_SEC)

static bool may_go(const struct library_item *item)
{
	return !item->protected && !item->damaged && !item->unread && !item->stuck;
}

/* Of those begun at `from_wall_us` or later. The order of names is not that of time where the
 * clocks have been changed. */
static const struct library_item *oldest_from(const struct catalogue *catalogue,
                                              int64_t from_wall_us)
{
	const struct library_item *oldest = NULL;

	for (size_t i = 0; i < catalogue->count; i++) {
		const struct library_item *item = &catalogue->items[i];

		if (may_go(item) && item->started_wall_us >= from_wall_us &&
		    (!oldest || item->started_wall_us < oldest->started_wall_us))
			oldest = item;
	}
	return oldest;
}

static const struct library_item *oldest(const struct catalogue *catalogue)
{
	return oldest_from(catalogue, INT64_MIN);
}

/* Of what was written without a clock nobody knows the age. */
static const struct library_item *too_old(const struct config_record *config,
                                          const struct catalogue *catalogue, int64_t wall_us)
{
	const struct library_item *item = oldest_from(catalogue, CLOCK_SET_US);

	return item && item->started_wall_us < wall_us - config->keep_days * DAY_US ? item : NULL;
}

/* What must stay is not held against the others: no deletion would make it less, and each new
 * recording would go at once. */
static double total_bytes(const struct catalogue *catalogue)
{
	double bytes = 0;

	for (size_t i = 0; i < catalogue->count; i++) {
		if (may_go(&catalogue->items[i]))
			bytes += (double)catalogue->items[i].bytes;
	}
	return bytes;
}

static uint64_t wanted_free(const struct config_record *config, const struct retention_now *now)
{
	return (uint64_t)config->free_mb * BYTES_PER_MB + now->part_bytes;
}

bool retention_can_free(const struct config_record *config, const struct catalogue *catalogue,
                        const struct retention_now *now)
{
	uint64_t wanted = wanted_free(config, now);

	return config->free_mb == 0 || now->free_bytes >= wanted ||
	       (double)now->free_bytes + total_bytes(catalogue) >= (double)wanted;
}

static bool lacks_space(const struct config_record *config, const struct catalogue *catalogue,
                        const struct retention_now *now)
{
	uint64_t reserve = 2 * (uint64_t)config->min_free_mb * BYTES_PER_MB + now->part_bytes;

	if (config->free_mb == 0 || now->free_bytes >= wanted_free(config, now))
		return false;
	return now->free_bytes < reserve || retention_can_free(config, catalogue, now);
}

const struct library_item *retention_choose(const struct config_record *config,
                                            const struct catalogue *catalogue,
                                            const struct retention_now *now,
                                            const char **ret_reason)
{
	const struct library_item *item = NULL;

	if (config->keep_days > 0 && now->synced)
		item = too_old(config, catalogue, now->wall_us);
	*ret_reason = "age";
	if (item)
		return item;
	*ret_reason = "size";
	if (config->max_gb > 0 && total_bytes(catalogue) > config->max_gb * BYTES_PER_GB)
		return oldest(catalogue);
	*ret_reason = "space";
	return lacks_space(config, catalogue, now) ? oldest(catalogue) : NULL;
}
