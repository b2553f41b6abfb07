#include "http/etag.h"

#include <string.h>

#define BETWEEN ", \t"

bool etag_is_listed(const char *header, const char *etag)
{
	size_t length = strlen(etag);

	if (!header)
		return false;
	header += strspn(header, BETWEEN);
	if (strcmp(header, "*") == 0)
		return true;
	while (*header) {
		size_t item = strcspn(header, BETWEEN);

		if (strncmp(header, "W/", 2) == 0 && item >= 2) {
			header += 2;
			item -= 2;
		}
		if (item == length && memcmp(header, etag, length) == 0)
			return true;
		header += item;
		header += strspn(header, BETWEEN);
	}
	return false;
}
