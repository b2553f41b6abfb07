/*
 * The notes of a day: one small JSON file `.recordings.json` in each day's folder, for what the
 * recordings' files don't tell (label, protection, recovery) and for what is slow to read out of
 * them (length, size of the picture). It moves with the files; without it only labels and
 * protection are lost. Blocks on the disk.
 */
#ifndef CAMNODE_RECORD_NOTES_H
#define CAMNODE_RECORD_NOTES_H

#include <jansson.h>

#include "record/catalogue.h"

#define NOTES_FILE ".recordings.json"

/* The notes beside `file` (relative to the folder): a new reference, or NULL when there are none or
 * they cannot be read. */
json_t *notes_load(const char *folder, const char *file);

/* Completes an item found on the disk: true when nothing more has to be read out of its file. */
bool notes_apply(const json_t *notes, struct library_item *item);

/* Replaces the notes beside `file` by those of the catalogue's items there; without any, the notes
 * go. 0 or -errno. */
int notes_save(const char *folder, const char *file, const struct catalogue *catalogue);

#endif
