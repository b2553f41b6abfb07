#include "setup/setup.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/machine.h"
#include "base/url.h"
#include "config/path.h"
#include "config/secret.h"
#include "setup/core.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define INSTALLED "/etc/camnode/node.yaml"
#define HERE "node.yaml"
#define FOLDER_MODE 0755
#define MAX_ERRORS 65536
#define ADDRESS_SIZE 256

static const char fresh[] = "# camnode's configuration. All keys: camnode --help-config\n";
static const char fresh_installed[] = "\nnode:\n  state_dir: /var/lib/camnode/state\n\nrecord:\n  "
				      "dir: /var/lib/camnode/recordings\n";

static void print_errors(struct buf *errors)
{
	if (errors->data)
		dialog_warn("%s", errors->data);
	buf_finish(errors);
}

/* Says why. */
static int fail(int error, const char *what)
{
	dialog_warn("camnode: %s: %s\n", what, strerrordesc_np(-error));
	return error;
}

int setup_read_password(const char *option, const char *path, char **ret_password)
{
	struct buf why = {.limit = MAX_ERRORS};
	int r;

	if (strcmp(path, "-") == 0)
		return dialog_read_secret("   Password: ", ret_password);
	r = secret_read(path, ret_password, &why);
	if (r < 0)
		dialog_warn("camnode: --%s: %s %s\n", option, path, why.data ? why.data : "");
	buf_finish(&why);
	return r;
}

int setup_needs(const char *option, const char *other)
{
	dialog_warn("camnode: --%s: means nothing without %s\n", option, other);
	return -EINVAL;
}

int setup_add_file(struct setup *setup, const char *name, const char *data, bool secret)
{
	_cleanup_free_ char *path = path_resolve(setup->folder, name);

	return path ? draft_add(&setup->draft, path, data, secret, NULL) : -ENOMEM;
}

/* The service's file before one of the working folder: who sets a machine up may well stand in a
 * clone of the project, which has a node.yaml. */
static const char *default_path(void)
{
	if (file_may_exist(INSTALLED))
		return INSTALLED;
	if (file_may_exist(HERE))
		return HERE;
	return geteuid() == 0 ? INSTALLED : HERE;
}

/* The file itself, also behind a link; one that is not there yet in its folder. */
static int find_path(struct setup *setup, const char *given)
{
	const char *path = given ? given : default_path();
	_cleanup_free_ char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	setup->path = realpath(path, NULL);
	if (setup->path) {
		setup->folder = path_folder(setup->path);
		return setup->folder ? 0 : -ENOMEM;
	}
	setup->folder = path_folder(path);
	if (!setup->folder)
		return -ENOMEM;
	setup->path = path_resolve(setup->folder, basename(copy));
	return setup->path ? 0 : -ENOMEM;
}

static int check_writable(const struct setup *setup)
{
	if (access(setup->folder, W_OK) == 0 || (errno == ENOENT && geteuid() == 0))
		return 0;
	int error = -errno;
	dialog_warn("camnode: %s cannot be written to: %s; run it with sudo, or name another file "
	            "with --config\n",
	            setup->folder, strerrordesc_np(-error));
	return error;
}

static int begin_fresh(struct setup *setup)
{
	char text[sizeof(fresh) + sizeof(fresh_installed)];

	snprintf(text, sizeof(text), "%s%s", fresh,
	         strcmp(setup->path, INSTALLED) == 0 ? fresh_installed : "");
	return edit_init(&setup->edit, text, strlen(text));
}

static int begin_edit(struct setup *setup)
{
	size_t length;
	char *text;
	int r = file_read(setup->path, CONFIG_MAX_FILE_BYTES, &text, &length);

	if (r == -ENOENT)
		return begin_fresh(setup);
	if (r < 0)
		return r;
	r = edit_init(&setup->edit, text, length);
	explicit_bzero(text, length);
	free(text);
	return r;
}

static int load(struct setup *setup)
{
	struct buf errors;
	bool exists = access(setup->path, F_OK) == 0;

	buf_init(&errors, MAX_ERRORS);
	int r = config_load(exists ? setup->path : NULL, &setup->config, &errors);
	print_errors(&errors);
	if (r == -EINVAL)
		dialog_warn("camnode: correct that first; nothing was changed\n");
	return r;
}

static bool has_answers(const struct cli_setup *given)
{
	return given->yes;
}

static int check_terminal(const struct cli_setup *given)
{
	if (has_answers(given) || isatty(STDIN_FILENO))
		return 0;
	dialog_warn("camnode: --setup: standard input is no terminal, so nobody can be asked: "
	            "give the answers by options, and --yes\n");
	return -EINVAL;
}

static int ask_all(struct setup *setup)
{
	static int (*const parts[])(struct setup * setup) = {setup_identity, setup_broker,
	                                                     setup_access, setup_cameras};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int r = parts[i](setup);

		if (r < 0 && r != -ECANCELED && r != -EINVAL)
			return fail(r, "--setup");
		if (r < 0)
			return r;
	}
	return 0;
}

/* A line may hold a camera's URL beside what has changed. */
static void say_line(const char *text, size_t length)
{
	_cleanup_free_ char *line = strndup(text, length);

	if (!line)
		return;
	url_hide_secrets(line);
	dialog_say("   | %s\n", line);
}

/* What is new in the text, line by line. */
static void say_changes(const char *before, const char *after)
{
	while (*after) {
		size_t length = strcspn(after, "\n");
		bool is_new = length > 0;

		for (const char *line = before; is_new && *line;) {
			size_t other = strcspn(line, "\n");

			is_new = other != length || memcmp(line, after, length) != 0;
			line += other + (line[other] == '\n');
		}
		if (is_new)
			say_line(after, length);
		after += length + (after[length] == '\n');
	}
}

/* Never the name of a backup that is there. */
static int add_backup(struct setup *setup, const char *before)
{
	_cleanup_free_ char *path = NULL;
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	if (asprintf(&path, "%s.%s", setup->path, stamp) < 0) {
		path = NULL; /* undefined after a failure */
		return -ENOMEM;
	}
	return draft_add(&setup->draft, path, before, false, setup->path);
}

/* The text of before, if there was a file: the caller's to free(). */
static int add_config(struct setup *setup, char **ret_before)
{
	bool is_new = access(setup->path, F_OK) < 0;
	const char *after = setup->edit.text.data ? setup->edit.text.data : "";
	size_t length;
	int r = is_new ? 0 : file_read(setup->path, CONFIG_MAX_FILE_BYTES, ret_before, &length);

	if (r == 0 && *ret_before && strcmp(*ret_before, after) == 0)
		return 0;
	if (r == 0 && *ret_before)
		r = add_backup(setup, *ret_before);
	return r < 0 ? r : draft_add(&setup->draft, setup->path, after, is_new, NULL);
}

/* What has been written has to be right, or nothing was. */
static int verify(struct setup *setup)
{
	struct config *config;
	struct buf errors;

	buf_init(&errors, MAX_ERRORS);
	int r = config_load(setup->path, &config, &errors);
	print_errors(&errors);
	if (r < 0) {
		draft_undo(&setup->draft);
		dialog_warn("camnode: that would come of it, so nothing was changed: please edit "
		            "%s by hand\n",
		            setup->path);
		return r;
	}
	config_free(setup->config);
	setup->config = config;
	return 0;
}

static int write_all(struct setup *setup, const char *before)
{
	const char *path = setup->folder;
	int r = file_make_folders(setup->folder, FOLDER_MODE);

	if (r == 0)
		r = draft_write(&setup->draft, &path);
	if (r < 0)
		return fail(r, path);
	r = verify(setup);
	if (r < 0)
		return r;
	dialog_say("\nWritten\n");
	for (size_t i = 0; i < setup->draft.count; i++)
		dialog_say("   %s\n", setup->draft.files[i].path);
	say_changes(before ? before : "", setup->edit.text.data);
	return 0;
}

static int ask_to_write(struct setup *setup, bool *ret_write)
{
	const struct question question = {"Write this?", "", NULL, DIALOG_YES, NULL};

	dialog_say("\n%s\n", setup->path);
	return dialog_ask_yes(&setup->dialog, &question, ret_write);
}

static int write_changes(struct setup *setup)
{
	_cleanup_free_ char *before = NULL;
	bool write = true;
	int r = add_config(setup, &before);

	if (r < 0)
		return fail(r, setup->path);
	if (setup->draft.count == 0) {
		dialog_say("\n%s\n   There is nothing to change.\n", setup->path);
		return 0;
	}
	r = ask_to_write(setup, &write);
	if (r < 0 || !write)
		return r < 0 ? r : -ECANCELED;
	return write_all(setup, before);
}

static void say_page(const struct setup *setup)
{
	const struct config_http *http = &setup->config->http;
	const char *scheme = *http->tls_cert_file ? "https" : "http";
	char address[ADDRESS_SIZE] = "127.0.0.1";

	if (!http->enabled)
		return;
	if (!config_is_loopback(http->bind))
		machine_ip(address, sizeof(address));
	if (!*address) /* without a network, yet */
		machine_host_name(address, sizeof(address));
	dialog_say("   The page:       %s://%s:%d/", scheme, address, http->port);
	if (setup->user)
		dialog_say("  as %s", setup->user);
	if (setup->made_password)
		dialog_say(" with the password %s", setup->made_password);
	dialog_say("\n");
}

static void say_next(const struct setup *setup)
{
	bool is_service =
		strcmp(setup->path, INSTALLED) == 0 && access("/run/systemd/system", F_OK) == 0;
	const struct config *config = setup->config;

	dialog_say("\nNext\n");
	if (is_service)
		dialog_say("   Start it anew:  sudo systemctl restart camnode\n");
	else
		dialog_say("   Start it:       camnode --config %s\n", setup->path);
	say_page(setup);
	if (config->mqtt.enabled && config->mqtt.discovery)
		dialog_say(
			"   Home Assistant: Settings > Devices & services > MQTT shows \"%s\" by "
			"itself\n",
			config->node.name);
}

static int run(struct setup *setup, const char *path)
{
	int r = find_path(setup, path);

	if (r == 0)
		r = check_writable(setup);
	if (r == 0)
		r = load(setup);
	if (r == 0)
		r = begin_edit(setup);
	if (r < 0)
		return r;
	dialog_say("camnode's setup, for %s\n", setup->path);
	if (setup->dialog.asks)
		dialog_say("Enter keeps what stands in [brackets]; Ctrl-C leaves all as it was.\n");
	r = ask_all(setup);
	if (r == 0 && setup->refusal) {
		dialog_warn("camnode: --setup: the node could not use the broker like that: %s\n",
		            setup->refusal);
		r = -ECANCELED;
	}
	return r < 0 ? r : write_changes(setup);
}

static void finish(struct setup *setup)
{
	draft_finish(&setup->draft);
	edit_finish(&setup->edit);
	config_free(setup->config);
	if (setup->made_password)
		explicit_bzero(setup->made_password, strlen(setup->made_password));
	free(setup->made_password);
	free(setup->user);
	free(setup->name);
	free(setup->id);
	free(setup->folder);
	free(setup->path);
}

int setup_run(const struct cli *cli)
{
	struct setup setup = {.given = &cli->setup, .dialog.asks = !cli->setup.yes};
	int r = check_terminal(&cli->setup);

	if (r < 0)
		return r;
	r = run(&setup, cli->config_path);
	if (r == 0)
		say_next(&setup);
	else if (r == -ECANCELED)
		dialog_warn("\ncamnode: nothing was written\n");
	finish(&setup);
	return r;
}
