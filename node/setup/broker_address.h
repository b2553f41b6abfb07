/*
 * A broker's address as people write it: "host", "host:1883", "mqtt://host", "mqtts://host:8884",
 * "mqtt://[::1]", or "none". Pure functions.
 */
#ifndef CAMNODE_SETUP_BROKER_ADDRESS_H
#define CAMNODE_SETUP_BROKER_ADDRESS_H

#include "config/config.h"
#include "config/option.h"

#define BROKER_HOST_SIZE 256
#define BROKER_TEXT_SIZE (BROKER_HOST_SIZE + 24)
#define BROKER_PORT 1883
#define BROKER_TLS_PORT 8883
#define BROKER_NONE "none"

struct broker_address {
	bool none;
	bool tls;
	char host[BROKER_HOST_SIZE];
	int port;
};

/* 0 or -EINVAL. */
int broker_address_parse(const char *text, struct broker_address *ret_address);

extern const struct option_rule broker_address_rule;

/* As parse takes it: "mqtts://host", the port only where it is not the usual one. */
void broker_address_format(const struct config_mqtt *config, char ret_text[BROKER_TEXT_SIZE]);

#endif
