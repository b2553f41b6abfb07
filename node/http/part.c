#include "http/part.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

size_t part_header(char ret_text[static PART_HEADER_SIZE], size_t bytes, int64_t wall_us)
{
	return (size_t)snprintf(ret_text, PART_HEADER_SIZE,
	                        "Content-Type: image/jpeg\r\nContent-Length: %zu\r\n"
	                        "X-Timestamp: %" PRId64 ".%06" PRId64 "\r\n\r\n",
	                        bytes, wall_us / USEC_PER_SEC, wall_us % USEC_PER_SEC);
}
