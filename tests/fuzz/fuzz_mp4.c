/*
 * Any bytes as a recording found in the folder: its index is read or refused, its frames are read
 * to the end, and none is made of a file that surely has none.
 */
#include "tests/fuzz/fuzz.h"

#include "media/mp4_index.h"
#include "media/mp4_reader.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_FRAMES 1000 /* the same bytes may be claimed by many */

static void read_frames(const char *path)
{
	struct mp4_reader *reader;
	struct frame *frame;

	if (mp4_reader_open(path, &reader) < 0)
		return;
	for (int i = 0; i < MAX_FRAMES && mp4_reader_next(reader, &frame) == 0; i++) {
		expect(frame_size(frame) > 0);
		frame_unref(frame);
	}
	mp4_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mp4_index index;
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	expect(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (mp4_index_read(path, &index) == 0) {
		expect(index.file.tags.label[MUXER_LABEL_SIZE - 1] == '\0');
		expect(index.file.tags.id[ID_SIZE - 1] == '\0');
		expect(index.file.tags.started_wall_us >= 0);
		expect(index.file.frames == 0 || !mp4_is_empty(path));
		read_frames(path);
	}
	close(fd);
	return 0;
}
