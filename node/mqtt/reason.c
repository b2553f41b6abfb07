#include "mqtt/reason.h"

#include <stddef.h>

static const struct {
	int reason;
	const char *text;
} reasons[] = {
	/* clang-format off */
	{0x01, "protocol version not supported"},
	{0x02, "client identifier refused"},
	{0x03, "server unavailable"},
	{0x04, "bad user name or password"},
	{0x05, "not authorised"},
	{0x80, "unspecified error"},
	{0x81, "malformed packet"},
	{0x82, "protocol error"},
	{0x83, "refused by its implementation"},
	{0x84, "protocol version not supported"},
	{0x85, "client identifier refused"},
	{0x86, "bad user name or password"},
	{0x87, "not authorised"},
	{0x88, "server unavailable"},
	{0x89, "server busy"},
	{0x8a, "banned"},
	{REASON_SERVER_SHUTTING_DOWN, "server shutting down"},
	{0x8c, "bad authentication method"},
	{0x8d, "keep alive timeout"},
	{REASON_SESSION_TAKEN_OVER, "session taken over"},
	{0x8f, "topic filter invalid"},
	{0x90, "topic name invalid"},
	{0x93, "receive maximum exceeded"},
	{0x95, "packet too large"},
	{0x96, "message rate too high"},
	{0x97, "quota exceeded"},
	{0x98, "administrative action"},
	{0x99, "payload format invalid"},
	{0x9a, "retained messages not supported"},
	{0x9b, "quality of service not supported"},
	{0x9c, "use another server"},
	{0x9d, "server moved"},
	{0x9f, "connection rate exceeded"},
	{0xa0, "maximum connect time"},
	{0xa2, "wildcard subscriptions not supported"},
	/* clang-format on */
};

const char *reason_text(int reason)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].reason == reason)
			return reasons[i].text;
	}
	return "reason unknown";
}

bool reason_is_version(int reason)
{
	return reason == 0x01 || reason == 0x84;
}

bool reason_is_credentials(int reason)
{
	return reason == 0x04 || reason == 0x05 || reason == 0x86 || reason == 0x87;
}
