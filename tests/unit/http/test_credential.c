#include "http/credential.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gnutls/gnutls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* "Basic " and the text in base64. */
static int parse_basic(const char *text, struct credential *ret_credential)
{
	const gnutls_datum_t plain = {(unsigned char *)text, (unsigned)strlen(text)};
	gnutls_datum_t encoded;
	char header[2048];

	assert_int_equal(gnutls_base64_encode2(&plain, &encoded), 0);
	snprintf(header, sizeof(header), "Basic %.*s", (int)encoded.size, encoded.data);
	gnutls_free(encoded.data);
	return credential_parse(header, ret_credential);
}

static void a_user_and_a_password(void **state)
{
	struct credential credential;

	/* The example of RFC 7617. */
	assert_int_equal(credential_parse("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", &credential), 0);
	assert_false(credential.bearer);
	assert_string_equal(credential.user, "Aladdin");
	assert_string_equal(credential.secret, "open sesame");
}

static void a_password_may_have_colons(void **state)
{
	struct credential credential;

	assert_int_equal(parse_basic("me:a:b:", &credential), 0);
	assert_string_equal(credential.user, "me");
	assert_string_equal(credential.secret, "a:b:");
}

static void a_token(void **state)
{
	struct credential credential;

	assert_int_equal(credential_parse("bearer  abc.def", &credential), 0);
	assert_true(credential.bearer);
	assert_string_equal(credential.user, "");
	assert_string_equal(credential.secret, "abc.def");
}

static void nonsense_is_refused(void **state)
{
	static const char *const headers[] = {
		"",
		"Basic",
		"Basic ",
		"Bearer",
		"Bearer ",
		"Digest x=y",
		"Basic !!!!",
		"Basic YQ==",
		"Basicx QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
		"Bearer a\tb",
		"Basic AAAA",
	};
	struct credential credential = {.user = "untouched"};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_int_equal(credential_parse(headers[i], &credential), -EINVAL);
	assert_int_equal(parse_basic("no colon", &credential), -EINVAL);
	assert_int_equal(parse_basic("empty:", &credential), -EINVAL);
	assert_int_equal(parse_basic("line:feed\n", &credential), -EINVAL);
	assert_string_equal(credential.user, "untouched");
}

/* "uuu…:sss…" with so many of each. */
static int parse_lengths(size_t user, size_t secret)
{
	struct credential credential;
	char text[1024];

	memset(text, 'u', user);
	text[user] = ':';
	memset(text + user + 1, 's', secret);
	text[user + 1 + secret] = '\0';
	return parse_basic(text, &credential);
}

static void lengths_are_limited(void **state)
{
	assert_int_equal(parse_lengths(CREDENTIAL_USER_SIZE - 1, CREDENTIAL_SECRET_SIZE - 1), 0);
	assert_int_equal(parse_lengths(CREDENTIAL_USER_SIZE, 1), -ENAMETOOLONG);
	assert_int_equal(parse_lengths(1, CREDENTIAL_SECRET_SIZE), -ENAMETOOLONG);
	assert_int_equal(parse_lengths(1, 900), -ENAMETOOLONG);
}

static void wiping_leaves_nothing(void **state)
{
	static const struct credential zero;
	struct credential credential;

	assert_int_equal(parse_basic("me:secret", &credential), 0);
	credential_wipe(&credential);
	assert_memory_equal(&credential, &zero, sizeof(zero));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_and_a_password),
		cmocka_unit_test(a_password_may_have_colons),
		cmocka_unit_test(a_token),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(lengths_are_limited),
		cmocka_unit_test(wiping_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
