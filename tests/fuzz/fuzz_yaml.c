/*
 * Any text as node.yaml gives a configuration that can be printed, or at least one error.
 */
#include "tests/fuzz/fuzz.h"

#include "base/buf.h"
#include "config/config.h"

#define TEXT_MAX_BYTES (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *config = NULL;
	struct buf text;

	buf_init(&text, TEXT_MAX_BYTES);
	if (config_parse("node.yaml", (const char *)data, size, &config, &text) == 0) {
		expect(config->camera_count <= CONFIG_MAX_CAMERAS);
		buf_clear(&text);
		config_print(config, &text);
		config_free(config);
	}
	expect(text.error || text.length > 0);
	buf_finish(&text);
	return 0;
}
