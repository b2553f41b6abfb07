/*
 * The shelf: the library's catalogue behind its lock, and the notes on the disk that go with it.
 * Inside of the library. The functions about notes block on the disk and are the worker's.
 */
#ifndef CAMNODE_RECORD_SHELF_H
#define CAMNODE_RECORD_SHELF_H

#include "record/librarian.h"

bool shelf_find(struct library *library, const char *file, struct library_item *ret_item);
void shelf_forget(struct library *library, const char *file);

/* Enters what the worker has found out: not by library_add(), which asks for it. */
void shelf_enter(struct library *library, const struct library_item *item);

/* One at a time, each in its turn: the next from `cursor` on that `fits`, or from the start. */
bool shelf_take_turn(struct library *library, bool (*fits)(const struct library_item *item),
                     size_t *cursor, struct library_item *ret_item);

/* True when both lie in one folder, and so have their notes in one file. */
bool shelf_is_of_day(const char *file, const char *other);

/* Tells the items of that day what their notes say, if that was not known yet: 0 or -errno. */
int shelf_read_notes(struct library *library, const char *file);

/* 0 or -errno: then the notes on the disk are as they were. */
int shelf_save_notes(struct library *library, const char *file);

#endif
