#include "setup/broker_trial.h"

#include "base/clock.h"
#include "base/thread.h"
#include "mqtt/certificate.h"
#include "mqtt/connection.h"
#include "mqtt/reason.h"
#include "proto/message.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define REACH_TIMEOUT_MS 5000
#define EVENT_TIMEOUT_US ((CONNECTION_CONNECT_TIMEOUT_S + 5) * USEC_PER_SEC)
#define GOODBYE_TIMEOUT_US USEC_PER_SEC
#define KEEP_ALIVE_S 20
#define CLIENT_ID_SIZE (ID_SIZE + 32)
#define TRIAL_PAYLOAD "setup"
#define TRIAL_TOPIC_SIZE 256

struct trial {
	const struct config_mqtt *config;
	const char *node_id;
	char text[BROKER_TRIAL_TEXT_SIZE];
	struct connection *connection;
	int version;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct connection_event event; /* the last that is waited for; guarded by mutex */
	bool has_event;                /* guarded by mutex */
};

static void say(struct trial *trial, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct trial *trial, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(trial->text, sizeof(trial->text), fmt, args);
	va_end(args);
}

/* 0 or the error of the connection. */
static int reach_one(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);

	if (fd < 0)
		return errno;
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0) {
		error = errno;
		if (error == EINPROGRESS && poll(&pollfd, 1, REACH_TIMEOUT_MS) == 0)
			error = ETIMEDOUT;
		else if (error == EINPROGRESS)
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	}
	close(fd);
	return error;
}

static void say_unreachable(struct trial *trial, int error)
{
	const struct config_mqtt *config = trial->config;

	if (error == ECONNREFUSED)
		say(trial, "refused: %s is there, but nothing listens at its port %d", config->host,
		    config->port);
	else if (error == ETIMEDOUT)
		say(trial, "no answer from %s, port %d: is it switched on, or behind a firewall?",
		    config->host, config->port);
	else
		say(trial, "%s cannot be reached: %s", config->host, strerrordesc_np(error));
}

/* The library says only that it does not get through. */
static bool is_reachable(struct trial *trial)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *addresses;
	int error = EHOSTUNREACH;
	char port[8];

	snprintf(port, sizeof(port), "%d", trial->config->port);
	if (getaddrinfo(trial->config->host, port, &hints, &addresses) != 0) {
		say(trial, "unknown host: there is no address for the name %s",
		    trial->config->host);
		return false;
	}
	for (const struct addrinfo *address = addresses; address && error != 0;
	     address = address->ai_next)
		error = reach_one(address);
	freeaddrinfo(addresses);
	if (error != 0)
		say_unreachable(trial, error);
	return error == 0;
}

static void on_event(void *user, const struct connection_event *event)
{
	struct trial *trial = user;

	pthread_mutex_lock(&trial->mutex);
	trial->event = *event;
	trial->has_event = true;
	pthread_cond_broadcast(&trial->changed);
	pthread_mutex_unlock(&trial->mutex);
}

static void on_arrival(void *user, const struct arrival *arrival)
{
}

/* The next event, or one of kind FAILED when none comes. */
static struct connection_event wait_event(struct trial *trial, int64_t timeout_us)
{
	int64_t deadline_us = clock_mono_us() + timeout_us;
	struct connection_event event = {.kind = CONNECTION_FAILED, .text = "does not answer"};

	pthread_mutex_lock(&trial->mutex);
	while (!trial->has_event &&
	       cond_wait_until(&trial->changed, &trial->mutex, deadline_us) == 0)
		;
	if (trial->has_event)
		event = trial->event;
	trial->has_event = false;
	pthread_mutex_unlock(&trial->mutex);
	return event;
}

static struct connection_event try_version(struct trial *trial, int version)
{
	trial->version = version;
	if (connection_open(trial->connection, version, KEEP_ALIVE_S) < 0)
		return (struct connection_event){.kind = CONNECTION_FAILED,
		                                 .text = "the MQTT library fails"};
	return wait_event(trial, EVENT_TIMEOUT_US);
}

static struct connection_event try_versions(struct trial *trial)
{
	int only = trial->config->version;
	struct connection_event event = try_version(trial, only ? only : 5);

	if (only == 0 && event.kind == CONNECTION_FAILED &&
	    (reason_is_version(event.reason) || event.hung_up))
		event = try_version(trial, 3);
	return event;
}

static enum broker_verdict judge_refusal(struct trial *trial, int reason)
{
	const struct config_mqtt *config = trial->config;

	if (!reason_is_credentials(reason))
		say(trial, "it refuses the connection: %s", reason_text(reason));
	else if (!config->username[0] && !config->cert_file[0])
		say(trial, "it asks for a user name and a password (%s)", reason_text(reason));
	else
		say(trial, "it refuses the user \"%s\": wrong name or password (%s)",
		    config->username, reason_text(reason));
	return BROKER_REFUSES;
}

/* The library tells a port for TLS, which hangs up at once, now and then from a closed one. */
static bool speaks_tls(const struct trial *trial)
{
	struct config_mqtt stranger = *trial->config;
	char verdict[CONNECTION_TEXT_SIZE];

	stranger.ca_file = ""; /* so that there is something to say of its certificate */
	return certificate_judge(&stranger, verdict, sizeof(verdict)) == 0;
}

static enum broker_verdict judge_failure(struct trial *trial, const struct connection_event *event)
{
	const struct config_mqtt *config = trial->config;
	char verdict[CONNECTION_TEXT_SIZE];

	if (event->reason)
		return judge_refusal(trial, event->reason);
	if (config->tls && certificate_judge(config, verdict, sizeof(verdict)) == 0) {
		say(trial, "%s", verdict);
		return BROKER_NOT_VERIFIED;
	}
	say(trial, "%s%s", event->text,
	    !config->tls && (event->hung_up || speaks_tls(trial))
	            ? ": is this its port for TLS? Then mqtts://"
	            : "");
	return config->tls ? BROKER_NOT_VERIFIED : BROKER_UNREACHABLE;
}

/* Only MQTT 5 says that it doesn't take a message. */
static enum broker_verdict try_to_write(struct trial *trial)
{
	_cleanup_(message_unref_p) struct message *message = NULL;
	char topic[TRIAL_TOPIC_SIZE];
	int token;

	say(trial, "connected by MQTT %s", trial->version == 5 ? "5" : "3.1.1");
	snprintf(topic, sizeof(topic), "%s/%s/setup", trial->config->prefix, trial->node_id);
	message = message_new_reply(topic, TRIAL_PAYLOAD, strlen(TRIAL_PAYLOAD), NULL);
	if (trial->version != 5 || !message ||
	    connection_publish(trial->connection, message, &token) < 0)
		return BROKER_WORKS;
	struct connection_event event = wait_event(trial, EVENT_TIMEOUT_US);
	if (event.kind != CONNECTION_ANSWERED || event.reason < REASON_FAILURE)
		return BROKER_WORKS;
	say(trial, "it lets \"%s\" in, but not write below %s/%s (%s): see its access control",
	    trial->config->username, trial->config->prefix, trial->node_id,
	    reason_text(event.reason));
	return BROKER_REFUSES;
}

static enum broker_verdict judge(struct trial *trial)
{
	struct connection_event event = try_versions(trial);

	if (event.kind != CONNECTION_UP)
		return judge_failure(trial, &event);
	enum broker_verdict verdict = try_to_write(trial);
	if (connection_close(trial->connection) == 0)
		wait_event(trial, GOODBYE_TIMEOUT_US);
	return verdict;
}

static enum broker_verdict connect_and_judge(struct trial *trial)
{
	char client_id[CLIENT_ID_SIZE];
	enum broker_verdict verdict = BROKER_UNREACHABLE;

	snprintf(client_id, sizeof(client_id), "camnode-%s-setup", trial->node_id);
	trial->connection = connection_new(&(struct connection_options){
		.config = trial->config,
		.client_id = client_id,
		.event = on_event,
		.arrived = on_arrival,
		.user = trial,
	});
	if (trial->connection)
		verdict = judge(trial);
	else
		say(trial, "no memory");
	connection_free(trial->connection);
	return verdict;
}

enum broker_verdict broker_trial(const struct config_mqtt *config, const char *node_id,
                                 char ret_text[BROKER_TRIAL_TEXT_SIZE])
{
	struct trial trial = {.config = config, .node_id = node_id};
	enum broker_verdict verdict = BROKER_UNREACHABLE;

	pthread_mutex_init(&trial.mutex, NULL);
	cond_init(&trial.changed);
	if (is_reachable(&trial))
		verdict = connect_and_judge(&trial);
	pthread_cond_destroy(&trial.changed);
	pthread_mutex_destroy(&trial.mutex);
	snprintf(ret_text, BROKER_TRIAL_TEXT_SIZE, "%s", trial.text);
	return verdict;
}
