#include "http/credential.h"

#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <string.h>

static bool has_control_character(const char *text)
{
	for (; *text; text++) {
		if (iscntrl((unsigned char)*text))
			return true;
	}
	return false;
}

static int set(struct credential *credential, const char *user, const char *secret)
{
	if (!*secret || has_control_character(user) || has_control_character(secret))
		return -EINVAL;
	if (str_copy(credential->user, sizeof(credential->user), user) < 0)
		return -ENAMETOOLONG;
	return str_copy(credential->secret, sizeof(credential->secret), secret);
}

/* "user:password"; a password may contain colons. */
static int parse_pair(const gnutls_datum_t *pair, struct credential *credential)
{
	char text[CREDENTIAL_USER_SIZE + CREDENTIAL_SECRET_SIZE];
	char *colon;
	int r;

	if (pair->size >= sizeof(text))
		return -ENAMETOOLONG;
	if (memchr(pair->data, '\0', pair->size))
		return -EINVAL;
	memcpy(text, pair->data, pair->size);
	text[pair->size] = '\0';
	colon = strchr(text, ':');
	if (colon)
		*colon = '\0';
	r = colon ? set(credential, text, colon + 1) : -EINVAL;
	explicit_bzero(text, sizeof(text));
	return r;
}

static int parse_basic(const char *encoded, struct credential *credential)
{
	const gnutls_datum_t base64 = {(unsigned char *)encoded, (unsigned)strlen(encoded)};
	gnutls_datum_t pair;
	int r;

	if (base64.size == 0 || gnutls_base64_decode2(&base64, &pair) < 0)
		return -EINVAL;
	r = parse_pair(&pair, credential);
	explicit_bzero(pair.data, pair.size);
	gnutls_free(pair.data);
	return r;
}

/* What follows the scheme and blanks, or NULL if it is another scheme. */
static const char *skip_scheme(const char *header, const char *scheme)
{
	size_t length = strlen(scheme);

	if (strncasecmp(header, scheme, length) != 0 || header[length] != ' ')
		return NULL;
	return header + length + strspn(header + length, " ");
}

int credential_parse(const char *header, struct credential *ret_credential)
{
	struct credential credential = {0};
	const char *rest;
	int r = -EINVAL;

	if ((rest = skip_scheme(header, "Basic"))) {
		r = parse_basic(rest, &credential);
	} else if ((rest = skip_scheme(header, "Bearer"))) {
		credential.bearer = true;
		r = set(&credential, "", rest);
	}
	if (r == 0)
		*ret_credential = credential;
	credential_wipe(&credential);
	return r;
}

void credential_wipe(struct credential *credential)
{
	explicit_bzero(credential, sizeof(*credential));
}
