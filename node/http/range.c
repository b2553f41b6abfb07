#include "http/range.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define UNIT "bytes="

/* Reads digits at `*text` and moves behind them; false if there are none. Too large a number is
 * as good as the largest. */
static bool take_number(const char **text, uint64_t *ret_number)
{
	size_t digits = strspn(*text, "0123456789");

	if (digits == 0)
		return false;
	*ret_number = strtoull(*text, NULL, 10);
	*text += digits;
	return true;
}

/* "first-last", "first-" or "-suffix", and nothing behind it. */
static bool parse_spec(const char *spec, bool *ret_suffix, uint64_t *ret_first, uint64_t *ret_last)
{
	*ret_last = UINT64_MAX;
	*ret_suffix = *spec == '-';
	if (*ret_suffix) {
		spec++;
		return take_number(&spec, ret_first) && *spec == '\0';
	}
	if (!take_number(&spec, ret_first) || *spec++ != '-')
		return false;
	if (*spec == '\0')
		return true;
	return take_number(&spec, ret_last) && *spec == '\0' && *ret_first <= *ret_last;
}

int range_parse(const char *header, uint64_t size, struct range *ret_range)
{
	uint64_t first, last;
	bool suffix;

	if (!header || strncasecmp(header, UNIT, strlen(UNIT)) != 0 ||
	    !parse_spec(header + strlen(UNIT), &suffix, &first, &last))
		return -ENODATA;
	if (suffix) {
		if (first == 0 || size == 0)
			return -ERANGE;
		first = first < size ? size - first : 0;
	}
	if (first >= size)
		return -ERANGE;
	if (last >= size)
		last = size - 1;
	*ret_range = (struct range){first, last - first + 1};
	return 0;
}
