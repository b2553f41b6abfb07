/*
 * An answer that another thread will give to a waiting request: control, a camera's snapshot
 * thread, the worker. Counted: one reference is the request's, one belongs to who answers. The
 * request may be gone before the answer comes; then it goes nowhere.
 */
#ifndef CAMNODE_HTTP_ANSWER_H
#define CAMNODE_HTTP_ANSWER_H

#include "config/config.h"
#include "http/park.h"
#include "media/frame.h"
#include "proto/code.h"

struct answer;

/* What an answer says; each kind of question uses the fields that it needs. */
struct answer_result {
	int error; /* 0 or -errno */
	enum code code;
	enum config_role role;
	char *text;          /* owned */
	struct frame *frame; /* a reference, owned */
};

/* `park` must live until the answer is abandoned. NULL: no memory. */
struct answer *answer_new(struct park *park);
struct answer *answer_ref(struct answer *answer);
void answer_unref(struct answer *answer); /* takes NULL */

/* The request is over: nobody is woken any more. Drops its reference. Takes NULL. */
void answer_abandon(struct answer *answer);

/* Answers, once, and wakes the request; takes over what the result owns and the answerer's
 * reference. */
void answer_give(struct answer *answer, const struct answer_result *result);

/* NULL while there is none; then for good. */
const struct answer_result *answer_result(struct answer *answer);

/* To wait for it with park_suspend(). */
const struct park_group *answer_group(const struct answer *answer);

#endif
