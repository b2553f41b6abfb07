/*
 * The codes of replies: a word for programs, and the HTTP status of the same answer.
 */
#ifndef CAMNODE_PROTO_CODE_H
#define CAMNODE_PROTO_CODE_H

enum code {
	CODE_OK,
	CODE_BAD_JSON,  /* not JSON, not UTF-8, too long, too deep */
	CODE_BAD_VALUE, /* unknown word or key, wrong type, out of range */
	CODE_UNKNOWN_CAMERA,
	CODE_BUSY, /* cannot be done now: camera away, queue full */
	CODE_NO_SPACE,
	CODE_STALE,    /* `expires_at` or message expiry has passed */
	CODE_RETAINED, /* retained commands are never executed */
	CODE_RATE_LIMITED,
	CODE_INTERNAL,
	CODE_COUNT,
};

const char *code_name(enum code code); /* "ok", "bad_json", … */
int code_http_status(enum code code);  /* 200, 400, 404, 409, 410, 429, 500, 503, 507 */

#endif
