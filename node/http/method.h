/*
 * The methods that routes know, as bits.
 */
#ifndef CAMNODE_HTTP_METHOD_H
#define CAMNODE_HTTP_METHOD_H

enum method {
	METHOD_NONE = 0, /* any other */
	METHOD_GET = 1,
	METHOD_HEAD = 2,
	METHOD_POST = 4,
	METHOD_OPTIONS = 8,
	METHOD_DELETE = 16,
};

enum method method_parse(const char *name);

/* "GET, HEAD" for an Allow header. */
#define METHOD_LIST_SIZE 32
void method_list(unsigned allowed, char ret_text[METHOD_LIST_SIZE]);

#endif
