#include "mqtt/properties.h"

#include <string.h>

#include "base/clock.h"

static void add_text(MQTTProperties *properties, enum MQTTPropertyCodes code, const void *text,
                     size_t length)
{
	MQTTProperty item = {.identifier = code,
	                     .value.data = {.data = (char *)text, .len = (int)length}};

	MQTTProperties_add(properties, &item);
}

static void add_time(MQTTProperties *properties, int64_t wall_us)
{
	char time[CLOCK_ISO_SIZE];
	MQTTProperty item = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY,
	                     .value.data = {.data = "ts", .len = 2}};

	clock_format_iso(wall_us, time);
	item.value.value = (MQTTLenString){.data = time, .len = (int)strlen(time)};
	MQTTProperties_add(properties, &item);
}

/* Of what is not this node's own topic, nothing is known. */
static void add_expiry(MQTTProperties *properties, enum topic_kind kind)
{
	MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL};

	if (kind >= TOPIC_KIND_COUNT || topic_table[kind].expiry_s == 0)
		return;
	expiry.value.integer4 = (unsigned)topic_table[kind].expiry_s;
	MQTTProperties_add(properties, &expiry);
}

static const char *content_type(const struct message *message)
{
	if (message_is_binary(message))
		return "image/jpeg";
	return message_is_json(message) ? "application/json" : "text/plain";
}

void properties_add(MQTTProperties *properties, const struct message *message)
{
	MQTTProperty is_text = {.identifier = MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR,
	                        .value.byte = 1};
	const char *type = content_type(message);
	size_t correlation_length;
	const void *correlation = message_correlation(message, &correlation_length);

	add_expiry(properties, message_kind(message));
	if (message_time_us(message) > 0)
		add_time(properties, message_time_us(message));
	if (!message_is_binary(message))
		MQTTProperties_add(properties, &is_text);
	add_text(properties, MQTTPROPERTY_CODE_CONTENT_TYPE, type, strlen(type));
	if (correlation)
		add_text(properties, MQTTPROPERTY_CODE_CORRELATION_DATA, correlation,
		         correlation_length);
}
