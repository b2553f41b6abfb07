#include "media/avio_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libavformat/version.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <sys/file.h>
#include <unistd.h>

#define GATHER_BYTES (256 * 1024)

#if LIBAVFORMAT_VERSION_MAJOR >= 61
typedef const uint8_t written_byte;
#else
typedef uint8_t written_byte;
#endif

static int write_bytes(void *user, written_byte *data, int size)
{
	struct avio_file *file = user;
	int done = 0;

	while (done < size && !file->error) {
		ssize_t count = write(file->fd, data + done, (size_t)(size - done));

		if (count >= 0)
			done += (int)count;
		else if (errno != EINTR)
			file->error = -errno;
	}
	file->position += done;
	if ((uint64_t)file->position > file->size)
		file->size = (uint64_t)file->position;
	return file->error ? AVERROR(-file->error) : done;
}

static int64_t seek(void *user, int64_t offset, int whence)
{
	struct avio_file *file = user;
	off_t position;

	if (whence & AVSEEK_SIZE)
		return (int64_t)file->size;
	position = lseek(file->fd, offset, whence & ~AVSEEK_FORCE);
	if (position < 0)
		return AVERROR(errno);
	file->position = position;
	return position;
}

int avio_file_open(struct avio_file *file, const char *path, int flags)
{
	unsigned char *memory;

	*file = (struct avio_file){.fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644)};
	if (file->fd < 0)
		return -errno;
	/* Where it cannot be, or another was faster, is told by who locks it once more. */
	(void)flock(file->fd, LOCK_EX | LOCK_NB);
	memory = av_malloc(GATHER_BYTES);
	if (memory)
		file->avio =
			avio_alloc_context(memory, GATHER_BYTES, 1, file, NULL, write_bytes, seek);
	if (!file->avio) {
		av_free(memory);
		close(file->fd);
		return -ENOMEM;
	}
	return 0;
}

int avio_file_flush(struct avio_file *file)
{
	avio_flush(file->avio);
	return file->error;
}

int avio_file_close(struct avio_file *file)
{
	avio_file_flush(file);
	av_freep(&file->avio->buffer);
	avio_context_free(&file->avio);
	if (!file->error && fdatasync(file->fd))
		file->error = -errno;
	if (close(file->fd) && !file->error)
		file->error = -errno;
	file->fd = -1;
	return file->error;
}
