/*
 * The Range header of a download (RFC 9110, section 14). Pure functions.
 */
#ifndef CAMNODE_HTTP_RANGE_H
#define CAMNODE_HTTP_RANGE_H

#include <stdint.h>

struct range {
	uint64_t first, length;
};

/*
 * 0 and the part that is asked for, of a file of `size` bytes; -ENODATA for the whole file (no
 * range, or one that the RFC lets us ignore: other units, several ranges, bad syntax); -ERANGE when
 * nothing of it is in the file. `header` may be NULL.
 */
int range_parse(const char *header, uint64_t size, struct range *ret_range);

#endif
