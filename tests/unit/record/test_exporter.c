/* What may be exported, by what the library knows of it. */
#include "record/exporter.h"

#include "library_rig.h"

static void on_done(void *user, const char *source, int error, const struct library_item *item)
{
}

/* Before the library has read it: it is no export of itself. */
static void test_only_mjpeg_is_exported(void **state)
{
	struct rig *rig = *state;
	const struct config config = {.record = rig->config};
	struct exporter *exporter = exporter_new(&(struct exporter_options){
		.config = &config, .library = rig->library, .done = on_done});
	struct library_item item = {
		.camera = "cam0", .format = CONFIG_H264, .frames = 30, .duration_s = 1};

	assert_non_null(exporter);
	name_at(item.file, "cam0", 0);
	assert_int_equal(exporter_submit(exporter, item.file, &item), -ENOENT);
	library_add(rig->library, &item);
	assert_int_equal(exporter_submit(exporter, item.file, &item), -EINVAL);
	item.known = true;
	library_add(rig->library, &item);
	assert_int_equal(exporter_submit(exporter, item.file, &item), -EINVAL);
	item.format = CONFIG_MJPEG;
	item.damaged = true;
	library_add(rig->library, &item);
	assert_int_equal(exporter_submit(exporter, item.file, &item), -EINVAL);
	exporter_free(exporter);
}

/* Beside it, with its time and its pictures. */
static void test_an_export_is_found_again(void **state)
{
	struct rig *rig = *state;
	const struct config config = {.record = rig->config};
	struct exporter *exporter = exporter_new(&(struct exporter_options){
		.config = &config, .library = rig->library, .done = on_done});
	struct library_item source = {
		.camera = "cam0", .format = CONFIG_MJPEG, .frames = 30, .duration_s = 1};
	struct library_item export = source, found;
	struct name_parts parts;

	assert_non_null(exporter);
	name_at(source.file, "cam0", 0);
	assert_int_equal(name_parse(source.file, &parts), 0);
	name_format(export.file, "cam0", parts.started_wall_us, 2);
	export.format = CONFIG_H264;
	library_add(rig->library, &source);
	library_add(rig->library, &export);
	assert_int_equal(exporter_submit(exporter, source.file, &found), -EEXIST);
	assert_string_equal(found.file, export.file);
	exporter_free(exporter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_only_mjpeg_is_exported),
		RIGGED(test_an_export_is_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
