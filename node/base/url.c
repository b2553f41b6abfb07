#include "base/url.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME_END "://"

/* The host and perhaps a port; in brackets an address has colons of its own. */
static bool has_port_or_none(const char *host, size_t length)
{
	const char *colon = memrchr(host, ':', length);

	if (!colon || host[length - 1] == ']')
		return true;
	size_t digits = strspn(colon + 1, "0123456789");
	return digits > 0 && colon + 1 + digits == host + length;
}

/* Takes the login out of "user:password@host/path". A '/', '?' or '#' in a password ends what
 * libraries take for the host, too: what is left of the login then has a ':' that no port follows,
 * and all that comes may be secret. */
static void cut_login(char *rest)
{
	size_t length = strcspn(rest, "/");
	const char *at = memrchr(rest, '@', length);

	if (at)
		memmove(rest, at + 1, strlen(at + 1) + 1);
	else if (!has_port_or_none(rest, length))
		*rest = '\0';
}

/* Ends the path before its first part with a parameter. */
static void cut_parameters(char *path)
{
	char *end = strchr(path, '=');

	if (!end)
		return;
	while (end[-1] != '/')
		end--;
	*end = '\0';
}

void url_hide_secrets(char *text)
{
	char *url = strstr(text, SCHEME_END);

	if (!url)
		return;
	url[strcspn(url, "?#")] = '\0';
	for (char *rest = url; (rest = strstr(rest, SCHEME_END));) {
		rest += strlen(SCHEME_END);
		cut_login(rest);
	}
	url += strlen(SCHEME_END);
	cut_parameters(url + strcspn(url, "/"));
}

char *url_without_secrets(const char *text)
{
	char *copy = strdup(text);

	if (copy)
		url_hide_secrets(copy);
	return copy;
}
