#include "mqtt/publisher.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "mqtt/announcer.h"
#include "mqtt/certificate.h"
#include "mqtt/dialer.h"
#include "mqtt/discovery.h"
#include "mqtt/outbox.h"
#include "mqtt/packet.h"
#include "mqtt/reason.h"

#define CONNECT_US ((CONNECTION_CONNECT_TIMEOUT_S + 5) * USEC_PER_SEC) /* the library is dead */
#define CLOSE_US (USEC_PER_SEC / 2)
/* The library may hold this thread up while it looks up a name whose server does not answer. */
#define HEARTBEAT_LIMIT_US (300 * USEC_PER_SEC)
#define SLOWEST_BYTES_PER_S 16000 /* a link so slow is not taken for a broken one */

/* LOST: a message found no connection any more, and the library is about to tell why. */
enum phase { WAITING, CONNECTING, SUBSCRIBING, ONLINE, LOST, CLOSING, STOPPED };

struct publisher {
	struct publisher_options options;
	const struct config *config;
	struct outbox *outbox;
	struct announcer *announcer;
	int64_t birth_us; /* when to answer Home Assistant's, INT64_MAX: there was none */
	struct dialer dialer;
	enum phase phase;
	int64_t deadline_us; /* of the phase; while ONLINE: of the oldest unanswered message */
	int64_t retry_ms;    /* CLOSING: what to wait after it */
	bool stopping;
	int64_t stop_us; /* while stopping: the end of patience */
	int keep_alive_s;
	size_t max_packet_bytes; /* 0: unknown */
	char filters[CONNECTION_MAX_FILTERS][TOPIC_SIZE];
	size_t filter_count;
	struct heartbeat heartbeat;
	struct log_repeat trouble;  /* why there is no connection */
	struct log_repeat refusals; /* of subscriptions and messages */
	struct log_repeat drops;    /* of messages that found no place */
};

/* The topics of commands, of all cameras: what names an unknown one gets an answer too. */
static void build_filters(struct publisher *publisher)
{
	for (int kind = 0; kind < TOPIC_KIND_COUNT; kind++) {
		const struct topic_info *info = &topic_table[kind];

		if (info->command && publisher->filter_count < CONNECTION_MAX_FILTERS - 1)
			topic_build(publisher->filters[publisher->filter_count++],
			            publisher->config->mqtt.prefix, publisher->config->node.id,
			            kind, info->per_camera ? "+" : NULL);
	}
	if (publisher->config->mqtt.discovery)
		discovery_birth_topic(publisher->config,
		                      publisher->filters[publisher->filter_count++]);
}

struct publisher *publisher_new(const struct publisher_options *options)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));

	if (!publisher)
		return NULL;
	publisher->options = *options;
	publisher->config = control_config(options->control);
	publisher->keep_alive_s = publisher->config->mqtt.keep_alive_s;
	dialer_init(&publisher->dialer, &publisher->config->mqtt);
	build_filters(publisher);
	publisher->birth_us = INT64_MAX;
	heartbeat_init(&publisher->heartbeat, HEARTBEAT_LIMIT_US, "MQTT");
	publisher->outbox = outbox_new();
	if (publisher->outbox)
		publisher->announcer = announcer_new(options->control, publisher->outbox);
	if (!publisher->announcer) {
		publisher_free(publisher);
		return NULL;
	}
	return publisher;
}

void publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return;
	announcer_free(publisher->announcer);
	outbox_free(publisher->outbox);
	free(publisher);
}

static void enter(struct publisher *publisher, enum phase phase, int64_t duration_us)
{
	publisher->phase = phase;
	publisher->deadline_us = clock_mono_us() + duration_us;
}

/* There is no connection (any more). */
static void wait_to_retry(struct publisher *publisher, int64_t wait_ms)
{
	if (publisher->phase >= ONLINE && publisher->phase <= CLOSING)
		control_set_broker(publisher->options.control, false, 0);
	outbox_go_offline(publisher->outbox);
	enter(publisher, publisher->stopping ? STOPPED : WAITING, wait_ms * USEC_PER_MSEC);
}

static void log_trouble(struct publisher *publisher, const char *what)
{
	const struct config_mqtt *config = &publisher->config->mqtt;

	log_repeat(&publisher->trouble, LOG_LEVEL_WARN, "broker %s:%d: %s", config->host,
	           config->port, what);
}

static void dial(struct publisher *publisher)
{
	int error = connection_open(publisher->options.connection, publisher->dialer.version,
	                            publisher->keep_alive_s);

	if (error == 0) {
		enter(publisher, CONNECTING, CONNECT_US);
		return;
	}
	log_trouble(publisher, strerror(-error));
	wait_to_retry(publisher, dialer_failed(&publisher->dialer, 0, false));
}

/* Ends a connection from this side. */
static void hang_up(struct publisher *publisher, int64_t retry_ms)
{
	publisher->retry_ms = retry_ms;
	if (connection_close(publisher->options.connection) == 0)
		enter(publisher, CLOSING, CLOSE_US);
	else
		wait_to_retry(publisher, retry_ms);
}

static int64_t lost_ms(struct publisher *publisher, int reason)
{
	return dialer_lost(&publisher->dialer, reason, clock_mono_us());
}

static void log_failure(struct publisher *publisher, const char *text)
{
	const struct config_mqtt *config = &publisher->config->mqtt;
	char better[CONNECTION_TEXT_SIZE];

	if (config->tls && certificate_judge(config, better, sizeof(better)) == 0)
		text = better;
	log_trouble(publisher, text);
}

static void on_failed(struct publisher *publisher, const struct connection_event *event)
{
	const struct config_mqtt *config = &publisher->config->mqtt;

	if (publisher->phase != CONNECTING)
		return;
	if (reason_is_credentials(event->reason))
		log_repeat(&publisher->trouble, LOG_LEVEL_ERROR,
		           "broker %s:%d refuses user \"%s\": %s", config->host, config->port,
		           config->username, reason_text(event->reason));
	else if (event->reason)
		log_repeat(&publisher->trouble, LOG_LEVEL_WARN,
		           "broker %s:%d refuses the connection: %s", config->host, config->port,
		           reason_text(event->reason));
	else
		log_failure(publisher, event->text);
	wait_to_retry(publisher, dialer_failed(&publisher->dialer, event->reason, event->hung_up));
}

static void on_up(struct publisher *publisher, const struct connection_event *event)
{
	const char *filters[CONNECTION_MAX_FILTERS];

	if (publisher->phase != CONNECTING)
		return;
	dialer_up(&publisher->dialer, clock_mono_us());
	publisher->max_packet_bytes = event->max_packet_bytes;
	/* The library does not heed what the broker asks for, so the connection is made anew. */
	if (event->keep_alive_s > 0 && event->keep_alive_s < publisher->keep_alive_s) {
		log_info("the broker asks for a keep alive of %d s", event->keep_alive_s);
		publisher->keep_alive_s = event->keep_alive_s;
		hang_up(publisher, 0);
		return;
	}
	for (size_t i = 0; i < publisher->filter_count; i++)
		filters[i] = publisher->filters[i];
	if (connection_subscribe(publisher->options.connection, filters, publisher->filter_count) ==
	    0)
		enter(publisher, SUBSCRIBING, CONNECT_US);
	else
		hang_up(publisher, lost_ms(publisher, 0));
}

static void put_kept(void *user, struct message *message)
{
	/* A picture that the broker does not keep is news only once. */
	if (!message_is_binary(message) || message_retain(message))
		outbox_put(user, message);
}

static void on_subscribed(struct publisher *publisher, const struct connection_event *event)
{
	const struct config_mqtt *config = &publisher->config->mqtt;

	if (publisher->phase != SUBSCRIBING)
		return;
	for (size_t i = 0; i < publisher->filter_count; i++) {
		if (event->granted[i] >= REASON_FAILURE)
			log_repeat(&publisher->refusals, LOG_LEVEL_ERROR,
			           "the broker refuses a subscription to %s: %s",
			           publisher->filters[i], reason_text(event->granted[i]));
	}
	log_repeat_clear(&publisher->trouble, NULL);
	log_info("broker %s:%d: connected (MQTT %s)", config->host, config->port,
	         publisher->dialer.version == 5 ? "5" : "3.1.1");
	publisher->phase = ONLINE;
	control_set_broker(publisher->options.control, true, publisher->max_packet_bytes);
	outbox_go_online(publisher->outbox);
	announcer_begin(publisher->announcer, publisher->max_packet_bytes);
	board_each(control_board(publisher->options.control), put_kept, publisher->outbox);
}

static void on_answered(struct publisher *publisher, const struct connection_event *event)
{
	const struct message *message = outbox_find(publisher->outbox, event->token);

	if (!message)
		return;
	if (event->reason >= REASON_FAILURE)
		log_repeat(&publisher->refusals, LOG_LEVEL_WARN, "the broker refuses %s: %s",
		           message_topic(message), reason_text(event->reason));
	announcer_answered(publisher->announcer, message);
	outbox_settle(publisher->outbox, message);
}

/* The jitter: all nodes hear of it at the same moment. */
static void on_birth(struct publisher *publisher, const struct connection_event *event)
{
	if (publisher->birth_us == INT64_MAX)
		publisher->birth_us = clock_mono_us() +
		                      (int64_t)backoff_random(ANNOUNCER_JITTER_MS) * USEC_PER_MSEC;
}

/* Pictures that the broker keeps excepted: Home Assistant gets them when it subscribes, and would
 * take them for new ones now. */
static void put_again(void *user, struct message *message)
{
	if (!message_is_binary(message) || !message_retain(message))
		outbox_put(user, message);
}

static void answer_birth(struct publisher *publisher)
{
	publisher->birth_us = INT64_MAX;
	if (publisher->phase != ONLINE)
		return; /* the next connection tells it anyway */
	log_info("Home Assistant has started: it is told of this node again");
	announcer_repeat(publisher->announcer);
	board_each(control_board(publisher->options.control), put_again, publisher->outbox);
}

/* Not every broker gives the reason when another client takes the name. */
static void log_loss(const struct publisher *publisher, int reason)
{
	const struct config_mqtt *config = &publisher->config->mqtt;
	const char *client_id = publisher->options.client_id;

	if (reason == REASON_SESSION_TAKEN_OVER)
		log_error("broker %s:%d: another client has connected as \"%s\": is there a "
		          "second node with this id?",
		          config->host, config->port, client_id);
	else if (reason)
		log_warn("broker %s:%d ends the connection: %s", config->host, config->port,
		         reason_text(reason));
	else if (dialer_is_thrown_out(&publisher->dialer))
		log_warn("broker %s:%d: the connection is lost again and again right after "
		         "connecting: is there another client \"%s\"?",
		         config->host, config->port, client_id);
	else
		log_warn("broker %s:%d: the connection is lost", config->host, config->port);
}

static void on_lost(struct publisher *publisher, const struct connection_event *event)
{
	if (publisher->phase == WAITING || publisher->phase == STOPPED)
		return;
	if (event->reason || publisher->phase != CLOSING) {
		publisher->retry_ms = lost_ms(publisher, event->reason);
		log_loss(publisher, event->reason);
	}
	wait_to_retry(publisher, publisher->retry_ms);
}

static void on_closed(struct publisher *publisher, const struct connection_event *event)
{
	if (publisher->phase == CLOSING)
		wait_to_retry(publisher, publisher->retry_ms);
}

static void take_events(struct publisher *publisher)
{
	static void (*const handlers[])(struct publisher *, const struct connection_event *) = {
		[CONNECTION_UP] = on_up,
		[CONNECTION_FAILED] = on_failed,
		[CONNECTION_SUBSCRIBED] = on_subscribed,
		[CONNECTION_ANSWERED] = on_answered,
		[CONNECTION_LOST] = on_lost,
		[CONNECTION_CLOSED] = on_closed,
		[CONNECTION_BIRTH] = on_birth,
	};
	void *item;

	while (queue_try_pop(publisher->options.events, &item) == 0) {
		struct connection_event *event = item;
		handlers[event->kind](publisher, event);
		free(event);
	}
}

/* All that was posted is in the outbox, the `offline` of a clean stop too. */
static void begin_to_stop(struct publisher *publisher)
{
	publisher->stopping = true;
	publisher->stop_us = clock_mono_us() + PUBLISHER_DRAIN_US;
	if (publisher->phase != ONLINE)
		publisher->phase = STOPPED;
}

static void take_posts(struct publisher *publisher)
{
	void *item = NULL;
	bool posted = false;
	int error;

	if (publisher->stopping)
		return;
	while ((error = queue_try_pop(publisher->options.posts, &item)) == 0) {
		outbox_put(publisher->outbox, item);
		message_unref(item);
		posted = true;
	}
	if (posted && publisher->phase == ONLINE)
		announcer_refresh(publisher->announcer);
	if (atomic_exchange(publisher->options.overflowed, false) && publisher->phase == ONLINE)
		board_each(control_board(publisher->options.control), put_kept, publisher->outbox);
	if (error == -ESHUTDOWN)
		begin_to_stop(publisher);
}

static bool is_too_large(const struct publisher *publisher, const struct message *message)
{
	return publisher->max_packet_bytes > 0 &&
	       packet_max_size(message) > publisher->max_packet_bytes;
}

static void drop_too_large(struct publisher *publisher, const struct message *message)
{
	struct message *instead = packet_short_reply(message);

	log_repeat(&publisher->refusals, LOG_LEVEL_WARN,
	           "%s is larger than the broker allows (%zu of %zu bytes)", message_topic(message),
	           message_length(message), publisher->max_packet_bytes);
	outbox_settle(publisher->outbox, message);
	if (instead && !is_too_large(publisher, instead))
		outbox_put(publisher->outbox, instead);
	message_unref(instead);
}

static void send_message(struct publisher *publisher, const struct message *message)
{
	int token;

	if (is_too_large(publisher, message)) {
		drop_too_large(publisher, message);
		return;
	}
	int error = connection_publish(publisher->options.connection, message, &token);
	if (message_qos(message) == 0) /* lost if it must be: the next reading follows */
		outbox_settle(publisher->outbox, message);
	else if (error == 0)
		outbox_sent(publisher->outbox, message, token, clock_mono_us());
	else if (error == -ENOTCONN)
		enter(publisher, LOST, CLOSE_US);
	else
		hang_up(publisher, lost_ms(publisher, 0));
}

static void send_messages(struct publisher *publisher)
{
	const struct message *message;

	while (publisher->phase == ONLINE && (message = outbox_take(publisher->outbox)))
		send_message(publisher, message);
	if (publisher->phase != ONLINE)
		return;
	if (outbox_take_dropped(publisher->outbox) > 0)
		log_repeat(&publisher->drops, LOG_LEVEL_WARN,
		           "messages were dropped: more came than the broker has taken");
}

/* A broker that answers nothing for 1.5 keep alives is gone, whatever TCP says. */
static int64_t unanswered_deadline_us(const struct publisher *publisher)
{
	size_t bytes;
	int64_t oldest_us = outbox_oldest_us(publisher->outbox, &bytes);

	if (oldest_us == INT64_MAX)
		return INT64_MAX;
	return oldest_us + publisher->keep_alive_s * USEC_PER_SEC * 3 / 2 +
	       (int64_t)bytes * USEC_PER_SEC / SLOWEST_BYTES_PER_S;
}

static void handle_deadline(struct publisher *publisher)
{
	switch (publisher->phase) {
	case WAITING:
		dial(publisher);
		break;
	case CONNECTING:
		log_trouble(publisher, "does not answer");
		connection_renew(publisher->options.connection);
		wait_to_retry(publisher, dialer_failed(&publisher->dialer, 0, false));
		break;
	case SUBSCRIBING:
	case ONLINE:
	case LOST:
		log_trouble(publisher, "has stopped answering");
		hang_up(publisher, lost_ms(publisher, 0));
		break;
	case CLOSING:
		connection_renew(publisher->options.connection);
		wait_to_retry(publisher, publisher->retry_ms);
		break;
	case STOPPED:
		break;
	}
}

static void check_deadlines(struct publisher *publisher)
{
	int64_t now_us = clock_mono_us();

	if (publisher->phase == ONLINE)
		publisher->deadline_us = unanswered_deadline_us(publisher);
	if (now_us >= publisher->deadline_us)
		handle_deadline(publisher);
	if (now_us >= publisher->birth_us)
		answer_birth(publisher);
	if (publisher->stopping && publisher->phase == ONLINE &&
	    (outbox_is_empty(publisher->outbox) || now_us >= publisher->stop_us))
		hang_up(publisher, 0);
}

static void wait_for_work(const struct publisher *publisher)
{
	struct pollfd fds[] = {
		{.fd = queue_fd(publisher->options.events), .events = POLLIN},
		{.fd = queue_fd(publisher->options.posts), .events = POLLIN},
	};
	int64_t deadline_us = publisher->deadline_us < publisher->birth_us ? publisher->deadline_us
	                                                                   : publisher->birth_us;
	int64_t now_us = clock_mono_us();

	if (deadline_us > now_us + HEARTBEAT_PERIOD_US)
		deadline_us = now_us + HEARTBEAT_PERIOD_US;
	/* A closed queue stays readable. */
	if (publisher->stopping) {
		fds[1].fd = -1;
		if (deadline_us > publisher->stop_us)
			deadline_us = publisher->stop_us;
	}
	int64_t left_us = deadline_us > now_us ? deadline_us - now_us : 0;
	const struct timespec timeout = {.tv_sec = left_us / USEC_PER_SEC,
	                                 .tv_nsec = left_us % USEC_PER_SEC * 1000};
	ppoll(fds, sizeof(fds) / sizeof(fds[0]), &timeout, NULL);
}

void publisher_run(struct publisher *publisher)
{
	struct heartbeats *heartbeats = control_heartbeats(publisher->options.control);

	heartbeats_add(heartbeats, &publisher->heartbeat);
	enter(publisher, WAITING, 0);
	while (publisher->phase != STOPPED) {
		heartbeat_beat(&publisher->heartbeat);
		wait_for_work(publisher);
		take_events(publisher);
		take_posts(publisher);
		send_messages(publisher);
		check_deadlines(publisher);
	}
	heartbeats_remove(heartbeats, &publisher->heartbeat);
}
