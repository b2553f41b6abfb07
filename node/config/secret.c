#include "config/secret.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static int refuse(struct buf *why, const char *what)
{
	buf_printf(why, "cannot be read: %s", what);
	return -EINVAL;
}

void secret_check_mode(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & S_IROTH))
		log_warn("%s holds a secret and can be read by everybody: chmod o-r", path);
}

/* Only ordinary files: reading a pipe or a terminal would wait. */
static int check_kind(const char *path, struct buf *why)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return refuse(why, strerrordesc_np(errno));
	return S_ISREG(st.st_mode) ? 0 : refuse(why, "not an ordinary file");
}

static void cut_newline(char *text, size_t length)
{
	if (length > 0 && text[length - 1] == '\n')
		text[--length] = '\0';
	if (length > 0 && text[length - 1] == '\r')
		text[--length] = '\0';
}

int secret_read(const char *path, char **ret_text, struct buf *why)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r = check_kind(path, why);

	if (r < 0)
		return r;
	r = file_read(path, SECRET_MAX_BYTES, &text, &length);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return refuse(why, strerrordesc_np(-r));
	if (strlen(text) != length) {
		explicit_bzero(text, length);
		return refuse(why, "it holds a NUL byte");
	}
	cut_newline(text, length);
	if (*text == '\0')
		return refuse(why, "it is empty");
	secret_check_mode(path);
	*ret_text = move_ptr(text);
	return 0;
}
