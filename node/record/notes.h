/*
 * The notes of a day: one small JSON file `.recordings.json` in each day's folder, for what the
 * recordings' files don't tell (label, protection, recovery) and for what is slow to read out of
 * them (length, size of the picture). It moves with the files; without it only labels and
 * protection are lost. Notes that are damaged are put aside as `.recordings.json.damaged`, those
 * that an error keeps from being read are never written over. Blocks on the disk.
 */
#ifndef CAMNODE_RECORD_NOTES_H
#define CAMNODE_RECORD_NOTES_H

#include <jansson.h>

#include "record/catalogue.h"

#define NOTES_FILE ".recordings.json"

/* The notes beside `file` (relative to the folder): 0 and a new reference, -ENOENT when there are
 * none (any more), or -errno: nobody knows what they say. */
int notes_load(const char *folder, const char *file, json_t **ret_notes);

/* Completes an item found on the disk: true when nothing more has to be read out of its file. */
bool notes_apply(const json_t *notes, struct library_item *item);

/* Replaces the notes beside `file` by those of the catalogue's items there; without any, the notes
 * go. 0 or -errno: nothing changed. */
int notes_save(const char *folder, const char *file, const struct catalogue *catalogue);

#endif
