/*
 * The sweep: keeps the library true to its folder while others add and remove files there. It looks
 * at some folders at a time, and reads anew those that have changed. Inside of the library; its
 * worker's. Blocks on the disk.
 */
#ifndef CAMNODE_RECORD_SWEEP_H
#define CAMNODE_RECORD_SWEEP_H

#include "record/librarian.h"
#include "record/scan.h"

/* Folders looked at in a call, and those of them that are read. */
#define SWEEP_LOOKS 500
#define SWEEP_READS 4

void sweep_run(struct library *library);

/* Forgets what of `scan` (all, or a folder of it) is listed, was not found, and is surely not
 * there. The first few are told of as deleted, with the reason "missing". */
void sweep_forget_missing(struct library *library, const struct scan *scan);

#endif
