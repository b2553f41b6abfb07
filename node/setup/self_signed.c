#include "setup/self_signed.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_S (24 * 3600)
#define LIFE_S (SELF_SIGNED_YEARS * 365 * (time_t)DAY_S)
#define SERIAL_BYTES 16
#define DIGEST_BYTES 32
#define NAME_SIZE 280
#define LOCAL ".local"

struct maker {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
	int error; /* of gnutls; the first sticks */
};

static void check(struct maker *maker, int result)
{
	if (maker->error == 0 && result < 0)
		maker->error = result;
}

static void set_name(struct maker *maker, const char *name)
{
	check(maker,
	      gnutls_x509_crt_set_subject_alt_name(maker->certificate, GNUTLS_SAN_DNSNAME, name,
	                                           (unsigned)strlen(name), GNUTLS_FSAN_APPEND));
}

static void set_address(struct maker *maker, const char *address)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	bool v6 = strchr(address, ':') != NULL;

	if (inet_pton(v6 ? AF_INET6 : AF_INET, address, bytes) != 1)
		return;
	check(maker, gnutls_x509_crt_set_subject_alt_name(maker->certificate, GNUTLS_SAN_IPADDRESS,
	                                                  bytes, v6 ? 16 : 4, GNUTLS_FSAN_APPEND));
}

static void set_names(struct maker *maker, const char *host, const char *address)
{
	char local[NAME_SIZE];

	snprintf(local, sizeof(local), "%s" LOCAL, host);
	check(maker, gnutls_x509_crt_set_dn_by_oid(maker->certificate, GNUTLS_OID_X520_COMMON_NAME,
	                                           0, host, (unsigned)strlen(host)));
	set_name(maker, host);
	if (!strchr(host, '.'))
		set_name(maker, local);
	set_name(maker, "localhost");
	set_address(maker, "127.0.0.1");
	set_address(maker, address);
}

/* From yesterday on: another machine's clock may be behind. */
static void set_life(struct maker *maker)
{
	time_t now = time(NULL);

	check(maker, gnutls_x509_crt_set_activation_time(maker->certificate, now - DAY_S));
	check(maker, gnutls_x509_crt_set_expiration_time(maker->certificate, now + LIFE_S));
}

static void sign(struct maker *maker)
{
	unsigned char serial[SERIAL_BYTES];

	check(maker, gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial)));
	serial[0] &= 0x7f; /* positive */
	check(maker, gnutls_x509_crt_set_serial(maker->certificate, serial, sizeof(serial)));
	check(maker, gnutls_x509_crt_set_version(maker->certificate, 3));
	check(maker, gnutls_x509_crt_set_basic_constraints(maker->certificate, 0, -1));
	check(maker,
	      gnutls_x509_crt_set_key_usage(maker->certificate, GNUTLS_KEY_DIGITAL_SIGNATURE));
	check(maker,
	      gnutls_x509_crt_set_key_purpose_oid(maker->certificate, GNUTLS_KP_TLS_WWW_SERVER, 0));
	check(maker, gnutls_x509_crt_set_key(maker->certificate, maker->key));
	check(maker, gnutls_x509_crt_sign2(maker->certificate, maker->certificate, maker->key,
	                                   GNUTLS_DIG_SHA256, 0));
}

static void write_fingerprint(struct maker *maker, char ret_text[SELF_SIGNED_FINGERPRINT_SIZE])
{
	unsigned char digest[DIGEST_BYTES] = {0};
	size_t size = sizeof(digest);

	check(maker, gnutls_x509_crt_get_fingerprint(maker->certificate, GNUTLS_DIG_SHA256, digest,
	                                             &size));
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret_text + 3 * i, 4, "%02X%s", digest[i],
		         i + 1 < sizeof(digest) ? ":" : "");
}

static char *take(gnutls_datum_t *datum)
{
	char *text = datum->data ? strndup((char *)datum->data, datum->size) : NULL;

	if (datum->data)
		explicit_bzero(datum->data, datum->size);
	gnutls_free(datum->data);
	return text;
}

static int export(struct maker *maker, struct self_signed *ret_made)
{
	struct self_signed made = {0};
	gnutls_datum_t certificate = {0}, key = {0};

	check(maker,
	      gnutls_x509_crt_export2(maker->certificate, GNUTLS_X509_FMT_PEM, &certificate));
	check(maker, gnutls_x509_privkey_export2(maker->key, GNUTLS_X509_FMT_PEM, &key));
	write_fingerprint(maker, made.fingerprint);
	made.certificate = take(&certificate);
	made.key = take(&key);
	if (maker->error < 0 || !made.certificate || !made.key) {
		self_signed_finish(&made);
		return -EIO;
	}
	*ret_made = made;
	return 0;
}

int self_signed_make(const char *host, const char *address, struct self_signed *ret_made)
{
	struct maker maker = {0};
	int r = -EIO;

	check(&maker, gnutls_x509_privkey_init(&maker.key));
	check(&maker, gnutls_x509_crt_init(&maker.certificate));
	if (maker.error == 0) {
		check(&maker, gnutls_x509_privkey_generate(
				      maker.key, GNUTLS_PK_ECDSA,
				      GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
		set_names(&maker, host, address);
		set_life(&maker);
		sign(&maker);
		r = export(&maker, ret_made);
	}
	if (maker.certificate)
		gnutls_x509_crt_deinit(maker.certificate);
	if (maker.key)
		gnutls_x509_privkey_deinit(maker.key);
	return r;
}

void self_signed_finish(struct self_signed *made)
{
	if (made->key)
		explicit_bzero(made->key, strlen(made->key));
	free(made->key);
	free(made->certificate);
	*made = (struct self_signed){0};
}
