#include "base/notify.h"

#include "manager.h"

#include <errno.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void nobody_asks(void **state)
{
	unsetenv("NOTIFY_SOCKET");
	assert_false(notify_is_wanted());
	assert_int_equal(notify_send("READY=1"), 0);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_false(notify_is_wanted());
}

static void hears(const char *path)
{
	int fd = manager_listen(path);

	assert_true(fd >= 0);
	setenv("NOTIFY_SOCKET", path, 1);
	assert_true(notify_is_wanted());
	assert_int_equal(notify_send("STATUS=%d cameras", 2), 0);
	assert_string_equal(manager_hear(fd, 0), "STATUS=2 cameras");
	assert_string_equal(manager_hear(fd, 0), "");
	close(fd);
}

static void a_socket_in_a_folder_hears(void **state)
{
	char path[64];

	snprintf(path, sizeof(path), "/tmp/camnode-notify-%d", getpid());
	hears(path);
	unlink(path);
}

static void an_abstract_socket_hears(void **state)
{
	char path[64];

	snprintf(path, sizeof(path), "@camnode-notify-%d", getpid());
	hears(path);
}

static void what_cannot_be_reached_is_an_error(void **state)
{
	char path[200];

	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	assert_int_equal(notify_send("READY=1"), -ENOENT);
	setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
	assert_int_equal(notify_send("READY=1"), -EAFNOSUPPORT);
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	setenv("NOTIFY_SOCKET", path, 1);
	assert_int_equal(notify_send("READY=1"), -ENAMETOOLONG);
}

static void a_text_has_a_limit(void **state)
{
	char path[64], text[NOTIFY_MAX_BYTES + 1];
	int fd;

	snprintf(path, sizeof(path), "@camnode-notify-%d", getpid());
	fd = manager_listen(path);
	setenv("NOTIFY_SOCKET", path, 1);
	memset(text, 'x', NOTIFY_MAX_BYTES);
	text[NOTIFY_MAX_BYTES] = '\0';
	assert_int_equal(notify_send("%s", text), 0);
	assert_int_equal(strlen(manager_hear(fd, 0)), NOTIFY_MAX_BYTES);
	assert_int_equal(notify_send("%sx", text), -EMSGSIZE);
	assert_string_equal(manager_hear(fd, 0), "");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_asks),
		cmocka_unit_test(a_socket_in_a_folder_hears),
		cmocka_unit_test(an_abstract_socket_hears),
		cmocka_unit_test(what_cannot_be_reached_is_an_error),
		cmocka_unit_test(a_text_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
