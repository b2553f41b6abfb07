#include "setup/self_signed.h"

#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static gnutls_x509_crt_t read_certificate(const struct self_signed *made)
{
	const gnutls_datum_t pem = {(unsigned char *)made->certificate,
	                            (unsigned)strlen(made->certificate)};
	gnutls_x509_crt_t certificate;

	assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
	assert_int_equal(gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM), 0);
	return certificate;
}

static void it_names_the_machine_in_each_way(void **state)
{
	static const char *const names[] = {"garage", "garage.local", "localhost", "127.0.0.1",
	                                    "192.168.1.7"};
	struct self_signed made;

	assert_int_equal(self_signed_make("garage", "192.168.1.7", &made), 0);
	gnutls_x509_crt_t certificate = read_certificate(&made);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(gnutls_x509_crt_check_hostname(certificate, names[i]));
	assert_false(gnutls_x509_crt_check_hostname(certificate, "kitchen"));
	gnutls_x509_crt_deinit(certificate);
	self_signed_finish(&made);
}

static void it_lasts_ten_years_and_has_a_fingerprint(void **state)
{
	struct self_signed made;
	time_t now = time(NULL);

	assert_int_equal(self_signed_make("garage.example.org", "", &made), 0);
	gnutls_x509_crt_t certificate = read_certificate(&made);
	assert_true(gnutls_x509_crt_get_activation_time(certificate) < now);
	assert_in_range(gnutls_x509_crt_get_expiration_time(certificate) - now, 3640 * 86400L,
	                3660 * 86400L);
	assert_int_equal(strlen(made.fingerprint), 32 * 3 - 1);
	assert_non_null(strstr(made.key, "PRIVATE KEY"));
	gnutls_x509_crt_deinit(certificate);
	self_signed_finish(&made);
}

static void each_has_a_key_of_its_own(void **state)
{
	struct self_signed a, b;

	assert_int_equal(self_signed_make("a", "::1", &a), 0);
	assert_int_equal(self_signed_make("a", "::1", &b), 0);
	assert_string_not_equal(a.key, b.key);
	assert_string_not_equal(a.fingerprint, b.fingerprint);
	self_signed_finish(&a);
	self_signed_finish(&b);
	self_signed_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_names_the_machine_in_each_way),
		cmocka_unit_test(it_lasts_ten_years_and_has_a_fingerprint),
		cmocka_unit_test(each_has_a_key_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
