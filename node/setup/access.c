/* Who may come in from other machines: a user with a password, and HTTPS. */
#include "setup/core.h"

#include "base/cleanup.h"
#include "base/machine.h"
#include "base/str.h"
#include "config/rule.h"
#include "http/auth.h"
#include "setup/self_signed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#define EVERY_ADDRESS "0.0.0.0"
#define FIRST_USER "admin"
#define MIN_PASSWORD_BYTES 8
#define MADE_GROUPS 4
#define MADE_GROUP 4
#define MADE_SIZE (MADE_GROUPS * (MADE_GROUP + 1))
#define LETTERS "abcdefghijkmnpqrstuvwxyz23456789" /* 32 that are not taken for each other */
#define CERTIFICATE_FILE "http-cert.pem"
#define KEY_FILE "http-key.pem"
#define HOST_SIZE (NI_MAXHOST)
#define ADDRESS_SIZE INET6_ADDRSTRLEN

static int ask_open(struct setup *setup, bool *ret_open)
{
	const char *lan = setup->given->lan;
	const struct question question = {
		"Let other machines in, by name and password?",
		"lan",
		!lan                              ? NULL
		: strcasecmp(lan, DIALOG_NO) == 0 ? DIALOG_NO
						  : DIALOG_YES,
		setup->is_open || setup->dialog.asks ? DIALOG_YES : DIALOG_NO,
		NULL,
	};

	return dialog_ask_yes(&setup->dialog, &question, ret_open);
}

/* Its place in the list; the number of users if it is not there. */
static size_t find_user(const struct config_http *http, const char *name)
{
	size_t i = 0;

	while (i < http->user_count && strcmp(http->users[i].name, name) != 0)
		i++;
	return i;
}

static int ask_user(struct setup *setup, char **ret_user)
{
	const struct config_http *http = &setup->config->http;
	bool has_user = http->user_count > 0 && str_is_id(http->users[0].name);
	const struct question question = {"User", "lan", setup->given->lan,
	                                  has_user ? http->users[0].name : FIRST_USER, &rule_id};

	return dialog_ask(&setup->dialog, &question, ret_user);
}

static int make_password(char **ret_password)
{
	unsigned char random[MADE_GROUPS * MADE_GROUP];
	char *password = calloc(1, MADE_SIZE);
	char *end = password;

	if (!password || gnutls_rnd(GNUTLS_RND_KEY, random, sizeof(random)) < 0) {
		free(password);
		return -ENOMEM;
	}
	for (size_t i = 0; i < sizeof(random); i++) {
		if (i > 0 && i % MADE_GROUP == 0)
			*end++ = '-';
		*end++ = LETTERS[random[i] % (sizeof(LETTERS) - 1)];
	}
	explicit_bzero(random, sizeof(random));
	*ret_password = password;
	return 0;
}

static bool is_good(const char *password)
{
	size_t length = strlen(password);

	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)password[i] < ' ' || password[i] == 0x7f)
			return false;
	}
	return length >= MIN_PASSWORD_BYTES && length < CREDENTIAL_SECRET_SIZE;
}

static void free_wiped(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}
DEFINE_CLEANUP(char *, free_wiped);

/* Twice the same; "" for the first is an answer, too. */
static int type_password(const char *prompt, char **ret_password)
{
	for (;;) {
		_cleanup_(free_wiped_p) char *first = NULL;
		_cleanup_(free_wiped_p) char *second = NULL;
		int r = dialog_read_secret(prompt, &first);

		if (r < 0)
			return r;
		if (*first && !is_good(first)) {
			dialog_warn("   %d to %d characters, please.\n", MIN_PASSWORD_BYTES,
			            CREDENTIAL_SECRET_SIZE - 1);
			continue;
		}
		if (*first)
			r = dialog_read_secret("   Again: ", &second);
		if (r < 0)
			return r;
		if (second && strcmp(first, second) != 0) {
			dialog_warn("   They differ.\n");
			continue;
		}
		*ret_password = move_ptr(first);
		return 0;
	}
}

static int read_given(struct setup *setup, char **ret_password)
{
	_cleanup_(free_wiped_p) char *password = NULL;
	int r = setup_read_password("lan-password-file", setup->given->lan_password_file,
	                            &password);

	if (r < 0)
		return r;
	if (!is_good(password)) {
		dialog_warn("camnode: --lan-password-file: the password has to have %d to %d "
		            "characters\n",
		            MIN_PASSWORD_BYTES, CREDENTIAL_SECRET_SIZE - 1);
		return -EINVAL;
	}
	*ret_password = move_ptr(password);
	return 0;
}

/* NULL: it stays as it is. */
static int choose_password(struct setup *setup, bool is_known, char **ret_password)
{
	_cleanup_(free_wiped_p) char *password = NULL;
	int r = 0;

	if (setup->given->lan_password_file)
		return read_given(setup, ret_password);
	if (setup->dialog.asks)
		r = type_password(is_known ? "   Password [unchanged]: "
		                           : "   Password [one is made]: ",
		                  &password);
	if (r < 0)
		return r;
	if (password && *password) {
		*ret_password = move_ptr(password);
		return 0;
	}
	if (is_known)
		return 0;
	r = make_password(ret_password);
	if (r == 0)
		setup->made_password = strdup(*ret_password);
	return r;
}

static int set_hash(struct setup *setup, const char *user, size_t index, const char *file)
{
	const struct edit_field fields[] = {
		{"name", user}, {"role", "operator"}, {"hash_file", file}};
	char key[OPTION_PATH_SIZE];
	int r;

	if (index == setup->config->http.user_count)
		return edit_add(&setup->edit, "http.users", fields, 3);
	option_path(key, "http.users[%zu].hash", index);
	r = edit_unset(&setup->edit, key);
	option_path(key, "http.users[%zu].hash_file", index);
	return r < 0 ? r : edit_set(&setup->edit, key, file);
}

static int set_password(struct setup *setup, const char *user, size_t index, const char *password)
{
	_cleanup_free_ char *hash = http_hash_password(password);
	_cleanup_free_ char *line = NULL;
	char file[ID_SIZE + 16];

	if (!hash || asprintf(&line, "%s\n", hash) < 0) {
		line = NULL; /* undefined after a failure */
		return -ENOMEM;
	}
	snprintf(file, sizeof(file), "user-%s.hash", user);
	int r = setup_add_file(setup, file, line, true);
	return r < 0 ? r : set_hash(setup, user, index, file);
}

static int choose_user(struct setup *setup)
{
	const struct config_http *http = &setup->config->http;
	_cleanup_(free_wiped_p) char *password = NULL;
	int r = ask_user(setup, &setup->user);

	if (r < 0)
		return r;
	size_t index = find_user(http, setup->user);
	r = choose_password(setup, index < http->user_count, &password);
	if (r == 0 && password)
		r = set_password(setup, setup->user, index, password);
	return r;
}

static int make_certificate(struct setup *setup)
{
	_cleanup_(self_signed_finish) struct self_signed made = {0};
	char host[HOST_SIZE], address[ADDRESS_SIZE];
	int r;

	machine_host_name(host, sizeof(host));
	machine_ip(address, sizeof(address));
	r = self_signed_make(host, address, &made);
	if (r < 0)
		return r;
	dialog_say("   A certificate for %s, of %d years. Browsers ask whether to trust it;\n"
	           "   SHA-256 %s\n",
	           host, SELF_SIGNED_YEARS, made.fingerprint);
	r = setup_add_file(setup, CERTIFICATE_FILE, made.certificate, false);
	if (r == 0)
		r = setup_add_file(setup, KEY_FILE, made.key, true);
	if (r == 0)
		r = edit_set(&setup->edit, "http.tls_cert_file", CERTIFICATE_FILE);
	return r < 0 ? r : edit_set(&setup->edit, "http.tls_key_file", KEY_FILE);
}

static int choose_encryption(struct setup *setup)
{
	bool was_encrypted = setup->is_encrypted;
	const struct question question = {"HTTPS, with a certificate of the node's own?", "lan-tls",
	                                  setup->given->lan_tls,
	                                  was_encrypted ? DIALOG_YES : DIALOG_NO, NULL};
	int r = dialog_ask_yes(&setup->dialog, &question, &setup->is_encrypted);

	if (r < 0 || setup->is_encrypted == was_encrypted)
		return r;
	if (setup->is_encrypted)
		return make_certificate(setup);
	r = edit_unset(&setup->edit, "http.tls_cert_file");
	return r < 0 ? r : edit_unset(&setup->edit, "http.tls_key_file");
}

static int open_door(struct setup *setup)
{
	const struct config_http *http = &setup->config->http;
	int r = choose_user(setup);

	if (r == 0)
		r = choose_encryption(setup);
	if (r == 0 && !http->enabled)
		r = edit_set(&setup->edit, "http.enabled", "true");
	if (r == 0 && config_is_loopback(http->bind))
		r = edit_set(&setup->edit, "http.bind", EVERY_ADDRESS);
	return r;
}

/* Answers to questions that will not come. */
static int check_given(const struct setup *setup)
{
	const struct cli_setup *given = setup->given;
	bool is_closed = given->lan ? strcasecmp(given->lan, DIALOG_NO) == 0 : !setup->dialog.asks;

	if (is_closed && given->lan_password_file)
		return setup_needs("lan-password-file", "--lan=USER");
	if (is_closed && given->lan_tls)
		return setup_needs("lan-tls", "--lan=USER");
	return 0;
}

int setup_access(struct setup *setup)
{
	const struct config_http *http = &setup->config->http;
	bool was_open = http->enabled && !config_is_loopback(http->bind);
	int r = check_given(setup);

	if (r < 0)
		return r;
	if (setup->dialog.asks || setup->given->lan)
		dialog_say("\nAccess from other machines\n");
	setup->is_open = was_open;
	setup->is_encrypted = *http->tls_cert_file;
	if (was_open && http->anonymous && !setup->given->lan) {
		dialog_say("   Everybody may watch and command (http.anonymous). It stays so.\n");
		return 0;
	}
	if (!setup->dialog.asks && !setup->given->lan)
		return 0;
	r = ask_open(setup, &setup->is_open);
	if (r < 0)
		return r;
	if (setup->is_open)
		return open_door(setup);
	return was_open ? edit_set(&setup->edit, "http.bind", "127.0.0.1") : 0;
}
