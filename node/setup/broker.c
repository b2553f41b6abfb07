/* The broker: asked for and tried until it works, or the person is content. */
#include "setup/core.h"

#include "base/cleanup.h"
#include "setup/broker_address.h"
#include "setup/broker_trial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PASSWORD_FILE "mqtt-password"
#define SYSTEM_CA "system"
#define NOBODY "none"

/* What was answered. */
struct choice {
	struct broker_address address;
	char *address_text;
	char *user;     /* "" for none */
	char *password; /* NULL: as it is */
	char *ca_file;  /* absolute; "" or NULL: the system's */
};

static void forget_password(struct choice *choice)
{
	if (choice->password)
		explicit_bzero(choice->password, strlen(choice->password));
	free(choice->password);
	choice->password = NULL;
}

static void choice_finish(struct choice *choice)
{
	forget_password(choice);
	free(choice->address_text);
	free(choice->user);
	free(choice->ca_file);
	*choice = (struct choice){0};
}

/* Asks again: what was answered before is what Enter keeps. */
static int ask_text(struct setup *setup, struct question *question, char **text)
{
	char *answer;

	if (*text && **text)
		question->now = *text;
	int r = dialog_ask(&setup->dialog, question, &answer);
	if (r < 0)
		return r;
	free(*text);
	*text = answer;
	return 0;
}

static int ask_address(struct setup *setup, struct choice *choice)
{
	char now[BROKER_TEXT_SIZE];

	broker_address_format(&setup->config->mqtt, now);
	struct question question = {"Address: mqtt://HOST, mqtts://HOST for TLS, or none", "broker",
	                            setup->given->broker, now, &broker_address_rule};
	int r = ask_text(setup, &question, &choice->address_text);
	return r < 0 ? r : broker_address_parse(choice->address_text, &choice->address);
}

static int ask_user(struct setup *setup, struct choice *choice)
{
	const char *now = setup->config->mqtt.username;
	struct question question = {"User, or none", "broker-user", setup->given->broker_user,
	                            *now ? now : NOBODY, NULL};
	int r = ask_text(setup, &question, &choice->user);

	if (r == 0 && strcmp(choice->user, NOBODY) == 0)
		choice->user[0] = '\0';
	return r;
}

static int ask_password(struct setup *setup, struct choice *choice)
{
	const struct config_mqtt *config = &setup->config->mqtt;
	bool is_known = *config->password && strcmp(config->username, choice->user) == 0;
	const char *path = setup->given->broker_password_file;

	if (!*choice->user)
		return path ? setup_needs("broker-password-file", "--broker-user") : 0;
	if (path)
		return setup_read_password("broker-password-file", path, &choice->password);
	if (!setup->dialog.asks)
		return 0;
	int r = dialog_read_secret(is_known ? "   Password [unchanged]: " : "   Password: ",
	                           &choice->password);
	if (r == 0 && is_known && !*choice->password) {
		free(choice->password);
		choice->password = NULL;
	}
	return r;
}

static bool is_readable(const char *path)
{
	return strcmp(path, SYSTEM_CA) == 0 || access(path, R_OK) == 0;
}

static int ask_ca(struct setup *setup, struct choice *choice)
{
	static const struct option_rule rule = {is_readable,
	                                        "a file that can be read, or " SYSTEM_CA};
	const char *now = setup->config->mqtt.ca_file;
	struct question question = {"File with its authority's certificate", "broker-ca",
	                            setup->given->broker_ca, *now ? now : SYSTEM_CA, &rule};
	_cleanup_free_ char *path = NULL;

	if (!choice->address.tls)
		return setup->given->broker_ca ? setup_needs("broker-ca", "--broker=mqtts://HOST")
		                               : 0;
	int r = ask_text(setup, &question, &choice->ca_file);
	if (r < 0)
		return r;
	path = strcmp(choice->ca_file, SYSTEM_CA) == 0 ? strdup("")
	                                               : realpath(choice->ca_file, NULL);
	if (!path)
		return -ENOMEM;
	free(choice->ca_file);
	choice->ca_file = move_ptr(path);
	return 0;
}

static int ask(struct setup *setup, struct choice *choice)
{
	int r = ask_address(setup, choice);

	if (r == 0 && !choice->address.none)
		r = ask_ca(setup, choice);
	if (r == 0 && !choice->address.none)
		r = ask_user(setup, choice);
	if (r == 0 && !choice->address.none)
		r = ask_password(setup, choice);
	return r;
}

/* Says what is found. */
static enum broker_verdict try_broker(struct setup *setup, const struct choice *choice)
{
	struct config_mqtt mqtt = setup->config->mqtt; /* a view: nothing in it is owned */
	char text[BROKER_TRIAL_TEXT_SIZE];

	mqtt.host = (char *)choice->address.host;
	mqtt.port = choice->address.port;
	mqtt.tls = choice->address.tls;
	mqtt.ca_file = choice->ca_file ? choice->ca_file : "";
	mqtt.username = choice->user;
	if (choice->password)
		mqtt.password = choice->password;
	dialog_say("   Trying %s, port %d ... ", mqtt.host, mqtt.port);
	enum broker_verdict verdict = broker_trial(&mqtt, setup->id, text);
	dialog_say("%s\n", text);
	return verdict;
}

static int set_text(struct setup *setup, const char *key, const char *value, const char *now)
{
	return strcmp(value, now) == 0 ? 0 : edit_set(&setup->edit, key, value);
}

static int set_address(struct setup *setup, const struct broker_address *address)
{
	const struct config_mqtt *now = &setup->config->mqtt;
	char port[8];
	int r = now->enabled ? 0 : edit_set(&setup->edit, "mqtt.enabled", "true");

	snprintf(port, sizeof(port), "%d", address->port);
	if (r == 0)
		r = set_text(setup, "mqtt.host", address->host, now->host);
	if (r == 0 && address->tls != now->tls)
		r = edit_set(&setup->edit, "mqtt.tls", address->tls ? "true" : "false");
	if (r == 0 && (edit_has(&setup->edit, "mqtt.port") ||
	               address->port != (address->tls ? BROKER_TLS_PORT : BROKER_PORT)))
		r = address->port == now->port ? 0 : edit_set(&setup->edit, "mqtt.port", port);
	return r;
}

static int set_ca(struct setup *setup, const char *ca_file)
{
	if (!ca_file || !*ca_file)
		return edit_unset(&setup->edit, "mqtt.ca_file");
	return set_text(setup, "mqtt.ca_file", ca_file, setup->config->mqtt.ca_file);
}

/* The password goes into a file of its own. */
static int set_password(struct setup *setup, const char *password)
{
	_cleanup_free_ char *line = NULL;
	int r;

	if (!password)
		return 0;
	if (asprintf(&line, "%s\n", password) < 0) {
		line = NULL; /* undefined after a failure */
		return -ENOMEM;
	}
	r = setup_add_file(setup, PASSWORD_FILE, line, true);
	explicit_bzero(line, strlen(line));
	if (r == 0)
		r = edit_unset(&setup->edit, "mqtt.password");
	return r < 0 ? r : edit_set(&setup->edit, "mqtt.password_file", PASSWORD_FILE);
}

static int set_user(struct setup *setup, const struct choice *choice)
{
	int r;

	if (*choice->user) {
		r = set_text(setup, "mqtt.username", choice->user, setup->config->mqtt.username);
		return r < 0 ? r : set_password(setup, choice->password);
	}
	r = edit_unset(&setup->edit, "mqtt.username");
	if (r == 0)
		r = edit_unset(&setup->edit, "mqtt.password");
	return r < 0 ? r : edit_unset(&setup->edit, "mqtt.password_file");
}

static int set(struct setup *setup, const struct choice *choice)
{
	int r;

	if (choice->address.none && !setup->dialog.asks)
		dialog_say("   " BROKER_NONE "\n");
	if (choice->address.none)
		return setup->config->mqtt.enabled ? edit_set(&setup->edit, "mqtt.enabled", "false")
		                                   : 0;
	r = set_address(setup, &choice->address);
	if (r == 0)
		r = set_ca(setup, choice->ca_file);
	return r < 0 ? r : set_user(setup, choice);
}

/* What options say is not asked again: it would be the same. */
static int ask_again(struct setup *setup, bool *ret_again)
{
	const struct question question = {"Enter it again? (No: it is taken as it is)", "", NULL,
	                                  DIALOG_YES, NULL};

	*ret_again = false;
	if (!setup->dialog.asks || setup->given->broker)
		return 0;
	return dialog_ask_yes(&setup->dialog, &question, ret_again);
}

/* Where no person decides: what a broker refuses does not replace what may work. One that can't be
 * reached may come later. What options leave as it is does not keep others from being written. */
static void accept_verdict(struct setup *setup, enum broker_verdict verdict)
{
	const struct cli_setup *given = setup->given;
	bool is_given = given->broker || given->broker_ca || given->broker_user ||
	                given->broker_password_file || given->node_id;

	if (setup->dialog.asks || verdict == BROKER_WORKS)
		return;
	if (verdict == BROKER_UNREACHABLE)
		dialog_say("   It is taken as it is: the node tries again and again\n");
	else if (is_given)
		setup->refusal = verdict == BROKER_REFUSES
		                         ? "correct the user, the password or the rights"
		                         : "correct --broker-ca, or its certificate";
}

int setup_broker(struct setup *setup)
{
	enum broker_verdict verdict = BROKER_WORKS;
	_cleanup_(choice_finish) struct choice choice = {0};
	bool again = true;
	int r = 0;

	dialog_say("\nThe MQTT broker\n");
	while (r == 0 && again) {
		forget_password(&choice);
		r = ask(setup, &choice);
		if (r < 0 || choice.address.none)
			break;
		verdict = try_broker(setup, &choice);
		if (verdict == BROKER_WORKS)
			break;
		r = ask_again(setup, &again);
	}
	accept_verdict(setup, verdict);
	return r < 0 ? r : set(setup, &choice);
}
