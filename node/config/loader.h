/*
 * From a YAML document into a struct config, by the option table.
 */
#ifndef CAMNODE_CONFIG_LOADER_H
#define CAMNODE_CONFIG_LOADER_H

#include "config/config.h"
#include "config/document.h"
#include "config/option.h"
#include "config/report.h"

/* Fills the zeroed struct `base` with the defaults of a table. 0 or -ENOMEM. */
int loader_defaults(const struct option *table, void *base, const char *folder);

/* Begins one more item of a list, with its defaults: the item, or NULL without memory. The list
 * must not be full. */
void *loader_add_item(const struct option *list, void *base, const char *folder);

/*
 * Sets in `config`, which has its defaults, what the document says; every error is reported.
 * Relative paths count from `folder`. 0 or -ENOMEM.
 */
int loader_load(struct document *document, const char *folder, struct config *config,
                struct report *report);

#endif
