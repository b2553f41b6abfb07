#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define PREFIX_BYTES 8 /* a /64 */

struct address address_of(const struct sockaddr *socket_address)
{
	struct address address = {0};

	if (socket_address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)socket_address;

		address.bytes[10] = address.bytes[11] = 0xff;
		memcpy(address.bytes + 12, &in->sin_addr, 4);
	} else if (socket_address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)socket_address;
		bool mapped = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);

		memcpy(address.bytes, &in6->sin6_addr, mapped ? 16 : PREFIX_BYTES);
	}
	return address;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void address_format(const struct address *address, char ret_text[static ADDRESS_TEXT_SIZE])
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr in6;

	memcpy(&in6, address->bytes, sizeof(in6));
	if (IN6_IS_ADDR_V4MAPPED(&in6)) {
		inet_ntop(AF_INET, address->bytes + 12, ret_text, ADDRESS_TEXT_SIZE);
		return;
	}
	inet_ntop(AF_INET6, &in6, text, sizeof(text));
	snprintf(ret_text, ADDRESS_TEXT_SIZE, "%s/64", text);
}
