#include "mqtt/dialer.h"

#include "mqtt/reason.h"

#define MS_PER_S INT64_C(1000)

void dialer_init(struct dialer *dialer, const struct config_mqtt *config)
{
	*dialer = (struct dialer){
		.may_fall_back = config->version == 0,
		.version = config->version == 0 ? 5 : config->version,
	};
	backoff_init(&dialer->backoff, config->reconnect_min_s * MS_PER_S,
	             config->reconnect_max_s * MS_PER_S);
}

void dialer_up(struct dialer *dialer, int64_t now_us)
{
	dialer->up_us = now_us;
	if (dialer->version == 5)
		dialer->knows_5 = true;
}

/* A refusal of the version is an answer and is remembered. Hanging up only makes 3.1.1 worth a try:
 * a broker that is just going down does it too, and must not cost MQTT 5 for good. */
static bool choose_version(struct dialer *dialer, int reason, bool hung_up)
{
	if (!dialer->may_fall_back)
		return false;
	if (dialer->version == 5 && reason_is_version(reason)) {
		dialer->knows_5 = true;
		dialer->version = 3;
		return true;
	}
	if (dialer->version == 5 && hung_up && !dialer->knows_5) {
		dialer->guessed = true;
		dialer->version = 3;
	} else if (dialer->guessed) {
		dialer->guessed = false;
		dialer->version = 5;
	}
	return false;
}

int64_t dialer_failed(struct dialer *dialer, int reason, bool hung_up)
{
	if (choose_version(dialer, reason, hung_up))
		return 0;
	return backoff_next_ms(&dialer->backoff);
}

int64_t dialer_lost(struct dialer *dialer, int reason, int64_t now_us)
{
	if (dialer->guessed) {
		dialer->guessed = false;
		dialer->version = 5;
	}
	bool good = now_us - dialer->up_us >= DIALER_GOOD_US;
	dialer->short_count = good ? 0 : dialer->short_count + 1;
	/* Two nodes of one name would otherwise throw each other out without end. */
	if (reason == REASON_SESSION_TAKEN_OVER)
		return DIALER_TAKEN_OVER_MS;
	if (!good)
		return backoff_next_ms(&dialer->backoff);
	backoff_reset(&dialer->backoff);
	return (int64_t)backoff_random(DIALER_FIRST_RETRY_MS);
}

bool dialer_is_thrown_out(const struct dialer *dialer)
{
	return dialer->short_count >= DIALER_MANY_SHORT;
}
