/*
 * The web page: a few files that are part of the program (node/http/page/). They are public, for
 * the login form is among them; what they show is not.
 */
#ifndef CAMNODE_HTTP_PAGE_H
#define CAMNODE_HTTP_PAGE_H

#include "http/request.h"

/* GET / and the page's files. */
void page_handle(struct request *request);

#endif
