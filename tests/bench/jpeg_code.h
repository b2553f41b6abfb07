/*
 * Reads the pattern's block code (capture/pattern_code.h) from the beginning of a JPEG: only the
 * topmost blocks are decoded, so that looking at every frame costs next to nothing. One thread.
 */
#ifndef CAMNODE_BENCH_JPEG_CODE_H
#define CAMNODE_BENCH_JPEG_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "capture/pattern_code.h"

/* So many bytes of a picture hold its headers and the code, whatever its size. */
#define JPEG_CODE_BYTES 16384

struct jpeg_code;

struct jpeg_code *jpeg_code_new(void);
void jpeg_code_free(struct jpeg_code *reader); /* takes NULL */

/* `head` is the beginning of a JPEG; it is changed. 0, -EBADMSG (no JPEG, no code) or -ENOMEM. */
int jpeg_code_read(struct jpeg_code *reader, uint8_t *head, size_t length,
                   struct pattern_code *ret_code);

#endif
