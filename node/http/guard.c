#include "http/guard.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define HOST_SIZE 256 /* of a DNS name, with NUL */
#define LOCAL_SUFFIX ".local"

struct guard {
	const struct config *config;
	char *host_name;
};

struct guard *guard_new(const struct config *config, const char *host_name)
{
	struct guard *guard = calloc(1, sizeof(*guard));

	if (!guard)
		return NULL;
	guard->config = config;
	guard->host_name = strdup(host_name);
	if (!guard->host_name) {
		free(guard);
		return NULL;
	}
	return guard;
}

void guard_free(struct guard *guard)
{
	if (!guard)
		return;
	free(guard->host_name);
	free(guard);
}

static bool is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits <= 5 && text[digits] == '\0';
}

/* The name or address without port, brackets and trailing dot; false if it is none. */
static bool split_host(const char *host, char ret_name[static HOST_SIZE])
{
	bool bracketed = host[0] == '[';
	const char *name = bracketed ? host + 1 : host;
	size_t length = strcspn(name, bracketed ? "]" : ":");
	const char *rest = name + length;

	if (bracketed) {
		if (*rest != ']')
			return false;
		rest++;
	}
	if (*rest != '\0' && (*rest != ':' || !is_port(rest + 1)))
		return false;
	if (!bracketed && length > 1 && name[length - 1] == '.')
		length--;
	if (length == 0 || length >= HOST_SIZE)
		return false;
	memcpy(ret_name, name, length);
	ret_name[length] = '\0';
	return true;
}

static bool is_address(const char *name)
{
	struct in6_addr address;

	return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

/* "name" or "name.local", as multicast DNS has it. */
static bool is_name_or_local(const char *name, const char *ours)
{
	size_t length = strlen(ours);

	return length > 0 && strncasecmp(name, ours, length) == 0 &&
	       (name[length] == '\0' || strcasecmp(name + length, LOCAL_SUFFIX) == 0);
}

/* The host of "https://host:port/path". */
static bool is_host_of_url(const char *name, const char *url)
{
	const char *host = strstr(url, "://");
	char authority[HOST_SIZE], ours[HOST_SIZE];
	size_t length;

	if (!host)
		return false;
	host += strlen("://");
	length = strcspn(host, "/?#");
	if (length >= sizeof(authority))
		return false;
	memcpy(authority, host, length);
	authority[length] = '\0';
	return split_host(authority, ours) && strcasecmp(name, ours) == 0;
}

static bool is_listed(const char *text, char *const list[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(text, list[i]) == 0)
			return true;
	}
	return false;
}

bool guard_host_is_ours(const struct guard *guard, const char *host)
{
	const struct config_http *http = &guard->config->http;
	char name[HOST_SIZE];

	if (!split_host(host, name))
		return false;
	return is_address(name) || strcasecmp(name, "localhost") == 0 ||
	       strcasecmp(name, http->bind) == 0 ||
	       is_name_or_local(name, guard->config->node.id) ||
	       is_name_or_local(name, guard->host_name) || is_host_of_url(name, http->public_url) ||
	       is_listed(name, http->allowed_hosts, http->allowed_host_count);
}

bool guard_origin_is_listed(const struct guard *guard, const char *origin)
{
	const struct config_http *http = &guard->config->http;

	return is_listed(origin, http->allowed_origins, http->allowed_origin_count);
}

bool guard_allows_change(const struct guard *guard, const char *host, const char *origin,
                         const char *fetch_site)
{
	const char *origin_host;

	if (origin && guard_origin_is_listed(guard, origin))
		return true;
	if (fetch_site && strcasecmp(fetch_site, "cross-site") == 0)
		return false;
	if (!origin)
		return true; /* not a browser: those send one with every POST */
	/* The scheme is not compared: a proxy in front may be the one that speaks TLS. */
	origin_host = strstr(origin, "://");
	return origin_host && host && strcasecmp(origin_host + strlen("://"), host) == 0;
}
