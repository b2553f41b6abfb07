#include "mqtt/connection.h"

#include <MQTTAsync.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/properties.h"
#include "mqtt/reason.h"

#define SYSTEM_CA_FILE "/etc/ssl/certs/ca-certificates.crt"
#define OFFLINE "offline"
#define URI_SIZE 320
#define MAX_BUFFERED 100               /* messages in the library */
#define MAX_INCOMING_BYTES (64 * 1024) /* of a packet, told to brokers with MQTT 5 */

/* The library tells kinds of failures apart only by these texts. */
#define REFUSED_BY_CONNACK "CONNACK return code"
#define NO_CONNACK "TCP connect completion failure"
#define TIMEOUT "TCP connect timeout"

struct connection {
	struct connection_options options;
	char uri[URI_SIZE];
	MQTTAsync client;                     /* NULL before the first connection_open() */
	int version;                          /* of `client` */
	size_t filter_count;                  /* of connection_subscribe() */
	char tls_error[CONNECTION_TEXT_SIZE]; /* guarded by the library's lock */
};

static void report(struct connection *connection, const struct connection_event *event)
{
	connection->options.event(connection->options.user, event);
}

static void on_up(void *context, MQTTAsync_successData *data)
{
	report(context, &(struct connection_event){.kind = CONNECTION_UP});
}

static int property(MQTTProperties *properties, enum MQTTPropertyCodes code)
{
	if (!MQTTProperties_hasProperty(properties, code))
		return 0;
	return MQTTProperties_getNumericValue(properties, code);
}

static void on_up_5(void *context, MQTTAsync_successData5 *data)
{
	MQTTProperties *properties = &data->properties;
	const struct connection_event event = {
		.kind = CONNECTION_UP,
		.max_packet_bytes =
			(unsigned)property(properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE),
		.keep_alive_s = property(properties, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE),
	};

	report(context, &event);
}

static const char *failure_text(const struct connection *connection, const char *message)
{
	if (connection->tls_error[0])
		return connection->tls_error;
	if (!message)
		return "cannot connect: its name is unknown, or there is no route to it";
	if (strcmp(message, NO_CONNACK) == 0)
		return "hangs up without an answer";
	if (strcmp(message, TIMEOUT) == 0)
		return "does not answer";
	if (connection->options.config->tls)
		return "cannot connect: unreachable, no TLS, or a certificate for another name";
	return "cannot connect: unreachable, or nothing listens there";
}

static void report_failure(struct connection *connection, int code, const char *message)
{
	struct connection_event event = {.kind = CONNECTION_FAILED};

	if (message && strcmp(message, REFUSED_BY_CONNACK) == 0)
		event.reason = code & 0xff;
	event.hung_up = message && strcmp(message, NO_CONNACK) == 0;
	snprintf(event.text, sizeof(event.text), "%s", failure_text(connection, message));
	report(connection, &event);
}

static void on_failed(void *context, MQTTAsync_failureData *data)
{
	report_failure(context, data->code, data->message);
}

static void on_failed_5(void *context, MQTTAsync_failureData5 *data)
{
	report_failure(context, data->code, data->message);
}

/* For several filters, and they always are, the library gives a list. */
static void on_subscribed(void *context, MQTTAsync_successData *data)
{
	struct connection *connection = context;
	struct connection_event event = {.kind = CONNECTION_SUBSCRIBED};

	for (size_t i = 0; i < connection->filter_count; i++)
		event.granted[i] = (unsigned char)data->alt.qosList[i];
	report(context, &event);
}

static void on_subscribed_5(void *context, MQTTAsync_successData5 *data)
{
	struct connection_event event = {.kind = CONNECTION_SUBSCRIBED};

	for (int i = 0; i < data->alt.sub.reasonCodeCount && i < CONNECTION_MAX_FILTERS; i++)
		event.granted[i] = (unsigned char)data->alt.sub.reasonCodes[i];
	report(context, &event);
}

static void report_answer(struct connection *connection, int token, int reason)
{
	const struct connection_event event = {
		.kind = CONNECTION_ANSWERED, .token = token, .reason = reason};

	report(connection, &event);
}

static void on_published(void *context, MQTTAsync_successData *data)
{
	report_answer(context, data->token, 0);
}

static void on_published_5(void *context, MQTTAsync_successData5 *data)
{
	report_answer(context, data->token, 0);
}

/* Also called for what is in flight when the connection breaks: that is no answer. */
static void on_not_published_5(void *context, MQTTAsync_failureData5 *data)
{
	if (data->reasonCode >= REASON_FAILURE)
		report_answer(context, data->token, (int)data->reasonCode);
}

static void on_lost(void *context, char *cause)
{
	report(context, &(struct connection_event){.kind = CONNECTION_LOST});
}

/* After the broker's DISCONNECT the library does not call on_lost(). */
static void on_disconnected(void *context, MQTTProperties *properties, enum MQTTReasonCodes reason)
{
	report(context, &(struct connection_event){.kind = CONNECTION_LOST, .reason = (int)reason});
}

static void on_closed(void *context, MQTTAsync_successData *data)
{
	report(context, &(struct connection_event){.kind = CONNECTION_CLOSED});
}

static void on_closed_5(void *context, MQTTAsync_successData5 *data)
{
	report(context, &(struct connection_event){.kind = CONNECTION_CLOSED});
}

static void read_properties(const MQTTProperties *properties, struct arrival *arrival)
{
	for (int i = 0; i < properties->count; i++) {
		const MQTTProperty *item = &properties->array[i];

		if (item->identifier == MQTTPROPERTY_CODE_RESPONSE_TOPIC) {
			arrival->response_topic = item->value.data.data;
			arrival->response_topic_length = (size_t)item->value.data.len;
		} else if (item->identifier == MQTTPROPERTY_CODE_CORRELATION_DATA) {
			arrival->correlation = item->value.data.data;
			arrival->correlation_length = (size_t)item->value.data.len;
		} else if (item->identifier == MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL) {
			arrival->expired = item->value.integer4 == 0;
		}
	}
}

/* Always 1, "done with": what is not taken would be delivered again and again. */
static int on_arrived(void *context, char *topic, int topic_length, MQTTAsync_message *message)
{
	struct connection *connection = context;
	struct arrival arrival = {
		.topic = topic,
		.payload = message->payload,
		.length = (size_t)message->payloadlen,
		.retained = message->retained,
	};

	read_properties(&message->properties, &arrival);
	if (topic_length == 0 || (size_t)topic_length == strlen(topic)) /* no NULs in it */
		connection->options.arrived(connection->options.user, &arrival);
	MQTTAsync_freeMessage(&message);
	MQTTAsync_free(topic);
	return 1;
}

/* A line of OpenSSL's, "thread:error:code:library:function:reason:file:line:": the first reason is
 * kept. */
static int on_tls_error(const char *text, size_t length, void *context)
{
	struct connection *connection = context;
	const char *end = text + length;

	for (int field = 0; field < 5 && text; field++) {
		text = memchr(text, ':', (size_t)(end - text));
		text = text ? text + 1 : NULL;
	}
	if (text && !connection->tls_error[0]) {
		const char *colon = memchr(text, ':', (size_t)(end - text));
		snprintf(connection->tls_error, sizeof(connection->tls_error), "TLS: %.*s",
		         (int)((colon ? colon : end) - text), text);
	}
	return 1;
}

static int to_errno(int code)
{
	switch (code) {
	case MQTTASYNC_SUCCESS:
		return 0;
	case MQTTASYNC_DISCONNECTED:
		return -ENOTCONN;
	case MQTTASYNC_MAX_MESSAGES_INFLIGHT:
	case MQTTASYNC_MAX_BUFFERED_MESSAGES:
		return -ENOBUFS;
	case MQTTASYNC_BAD_UTF8_STRING:
		return -EILSEQ;
	default:
		return -EIO;
	}
}

struct connection *connection_new(const struct connection_options *options)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	const struct config_mqtt *config = options->config;
	bool v6 = strchr(config->host, ':') != NULL;

	if (!connection)
		return NULL;
	connection->options = *options;
	snprintf(connection->uri, sizeof(connection->uri), "%s://%s%s%s:%d",
	         config->tls ? "ssl" : "tcp", v6 ? "[" : "", config->host, v6 ? "]" : "",
	         config->port);
	return connection;
}

void connection_free(struct connection *connection)
{
	if (!connection)
		return;
	if (connection->client)
		MQTTAsync_destroy(&connection->client);
	free(connection);
}

static int create_client(struct connection *connection, int version, MQTTAsync *ret_client)
{
	const MQTTAsync_createOptions options_5 = MQTTAsync_createOptions_initializer5;
	const MQTTAsync_createOptions options_3 = MQTTAsync_createOptions_initializer;
	MQTTAsync_createOptions options = version == 5 ? options_5 : options_3;
	MQTTAsync client;

	options.MQTTVersion = version == 5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
	options.sendWhileDisconnected = 0;
	options.maxBufferedMessages = MAX_BUFFERED;
	int error = to_errno(
		MQTTAsync_createWithOptions(&client, connection->uri, connection->options.client_id,
	                                    MQTTCLIENT_PERSISTENCE_NONE, NULL, &options));
	if (error < 0)
		return error;
	MQTTAsync_setCallbacks(client, connection, on_lost, on_arrived, NULL);
	MQTTAsync_setDisconnected(client, connection, on_disconnected);
	*ret_client = client;
	return 0;
}

/* The new client is made before the old one goes, so that the library's threads live on: stopping
 * and starting them takes a second. */
static int replace_client(struct connection *connection, int version)
{
	MQTTAsync client;
	int error = create_client(connection, version, &client);

	if (error < 0)
		return error;
	if (connection->client)
		MQTTAsync_destroy(&connection->client);
	connection->client = client;
	connection->version = version;
	return 0;
}

static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static MQTTAsync_SSLOptions tls_options(struct connection *connection)
{
	const struct config_mqtt *config = connection->options.config;
	MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;

	tls.trustStore = config->ca_file[0] ? config->ca_file : SYSTEM_CA_FILE;
	tls.keyStore = or_null(config->cert_file);
	tls.privateKey = or_null(config->key_file);
	tls.enableServerCertAuth = 1;
	tls.verify = 1; /* the certificate must name the host */
	tls.sslVersion = MQTT_SSL_VERSION_TLS_1_2;
	tls.ssl_error_cb = on_tls_error;
	tls.ssl_error_context = connection;
	return tls;
}

static MQTTAsync_connectOptions connect_options(struct connection *connection, int version)
{
	const MQTTAsync_connectOptions options_5 = MQTTAsync_connectOptions_initializer5;
	const MQTTAsync_connectOptions options_3 = MQTTAsync_connectOptions_initializer;
	MQTTAsync_connectOptions options = version == 5 ? options_5 : options_3;
	const struct config_mqtt *config = connection->options.config;

	if (version == 5) {
		options.cleansession = 0; /* the library wants it so: that flag is 3.1.1's */
		options.cleanstart = 1;
		options.onSuccess5 = on_up_5;
		options.onFailure5 = on_failed_5;
	} else {
		options.MQTTVersion = MQTTVERSION_3_1_1;
		options.cleansession = 1;
		options.onSuccess = on_up;
		options.onFailure = on_failed;
	}
	options.context = connection;
	options.automaticReconnect = 0;
	options.connectTimeout = CONNECTION_CONNECT_TIMEOUT_S;
	options.username = or_null(config->username);
	options.password = or_null(config->password);
	return options;
}

int connection_open(struct connection *connection, int version, int keep_alive_s)
{
	if (!connection->client || connection->version != version) {
		int error = replace_client(connection, version);
		if (error < 0)
			return error;
	}
	MQTTAsync_connectOptions options = connect_options(connection, version);
	MQTTAsync_SSLOptions tls = tls_options(connection);
	MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
	MQTTProperties properties = MQTTProperties_initializer;
	MQTTProperty limit = {.identifier = MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE,
	                      .value.integer4 = MAX_INCOMING_BYTES};

	will.topicName = connection->options.status_topic;
	will.message = OFFLINE;
	will.qos = 1;
	will.retained = 1;
	if (connection->options.status_topic)
		options.will = &will;
	/* The library gives up after twice this, looking ten times meanwhile or every second, and
	 * 1.5 times the keep alive are wanted. */
	options.keepAliveInterval = keep_alive_s * 2 / 3 - 1;
	if (connection->options.config->tls)
		options.ssl = &tls;
	if (version == 5 && MQTTProperties_add(&properties, &limit) == 0)
		options.connectProperties = &properties;
	connection->tls_error[0] = '\0';
	int error = to_errno(MQTTAsync_connect(connection->client, &options));
	MQTTProperties_free(&properties);
	return error;
}

int connection_subscribe(struct connection *connection, const char *const filters[], size_t count)
{
	MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
	/* None that the broker has kept, and those retained from now on with their flag. */
	const MQTTSubscribe_options live_only = {
		.struct_id = {'M', 'Q', 'S', 'O'}, .retainAsPublished = 1, .retainHandling = 2};
	MQTTSubscribe_options options[CONNECTION_MAX_FILTERS];
	char *topics[CONNECTION_MAX_FILTERS];
	int qos[CONNECTION_MAX_FILTERS];

	assert(count >= 2 && count <= CONNECTION_MAX_FILTERS);
	for (size_t i = 0; i < count; i++) {
		options[i] = live_only;
		topics[i] = (char *)filters[i];
		qos[i] = 1;
	}
	connection->filter_count = count;
	response.context = connection;
	if (connection->version == 5) {
		response.onSuccess5 = on_subscribed_5;
		response.subscribeOptionsList = options;
		response.subscribeOptionsCount = (int)count;
	} else {
		response.onSuccess = on_subscribed;
	}
	return to_errno(
		MQTTAsync_subscribeMany(connection->client, (int)count, topics, qos, &response));
}

int connection_publish(struct connection *connection, const struct message *message, int *ret_token)
{
	MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
	MQTTAsync_message packet = MQTTAsync_message_initializer;

	packet.payload = (void *)message_payload(message);
	packet.payloadlen = (int)message_length(message);
	packet.qos = message_qos(message);
	packet.retained = message_retain(message);
	response.context = connection;
	if (connection->version == 5)
		properties_add(&packet.properties, message);
	if (packet.qos > 0 && connection->version == 5) {
		response.onSuccess5 = on_published_5;
		response.onFailure5 = on_not_published_5;
	} else if (packet.qos > 0) {
		response.onSuccess = on_published;
	}
	int error = to_errno(MQTTAsync_sendMessage(connection->client, message_topic(message),
	                                           &packet, &response));
	MQTTProperties_free(&packet.properties);
	if (error == 0)
		*ret_token = response.token;
	return error;
}

int connection_close(struct connection *connection)
{
	const MQTTAsync_disconnectOptions options_5 = MQTTAsync_disconnectOptions_initializer5;
	const MQTTAsync_disconnectOptions options_3 = MQTTAsync_disconnectOptions_initializer;
	MQTTAsync_disconnectOptions options = connection->version == 5 ? options_5 : options_3;

	options.context = connection;
	if (connection->version == 5)
		options.onSuccess5 = on_closed_5;
	else
		options.onSuccess = on_closed;
	return to_errno(MQTTAsync_disconnect(connection->client, &options));
}

int connection_renew(struct connection *connection)
{
	return replace_client(connection, connection->version);
}
