/*
 * A peer's address, as limits and back-offs count it: an IPv4 address, or the /64 of an IPv6
 * address, which is what one subscriber has. Pure functions.
 */
#ifndef CAMNODE_HTTP_ADDRESS_H
#define CAMNODE_HTTP_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
	uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d; all zero for other families */
};

struct address address_of(const struct sockaddr *socket_address);
bool address_equal(const struct address *a, const struct address *b);

/* For people: "192.0.2.1", or "2001:db8:1:2::/64". */
#define ADDRESS_TEXT_SIZE 52
void address_format(const struct address *address, char ret_text[static ADDRESS_TEXT_SIZE]);

#endif
