#include "proto/code.h"

static const struct {
	const char *name;
	int http_status;
} code_table[CODE_COUNT] = {
	[CODE_OK] = {"ok", 200},
	[CODE_BAD_JSON] = {"bad_json", 400},
	[CODE_BAD_VALUE] = {"bad_value", 400},
	[CODE_UNKNOWN_CAMERA] = {"unknown_camera", 404},
	[CODE_BUSY] = {"busy", 503},
	[CODE_NO_SPACE] = {"no_space", 507},
	[CODE_STALE] = {"stale", 410},
	[CODE_RETAINED] = {"retained", 409},
	[CODE_RATE_LIMITED] = {"rate_limited", 429},
	[CODE_INTERNAL] = {"internal", 500},
};

const char *code_name(enum code code)
{
	return code_table[code].name;
}

int code_http_status(enum code code)
{
	return code_table[code].http_status;
}
