/*
 * The multipart framing of a live stream. Pure functions.
 *
 * The boundary comes first, and after each picture at once: a browser shows a part only when the
 * next boundary is there. A part's header stays under 128 bytes: FFmpeg's mpjpeg reads no more.
 */
#ifndef CAMNODE_HTTP_PART_H
#define CAMNODE_HTTP_PART_H

#include <stddef.h>
#include <stdint.h>

#define PART_BOUNDARY "camnodeframe"
#define PART_CONTENT_TYPE "multipart/x-mixed-replace; boundary=" PART_BOUNDARY
#define PART_FIRST "--" PART_BOUNDARY "\r\n"
#define PART_END "\r\n--" PART_BOUNDARY "\r\n"
#define PART_HEADER_SIZE 128

/* The header of a part, with the picture's time in seconds; returns its length. */
size_t part_header(char ret_text[static PART_HEADER_SIZE], size_t bytes, int64_t wall_us);

#endif
