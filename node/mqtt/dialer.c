#include "mqtt/dialer.h"

#include "base/clock.h"
#include "mqtt/reason.h"

#define MS_PER_S INT64_C(1000)

void dialer_init(struct dialer *dialer, const struct config_mqtt *config)
{
	*dialer = (struct dialer){
		.may_fall_back = config->version == 0,
		.version = config->version == 0 ? 5 : config->version,
		.taken_over_ms = DIALER_TAKEN_OVER_MS,
		.good_again_us = config->reconnect_max_s * USEC_PER_SEC,
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

/* Two nodes of one name would otherwise throw each other out without end. */
static int64_t taken_over_ms(struct dialer *dialer, int64_t lasted_us)
{
	if (lasted_us >= DIALER_UNCONTESTED_US)
		dialer->taken_over_ms = DIALER_TAKEN_OVER_MS;
	int64_t wait_ms = dialer->taken_over_ms;
	if (dialer->taken_over_ms < DIALER_MAX_TAKEN_OVER_MS)
		dialer->taken_over_ms *= 2;
	return wait_ms;
}

/* MQTT 3.1.1 does not say that another one of this name came, but then connections are short again
 * and again; each lasts as long as the other one waits, so that only a longer one is good again. */
static bool is_good(const struct dialer *dialer, int64_t lasted_us)
{
	if (dialer_is_thrown_out(dialer) && lasted_us < dialer->good_again_us)
		return false;
	return lasted_us >= DIALER_GOOD_US;
}

int64_t dialer_lost(struct dialer *dialer, int reason, int64_t now_us)
{
	if (dialer->guessed) {
		dialer->guessed = false;
		dialer->version = 5;
	}
	int64_t lasted_us = now_us - dialer->up_us;
	bool good = is_good(dialer, lasted_us);
	dialer->short_count = good ? 0 : dialer->short_count + 1;
	if (reason == REASON_SESSION_TAKEN_OVER)
		return taken_over_ms(dialer, lasted_us);
	if (!good)
		return backoff_next_ms(&dialer->backoff);
	backoff_reset(&dialer->backoff);
	return (int64_t)backoff_random(DIALER_FIRST_RETRY_MS);
}

bool dialer_is_thrown_out(const struct dialer *dialer)
{
	return dialer->short_count >= DIALER_MANY_SHORT;
}
