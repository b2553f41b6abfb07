/*
 * Tries a broker as the node would use it, and says in words what was found: an unknown host, a
 * port where nothing listens, a wrong password, a certificate that can't be verified, a name below
 * which the user may not write. It connects under a name of its own, so that a node that runs
 * isn't thrown out. One thread; blocks, up to half a minute.
 */
#ifndef CAMNODE_SETUP_BROKER_TRIAL_H
#define CAMNODE_SETUP_BROKER_TRIAL_H

#include "config/config.h"

#define BROKER_TRIAL_TEXT_SIZE 320

enum broker_verdict {
	BROKER_WORKS,
	BROKER_UNREACHABLE,  /* or it does not answer as a broker */
	BROKER_REFUSES,      /* user, password or rights */
	BROKER_NOT_VERIFIED, /* its certificate */
};

enum broker_verdict broker_trial(const struct config_mqtt *config, const char *node_id,
                                 char ret_text[BROKER_TRIAL_TEXT_SIZE]);

#endif
