/*
 * Strings: bounded copies, strict number parsing, ids and suggestions.
 */
#ifndef CAMNODE_BASE_STR_H
#define CAMNODE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_SIZE 65 /* an id is [a-z0-9_-]{1,64} */

/* Copies with NUL: 0, or -ENAMETOOLONG when it does not fit (then `ret_text` is untouched). */
int str_copy(char *ret_text, size_t size, const char *text);

/* The whole of `text` must be the number: 0, -EINVAL or -ERANGE. Decimal only. */
int str_parse_i64(const char *text, int64_t *ret_value);
int str_parse_double(const char *text, double *ret_value);

/* "HH:MM" or "HH:MM:SS" up to 24:00, in seconds since midnight: 0 or -EINVAL. */
int str_parse_time_of_day(const char *text, int *ret_seconds);

bool str_is_id(const char *text);

/* A valid id made of any name, such as a host name: lower-cased, other characters become '-' (at
 * the ends: nothing), cut; "camnode" if nothing is left. */
void str_make_id(const char *name, char ret_id[ID_SIZE]);

bool str_is_utf8(const char *text, size_t length);

/* The bytes of the UTF-8 character that `text` begins with, of `length` bytes: 0 if it does not
 * begin with one. */
size_t str_utf8_bytes(const char *text, size_t length);

/* Appends `word`, the one at `number` from 0, to a sentence: "there are" becomes "there are one",
 * then "there are one, two". False after appending "…" instead of a word that finds no room, for
 * which `text` must have room at first. */
bool str_enumerate(char *text, size_t size, size_t number, const char *word);

/* True when both strings are equal, in a time that depends on the lengths only. */
bool str_equal_constant_time(const char *a, const char *b);

/* The candidate with the smallest edit distance to `word`, if it is at most a third of the word's
 * length (at least 1, at most 3); else NULL. For "did you mean". */
const char *str_nearest(const char *word, const char *const candidates[], size_t count);

#endif
