/*
 * The recordings by days: for a calendar.
 */
#ifndef CAMNODE_HTTP_DAYS_H
#define CAMNODE_HTTP_DAYS_H

#include "http/request.h"

/* GET /recordings/days?month=2026-11&camera=&label=: without a month, this one. */
void days_handle(struct request *request);

#endif
