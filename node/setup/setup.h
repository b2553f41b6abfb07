/*
 * `camnode --setup`: asks for the broker and for access from other machines, tries the broker and
 * the cameras, and writes it into the configuration, where everything else stays as it was. What
 * options answer is not asked. Nothing is written before the end.
 */
#ifndef CAMNODE_SETUP_SETUP_H
#define CAMNODE_SETUP_SETUP_H

#include "config/cli.h"

/* 0; -EINVAL (an answer or the configuration is wrong), -ECANCELED or another -errno. What is wrong
 * was said. */
int setup_run(const struct cli *cli);

#endif
