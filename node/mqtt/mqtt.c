#include "mqtt/mqtt.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "mqtt/connection.h"
#include "mqtt/discovery.h"
#include "mqtt/inbox.h"
#include "mqtt/publisher.h"

#define CLIENT_ID_PREFIX "camnode-"
#define MAX_POSTS 1024 /* on their way to the publisher */
#define MAX_EVENTS 256 /* of the connection; more than messages in flight */
#define STOP_US (PUBLISHER_DRAIN_US + 3 * USEC_PER_SEC)

struct mqtt {
	struct control *control;
	char client_id[sizeof(CLIENT_ID_PREFIX) + ID_SIZE];
	char status_topic[TOPIC_SIZE];
	char birth_topic[TOPIC_SIZE]; /* "" without discovery */
	struct queue *posts;          /* of struct message */
	struct queue *events;         /* of struct connection_event */
	atomic_bool overflowed;
	struct inbox *inbox;
	struct connection *connection;
	struct publisher *publisher;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool finished; /* guarded by mutex: the thread is about to end */
};

static void unref_message(void *item)
{
	message_unref(item);
}

/* On the control thread. What the publisher is too busy for it takes from the board later. */
static void on_post(void *user, struct message *message)
{
	struct mqtt *mqtt = user;

	if (queue_push(mqtt->posts, message_ref(message)) == 0)
		return;
	message_unref(message);
	atomic_store(&mqtt->overflowed, true);
}

/* On Paho's threads, as the next. A lost event costs no more than a reconnect: the publisher waits
 * for none without a deadline. */
static void on_event(void *user, const struct connection_event *event)
{
	struct mqtt *mqtt = user;
	struct connection_event *copy = malloc(sizeof(*copy));

	if (!copy)
		return;
	*copy = *event;
	if (queue_push(mqtt->events, copy) < 0)
		free(copy);
}

/* Parsing 4 KiB and enqueueing takes microseconds, so there is no thread in between. */
static void on_arrived(void *user, const struct arrival *arrival)
{
	struct mqtt *mqtt = user;

	if (strcmp(arrival->topic, mqtt->birth_topic) != 0)
		inbox_take(mqtt->inbox, arrival);
	else if (arrival->length == strlen(DISCOVERY_BIRTH) &&
	         memcmp(arrival->payload, DISCOVERY_BIRTH, arrival->length) == 0)
		on_event(mqtt, &(struct connection_event){.kind = CONNECTION_BIRTH});
}

static int init(struct mqtt *mqtt, struct control *control)
{
	const struct config *config = control_config(control);
	const struct connection_options connection = {
		.config = &config->mqtt,
		.client_id = mqtt->client_id,
		.status_topic = mqtt->status_topic,
		.event = on_event,
		.arrived = on_arrived,
		.user = mqtt,
	};

	pthread_mutex_init(&mqtt->mutex, NULL);
	cond_init(&mqtt->changed);
	mqtt->control = control;
	snprintf(mqtt->client_id, sizeof(mqtt->client_id), CLIENT_ID_PREFIX "%s", config->node.id);
	int error = topic_build(mqtt->status_topic, config->mqtt.prefix, config->node.id,
	                        TOPIC_STATUS, NULL);
	if (error == 0 && config->mqtt.discovery)
		error = discovery_birth_topic(config, mqtt->birth_topic);
	if (error < 0)
		return error;
	mqtt->posts = queue_new(MAX_POSTS, unref_message);
	mqtt->events = queue_new(MAX_EVENTS, free);
	mqtt->connection = connection_new(&connection);
	if (!mqtt->posts || !mqtt->events || !mqtt->connection)
		return -ENOMEM;
	const struct publisher_options publisher = {
		.control = control,
		.connection = mqtt->connection,
		.client_id = mqtt->client_id,
		.posts = mqtt->posts,
		.events = mqtt->events,
		.overflowed = &mqtt->overflowed,
	};
	mqtt->inbox = inbox_new(control, mqtt->posts);
	mqtt->publisher = publisher_new(&publisher);
	return mqtt->inbox && mqtt->publisher ? 0 : -ENOMEM;
}

static void mqtt_free(struct mqtt *mqtt)
{
	connection_free(mqtt->connection);
	publisher_free(mqtt->publisher);
	inbox_free(mqtt->inbox);
	queue_free(mqtt->events);
	queue_free(mqtt->posts);
	pthread_cond_destroy(&mqtt->changed);
	pthread_mutex_destroy(&mqtt->mutex);
	free(mqtt);
}

static void *run(void *arg)
{
	struct mqtt *mqtt = arg;

	publisher_run(mqtt->publisher);
	pthread_mutex_lock(&mqtt->mutex);
	mqtt->finished = true;
	pthread_cond_signal(&mqtt->changed);
	pthread_mutex_unlock(&mqtt->mutex);
	return NULL;
}

static int start(struct mqtt *mqtt)
{
	struct board *board = control_board(mqtt->control);
	int error = board_add_listener(board, on_post, mqtt);

	if (error < 0)
		return error;
	error = thread_start(&mqtt->thread, "mqtt", run, mqtt);
	if (error < 0)
		board_remove_listener(board, on_post, mqtt);
	return error;
}

int mqtt_start(struct control *control, struct mqtt **ret_mqtt)
{
	struct mqtt *mqtt = calloc(1, sizeof(*mqtt));

	if (!mqtt)
		return -ENOMEM;
	int error = init(mqtt, control);
	if (error == 0)
		error = start(mqtt);
	if (error < 0) {
		log_error("cannot start MQTT: %s", strerror(-error));
		mqtt_free(mqtt);
		return error;
	}
	*ret_mqtt = mqtt;
	return 0;
}

/* Waits for the thread, but not for ever: 0 or -ETIMEDOUT. */
static int wait_for_end(struct mqtt *mqtt)
{
	int64_t deadline_us = clock_mono_us() + STOP_US;
	int error = 0;

	pthread_mutex_lock(&mqtt->mutex);
	while (!mqtt->finished && error == 0)
		error = cond_wait_until(&mqtt->changed, &mqtt->mutex, deadline_us);
	pthread_mutex_unlock(&mqtt->mutex);
	return error;
}

void mqtt_stop(struct mqtt *mqtt)
{
	if (!mqtt)
		return;
	board_remove_listener(control_board(mqtt->control), on_post, mqtt);
	queue_close(mqtt->posts);
	if (wait_for_end(mqtt) < 0) {
		/* The library looks up a host name under its lock, which may take long. The
		 * process is about to end: what is still in use is left to it. */
		log_warn("the MQTT library does not come to an end");
		return;
	}
	pthread_join(mqtt->thread, NULL);
	control_set_broker(mqtt->control, false, 0);
	mqtt_free(mqtt);
}
