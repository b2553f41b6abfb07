#include "http/envelope.h"

#include "base/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

static void append_json_string(struct buf *buf, const char *text, size_t length)
{
	json_t *string = json_stringn(text, length);
	_cleanup_free_ char *quoted = json_dumps(string, JSON_ENCODE_ANY);

	/* What isn't UTF-8 has no place in JSON. */
	buf_puts(buf, quoted ? quoted : "null");
	json_decref(string);
}

void envelope_string(struct buf *buf, const char *text)
{
	append_json_string(buf, text, strlen(text));
}

/* A raw newline would end the line of an event; in JSON it can only stand between tokens. */
static void append_on_one_line(struct buf *buf, const char *json, size_t length)
{
	size_t begin = buf->length;

	buf_append(buf, json, length);
	for (size_t i = begin; i < buf->length; i++) {
		if (buf->data[i] == '\n' || buf->data[i] == '\r')
			buf->data[i] = ' ';
	}
}

void envelope_payload(struct buf *buf, const struct message *message)
{
	const char *payload = message_payload(message);
	size_t length = message_length(message);

	if (topic_table[message_kind(message)].schema && length > 0)
		append_on_one_line(buf, payload, length);
	else
		append_json_string(buf, payload, length);
}

void envelope_event(struct buf *buf, const struct message *message, uint64_t id)
{
	buf_printf(buf, "id: %" PRIu64 "\ndata: {\"topic\":", id);
	envelope_string(buf, message_topic(message));
	buf_puts(buf, ",\"payload\":");
	envelope_payload(buf, message);
	buf_puts(buf, "}\n\n");
}
