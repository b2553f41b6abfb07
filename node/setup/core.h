/*
 * What the parts of the setup share. Each part asks, tries what was answered, and notes what is to
 * be changed; setup.c writes it all in the end.
 */
#ifndef CAMNODE_SETUP_CORE_H
#define CAMNODE_SETUP_CORE_H

#include "config/cli.h"
#include "config/config.h"
#include "setup/dialog.h"
#include "setup/draft.h"
#include "setup/edit.h"

struct setup {
	const struct cli_setup *given; /* by options */
	struct dialog dialog;
	char *path, *folder;   /* of the configuration, absolute */
	struct config *config; /* as it was */
	struct edit edit;
	struct draft draft;
	/* What the last words need. */
	char *id, *name;     /* of the node, as answered */
	char *user;          /* who may log in from other machines; NULL: nobody new */
	const char *refusal; /* by the broker, of what options say: how to correct it; NULL: none */
	char *made_password; /* NULL: it was typed, or is unchanged */
	bool is_open, is_encrypted; /* http */
};

/* 0, -ECANCELED, -EINVAL (said why), -ENOMEM or another -errno (said why, too). */
int setup_identity(struct setup *setup);
int setup_broker(struct setup *setup);
int setup_access(struct setup *setup);
int setup_cameras(struct setup *setup);

/* A password from the file that an option names, or from standard input for "-". As above. */
int setup_read_password(const char *option, const char *path, char **ret_password);

/* -EINVAL, after saying that an option means nothing without another. */
int setup_needs(const char *option, const char *other);

/* One more file to write, beside the configuration. */
int setup_add_file(struct setup *setup, const char *name, const char *data, bool secret);

#endif
