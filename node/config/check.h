/*
 * What spans several keys of the configuration, or the machine: users for an open address, unique
 * ids, files that can be read.
 */
#ifndef CAMNODE_CONFIG_CHECK_H
#define CAMNODE_CONFIG_CHECK_H

#include "config/config.h"
#include "config/document.h"
#include "config/report.h"

/* Reports every error of a loaded and completed configuration. Reads the disk. */
void check_config(const struct config *config, struct document *document, struct report *report);

#endif
