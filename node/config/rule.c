#include "config/rule.h"

#include "base/str.h"
#include "config/config.h"
#include "proto/command.h"
#include "proto/topic.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#define LABEL_MAX_BYTES 64
#define HASH_MIN_BYTES 13 /* shorter is no crypt(5) hash, but a password in its place */

const struct option_rule rule_id = {str_is_id, "1 to 64 of a-z 0-9 _ -"};

static bool is_label(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= LABEL_MAX_BYTES && !isspace((unsigned char)text[0]) &&
	       !isspace((unsigned char)text[length - 1]);
}

const struct option_rule rule_label = {is_label, "1 to 64 bytes, no blanks at the ends"};

/* The words that `profile/set` takes besides names. */
static bool is_profile(const char *text)
{
	return str_is_id(text) && strcmp(text, CONFIG_PROFILE_CUSTOM) != 0 &&
	       strcmp(text, COMMAND_PROFILE_AUTO) != 0;
}

const struct option_rule rule_profile = {is_profile,
                                         "1 to 64 of a-z 0-9 _ -, but not " CONFIG_PROFILE_CUSTOM
                                         " or " COMMAND_PROFILE_AUTO};

static bool is_host(const char *text)
{
	return *text && !strpbrk(text, " /\\@?#");
}

const struct option_rule rule_host = {is_host, "a host name or IP address"};
const struct option_rule rule_http_host = {is_host, "a host name or address as browsers send it"};

static bool is_bind_address(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET, text, &address) == 1 ||
	       inet_pton(AF_INET6, text, &address) == 1 || strcmp(text, "localhost") == 0;
}

const struct option_rule rule_bind = {
	is_bind_address, "an IP address of this machine, such as 127.0.0.1, 0.0.0.0 (all) or ::"};

/* The part behind "http://" or "https://", or NULL. */
static const char *after_scheme(const char *text)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t length = strlen(schemes[i]);

		if (strncmp(text, schemes[i], length) == 0)
			return text + length;
	}
	return NULL;
}

static bool is_url(const char *text)
{
	const char *host = after_scheme(text);

	return host && *host && *host != '/' && !strpbrk(host, " \"<>");
}

const struct option_rule rule_url = {is_url, "an address that begins with http:// or https://"};

static bool is_origin(const char *text)
{
	return is_url(text) && is_host(after_scheme(text));
}

const struct option_rule rule_http_origin = {
	is_origin, "http:// or https://, a host and perhaps a port, no path"};

const struct option_rule rule_topic_prefix = {
	topic_is_prefix, "1 to 63 bytes without + and #, no $ in front, no / at the ends"};

static bool is_source(const char *text)
{
	static const char *const with_more[] = {"libcamera:", "replay:"};

	if (strcmp(text, "auto") == 0 || strcmp(text, "pattern") == 0 ||
	    strcmp(text, "libcamera") == 0)
		return true;
	for (size_t i = 0; i < sizeof(with_more) / sizeof(with_more[0]); i++) {
		size_t length = strlen(with_more[i]);

		if (strncmp(text, with_more[i], length) == 0)
			return text[length] != '\0';
	}
	return false;
}

const struct option_rule rule_source = {
	is_source, "auto, pattern, libcamera, libcamera:ID or INDEX, replay:FILE or URL"};

static bool is_time_of_day(const char *text)
{
	int seconds;

	return str_parse_time_of_day(text, &seconds) == 0;
}

const struct option_rule rule_time_of_day = {is_time_of_day,
                                             "a time of day, 00:00 to 24:00, or 00:00:00"};

static bool is_encoder(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return length > 0 && length <= LABEL_MAX_BYTES && text[length] == '\0';
}

const struct option_rule rule_encoder = {is_encoder, "the name of an encoder of libavcodec"};

static bool is_hash(const char *text)
{
	return text[0] == '$' && strlen(text) >= HASH_MIN_BYTES && !strpbrk(text, " :;*!\\");
}

const struct option_rule rule_hash = {is_hash, "a hash as camnode --hash-password prints it"};
