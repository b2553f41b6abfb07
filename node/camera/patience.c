#include "camera/patience.h"

void patience_init(struct patience *patience)
{
	*patience = (struct patience){0};
	backoff_init(&patience->retry, PATIENCE_RETRY_MIN_MS, PATIENCE_RETRY_MAX_MS);
	backoff_init(&patience->flap, PATIENCE_RETRY_MIN_MS, PATIENCE_FLAP_MAX_MS);
}

void patience_restore(struct patience *patience)
{
	patience->short_lives = 0;
	backoff_reset(&patience->retry);
	backoff_reset(&patience->flap);
}

int64_t patience_next_ms(struct patience *patience, bool was_online)
{
	if (!was_online)
		return backoff_next_ms(&patience->retry);
	backoff_reset(&patience->retry);
	if (patience->short_lives < PATIENCE_FREE_LIVES) {
		patience->short_lives++;
		return backoff_next_ms(&patience->retry);
	}
	return backoff_next_ms(&patience->flap);
}
