#include "setup/broker_address.h"

#include "base/str.h"
#include "config/rule.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_PORT 65535

static const struct {
	const char *scheme;
	bool tls;
} schemes[] = {
	{"mqtt://", false}, {"mqtts://", true}, {"tcp://", false},
	{"ssl://", true},   {"tls://", true},
};

/* What is behind the scheme. */
static const char *skip_scheme(const char *text, bool *ret_tls)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t length = strlen(schemes[i].scheme);

		if (strncasecmp(text, schemes[i].scheme, length) != 0)
			continue;
		*ret_tls = schemes[i].tls;
		return text + length;
	}
	return NULL;
}

/* Cuts "host:port" or "[host]:port" in two; the port is NULL without. NULL: a bracket is missing.
 */
static char *cut_port(char *place, char **ret_port)
{
	char *end = place[0] == '[' ? strchr(place, ']') : strchr(place, ':');

	*ret_port = NULL;
	if (place[0] == '[') {
		if (!end || (end[1] && end[1] != ':'))
			return NULL;
		*end++ = '\0';
		place++;
	} else if (end && strchr(end + 1, ':')) {
		return place; /* an IPv6 address */
	}
	if (end && *end == ':') {
		*end = '\0';
		*ret_port = end + 1;
	}
	return place;
}

static int parse_place(const char *text, struct broker_address *address)
{
	char place[BROKER_TEXT_SIZE];
	size_t length = strlen(text);
	int64_t number;
	char *port;

	if (length > 0 && text[length - 1] == '/') /* as browsers copy it */
		length--;
	if (length >= sizeof(place))
		return -EINVAL;
	snprintf(place, sizeof(place), "%.*s", (int)length, text);
	const char *host = cut_port(place, &port);
	if (!host || !rule_host.holds(host) ||
	    str_copy(address->host, sizeof(address->host), host) < 0)
		return -EINVAL;
	if (!port)
		return 0;
	if (str_parse_i64(port, &number) < 0 || number < 1 || number > MAX_PORT)
		return -EINVAL;
	address->port = (int)number;
	return 0;
}

int broker_address_parse(const char *text, struct broker_address *ret_address)
{
	struct broker_address address = {0};
	const char *place = skip_scheme(text, &address.tls);

	if (strcasecmp(text, BROKER_NONE) == 0) {
		address.none = true;
		*ret_address = address;
		return 0;
	}
	if (parse_place(place ? place : text, &address) < 0)
		return -EINVAL;
	if (!place)
		address.tls = address.port == BROKER_TLS_PORT;
	if (address.port == 0)
		address.port = address.tls ? BROKER_TLS_PORT : BROKER_PORT;
	*ret_address = address;
	return 0;
}

static bool is_broker_address(const char *text)
{
	struct broker_address address;

	return broker_address_parse(text, &address) == 0;
}

const struct option_rule broker_address_rule = {
	is_broker_address,
	"mqtt://HOST, mqtts://HOST for TLS, each with :PORT or without, or none"};

void broker_address_format(const struct config_mqtt *config, char ret_text[BROKER_TEXT_SIZE])
{
	bool v6 = strchr(config->host, ':') != NULL;
	char port[8] = "";

	if (!config->enabled) {
		snprintf(ret_text, BROKER_TEXT_SIZE, BROKER_NONE);
		return;
	}
	if (config->port != (config->tls ? BROKER_TLS_PORT : BROKER_PORT))
		snprintf(port, sizeof(port), ":%d", config->port);
	snprintf(ret_text, BROKER_TEXT_SIZE, "%s://%s%.*s%s%s", config->tls ? "mqtts" : "mqtt",
	         v6 ? "[" : "", BROKER_HOST_SIZE - 1, config->host, v6 ? "]" : "", port);
}
