/* A picture of each camera, and what to look at where there is none. */
#include "setup/core.h"

#include "base/file.h"
#include "base/log.h"
#include "base/machine.h"
#include "capture/source.h"
#include "setup/camera_trial.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#define MODEL_SIZE 128
#define MAX_BOOT_CONFIG_BYTES (256 * 1024)
#define VIDEO_GROUP "video"
#define AUTO_DETECT "camera_auto_detect=1"
#define SOURCE_SIZE 224
#define PI "Raspberry Pi"
#define AUTO "auto"

/* The ids that a camera of the configuration has. */
struct taken {
	char ids[CONFIG_MAX_CAMERAS][sizeof(((struct source_mode *)NULL)->id)];
	size_t count;
};

static bool is_taken(const struct taken *taken, const char *id)
{
	for (size_t i = 0; i < taken->count; i++) {
		if (strcmp(taken->ids[i], id) == 0)
			return true;
	}
	return false;
}

static const char *boot_config(void)
{
	static const char *const paths[] = {"/boot/firmware/config.txt", "/boot/config.txt"};

	return access(paths[0], R_OK) == 0 ? paths[0] : paths[1];
}

/* A line that is no comment. */
static bool has_line(const char *text, const char *line)
{
	for (const char *found = text; (found = strstr(found, line)); found++) {
		if (found == text || found[-1] == '\n')
			return true;
	}
	return false;
}

static void hint_at_boot_config(void)
{
	const char *path = boot_config();
	char *text;
	size_t length;

	if (file_read(path, MAX_BOOT_CONFIG_BYTES, &text, &length) < 0)
		return;
	if (!has_line(text, AUTO_DETECT))
		dialog_say("   - %s has no line %s: add it (or the module's dtoverlay) and "
		           "reboot.\n",
		           path, AUTO_DETECT);
	free(text);
}

static bool is_member(const struct group *group, const char *name)
{
	const struct passwd *user = getpwnam(name);

	if (user && user->pw_gid == group->gr_gid)
		return true;
	for (char **member = group->gr_mem; *member; member++) {
		if (strcmp(*member, name) == 0)
			return true;
	}
	return false;
}

/* Of the user that the package runs camnode as, when root asks; else of who asks. */
static void hint_at_group(void)
{
	const struct passwd *me = geteuid() == 0 ? getpwnam(DRAFT_GROUP) : getpwuid(geteuid());
	char name[MODEL_SIZE];

	if (!me)
		return;
	snprintf(name, sizeof(name), "%s", me->pw_name);
	const struct group *video = getgrnam(VIDEO_GROUP);
	if (video && !is_member(video, name))
		dialog_say("   - The user %s is not in the group " VIDEO_GROUP
		           ": sudo usermod -aG " VIDEO_GROUP " %s\n",
		           name, name);
}

static void hint(void)
{
	char model[MODEL_SIZE];

	machine_model(model, sizeof(model));
	if (strncmp(model, PI, strlen(PI)) == 0) {
		dialog_say("   - Camera module: switch the " PI " off, and seat both ends of the "
		           "cable again.\n");
		hint_at_boot_config();
	}
	dialog_say("   - USB camera: plug it in; lsusb lists it.\n");
	hint_at_group();
	dialog_say("   - camnode looks for it again and again: no need to start it anew. What "
	           "libcamera\n     finds: camnode --list-cameras\n");
}

static void say_picture(const char *what, const struct camera_trial *trial)
{
	const struct source_mode *mode = &trial->mode;

	dialog_say("%s, a picture of %dx%d (%zu kB) in %.1f s\n", what, mode->width, mode->height,
	           (trial->bytes + 999) / 1000, trial->seconds);
}

/* Whether somebody has to look for a camera. */
static bool say_trial(const struct config_camera *camera, const struct camera_trial *trial, int r)
{
	bool is_auto = strcmp(camera->source, AUTO) == 0;
	char what[SOURCE_SIZE];

	if (r == 0 && trial->is_pattern && is_auto) {
		dialog_say("   %s: no camera is found; a synthetic picture takes its place\n",
		           camera->id);
		return true;
	}
	if (r == 0) {
		snprintf(what, sizeof(what), "   %s: %s", camera->id, trial->mode.model);
		say_picture(what, trial);
		return false;
	}
	dialog_say("   %s: %s%s\n", camera->id, trial->why,
	           r == -EBUSY ? "; if that is a camnode that runs, all is well" : "");
	return r == -ENODEV;
}

static bool try_configured(const struct config *config, struct taken *taken)
{
	bool is_missing = false;

	for (size_t i = 0; i < config->camera_count; i++) {
		struct camera_trial trial;
		int r = camera_trial(&config->cameras[i], &trial);

		is_missing |= say_trial(&config->cameras[i], &trial, r);
		if (r == 0 && !trial.is_pattern)
			snprintf(taken->ids[taken->count++], sizeof(taken->ids[0]), "%s",
			         trial.mode.id);
	}
	if (config->camera_count == 0)
		dialog_say("   none is configured\n");
	return is_missing;
}

/* A camera of libcamera by its number, with all defaults and any size. */
static int try_number(size_t number, struct camera_trial *ret_trial)
{
	_cleanup_(config_free_p) struct config *config = NULL;
	struct buf errors = {.limit = CONFIG_MAX_FILE_BYTES};
	char text[64];

	snprintf(text, sizeof(text), "cameras: [{source: 'libcamera:%zu'}]", number);
	int r = config_parse("setup", text, strlen(text), &config, &errors);
	buf_finish(&errors);
	if (r < 0)
		return r;
	config->cameras[0].any_size = true;
	return camera_trial(&config->cameras[0], ret_trial);
}

static bool is_used_id(const struct config *config, const char *id)
{
	for (size_t i = 0; i < config->camera_count; i++) {
		if (strcmp(config->cameras[i].id, id) == 0)
			return true;
	}
	return false;
}

/* Cameras that are found in no certain order would swap their names: each gets its own. */
static int pin_first(struct setup *setup, const struct taken *taken)
{
	const struct config *config = setup->config;
	char source[SOURCE_SIZE];

	if (taken->count != 1 || config->camera_count != 1 ||
	    strcmp(config->cameras[0].source, AUTO) != 0)
		return 0;
	snprintf(source, sizeof(source), "libcamera:%s", taken->ids[0]);
	if (edit_has(&setup->edit, "cameras[0]"))
		return edit_set(&setup->edit, "cameras[0].source", source);
	const struct edit_field fields[] = {{"id", config->cameras[0].id}, {"source", source}};
	return edit_add(&setup->edit, "cameras", fields, 2);
}

static int add_camera(struct setup *setup, struct taken *taken, const char *camera_id)
{
	char id[ID_SIZE];
	char source[SOURCE_SIZE];
	int r = pin_first(setup, taken);

	for (size_t i = taken->count; i <= CONFIG_MAX_CAMERAS; i++) {
		snprintf(id, sizeof(id), "cam%zu", i);
		if (!is_used_id(setup->config, id))
			break;
	}
	snprintf(source, sizeof(source), "libcamera:%s", camera_id);
	const struct edit_field fields[] = {{"id", id}, {"source", source}};
	return r < 0 ? r : edit_add(&setup->edit, "cameras", fields, 2);
}

static int offer(struct setup *setup, struct taken *taken, const struct camera_trial *trial)
{
	const struct question question = {"Use it, too?", "", NULL,
	                                  setup->dialog.asks ? DIALOG_YES : DIALOG_NO, NULL};
	char what[SOURCE_SIZE + MODEL_SIZE];
	bool use;

	snprintf(what, sizeof(what), "   There is also %s at libcamera:%s", trial->mode.model,
	         trial->mode.id);
	say_picture(what, trial);
	int r = dialog_ask_yes(&setup->dialog, &question, &use);
	if (r == 0 && use)
		r = add_camera(setup, taken, trial->mode.id);
	return r;
}

/* Cameras that are there, and that the configuration does not have. */
static int try_others(struct setup *setup, struct taken *taken)
{
	for (size_t i = 0; i < CONFIG_MAX_CAMERAS && taken->count < CONFIG_MAX_CAMERAS; i++) {
		struct camera_trial trial;
		int r = try_number(i, &trial);

		if (r == -ENODEV || r == -ENOSYS)
			return 0;
		if (r < 0 || is_taken(taken, trial.mode.id))
			continue;
		r = offer(setup, taken, &trial);
		if (r < 0)
			return r;
		snprintf(taken->ids[taken->count++], sizeof(taken->ids[0]), "%s", trial.mode.id);
	}
	return 0;
}

int setup_cameras(struct setup *setup)
{
	struct taken taken = {.count = 0};

	dialog_say("\nCameras\n");
	log_set_level(LOG_LEVEL_ERROR);
	setenv("LIBCAMERA_LOG_LEVELS", "*:ERROR", 0);
	source_init_all();
	bool is_missing = try_configured(setup->config, &taken);
	int r = try_others(setup, &taken);
	source_finish_all();
	if (is_missing)
		hint();
	return r;
}
