#include "http/method.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
	enum method method;
	const char *name;
} methods[] = {
	{METHOD_GET, "GET"},       {METHOD_HEAD, "HEAD"},       {METHOD_POST, "POST"},
	{METHOD_DELETE, "DELETE"}, {METHOD_OPTIONS, "OPTIONS"},
};

#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

enum method method_parse(const char *name)
{
	for (size_t i = 0; i < METHOD_COUNT; i++) {
		if (strcmp(name, methods[i].name) == 0)
			return methods[i].method;
	}
	return METHOD_NONE;
}

void method_list(unsigned allowed, char ret_text[METHOD_LIST_SIZE])
{
	size_t length = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i < METHOD_COUNT; i++) {
		if (allowed & methods[i].method)
			length += (size_t)snprintf(ret_text + length, METHOD_LIST_SIZE - length,
			                           "%s%s", length ? ", " : "", methods[i].name);
	}
}
