#include "media/mp4_index.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "media/libav.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libavutil/intreadwrite.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Parts of a moov box, bytes at most. */
#define FIXED_BYTES 8192      /* boxes of which there is one, with parameters and names */
#define SIZE_BYTES 4          /* stsz, per frame */
#define TIME_BYTES 8          /* stts, per run of equal durations */
#define KEY_BYTES 4           /* stss, per key frame */
#define CHUNK_BYTES (12 + 8)  /* stsc and co64, per chunk */
#define CHUNK_SPAN (1U << 19) /* libavformat joins neighbours up to twice this */

#define MAX_TICKS (INT64_C(1) << 52)

/* Of a fragment: ours hold half a second. */
#define FRAGMENT_FRAMES 100000
#define HEADER_BYTES 16384

/* Reads the head of the box at `at`: its size and name, or -EBADMSG. */
static int read_box(int fd, int64_t at, int64_t *ret_size, char ret_name[static 4])
{
	uint8_t head[16];
	ssize_t count = pread(fd, head, sizeof(head), at);
	uint64_t size;

	if (count < 8)
		return -EBADMSG;
	size = AV_RB32(head);
	if (size == 1 && count == sizeof(head))
		size = AV_RB64(head + 8);
	if (size < 8 || size > INT64_MAX / 2)
		return -EBADMSG;
	memcpy(ret_name, head + 4, 4);
	*ret_size = (int64_t)size;
	return 0;
}

/* True when the header of a fragment claims more frames than any has: the library would take memory
 * for each. Larger headers than ours are left to its own limits. */
static bool claims_too_many(int fd, int64_t at, int64_t size)
{
	uint8_t head[HEADER_BYTES];
	ssize_t count = size <= HEADER_BYTES ? pread(fd, head, (size_t)size, at) : 0;
	ssize_t next = 8;

	while (next + 16 <= count) {
		const uint8_t *box = head + next;
		uint32_t box_size = AV_RB32(box);

		if (memcmp(box + 4, "trun", 4) == 0 && AV_RB32(box + 12) > FRAGMENT_FRAMES)
			return true;
		if (memcmp(box + 4, "traf", 4) == 0)
			box_size = 8; /* what it holds comes next */
		if (box_size < 8 || box_size > HEADER_BYTES)
			return false;
		next += box_size;
	}
	return false;
}

/* Where the last box ends that libavformat can read; it refuses a file with half a fragment's
 * header, which is what a power cut may leave. Half an mdat is fine. */
static int find_usable_end(const char *path, int64_t *ret_end)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	int64_t end = 0, size;
	struct stat st;
	char name[4];

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	while (end < st.st_size && !read_box(fd, end, &size, name)) {
		bool whole = size <= st.st_size - end;

		if (!whole && memcmp(name, "mdat", 4))
			break;
		if (memcmp(name, "moof", 4) == 0 && claims_too_many(fd, end, size))
			break;
		end = whole ? end + size : st.st_size;
	}
	if (!end)
		return -EBADMSG;
	*ret_end = end;
	return 0;
}

/* The code for an empty file is not the library's to give: to it an early end is damage. */
static int open_error(int averror)
{
	int error = libav_errno(averror);

	return error == -ENODATA ? -EBADMSG : error;
}

int mp4_open(const char *path, AVFormatContext **ret_format)
{
	_cleanup_free_ char *url = NULL;
	AVFormatContext *format = NULL;
	enum AVCodecID codec;
	int64_t end = 0;
	int error = find_usable_end(path, &end);

	if (error)
		return error;
	libav_init();
	if (asprintf(&url, "subfile,,start,0,end,%" PRId64 ",,:file:%s", end, path) < 0) {
		url = NULL;
		return -ENOMEM;
	}
	error = avformat_open_input(&format, url, av_find_input_format("mov"), NULL);
	if (error < 0)
		return open_error(error);
	codec = format->nb_streams ? format->streams[0]->codecpar->codec_id : AV_CODEC_ID_NONE;
	if (codec != AV_CODEC_ID_H264 && codec != AV_CODEC_ID_MJPEG) {
		avformat_close_input(&format);
		return -EBADMSG;
	}
	*ret_format = format;
	return 0;
}

static bool holds_frames(const char name[static 4])
{
	return memcmp(name, "moof", 4) == 0 || memcmp(name, "mdat", 4) == 0;
}

/* True when whole boxes fill the file, none of them for frames. */
static bool has_no_frames(int fd, int64_t file_size)
{
	int64_t at = 0, size;
	char name[4];

	while (at < file_size) {
		if (read_box(fd, at, &size, name) || size > file_size - at || holds_frames(name))
			return false;
		at += size;
	}
	return true;
}

bool mp4_is_empty(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(avformat_close_input) AVFormatContext *format = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return false;
	if (st.st_size == 0)
		return true;
	return st.st_size <= FIXED_BYTES && has_no_frames(fd, st.st_size) &&
	       mp4_open(path, &format) == 0 && format &&
	       avformat_index_get_entries_count(format->streams[0]) == 0;
}

/* Has the library read all fragments' headers: it looks for a frame that nobody wants. */
static int walk_fragments(AVFormatContext *format)
{
	AVPacket *packet = av_packet_alloc();
	int error;

	if (!packet)
		return -ENOMEM;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): mp4_open() gave it, or an error */
	for (unsigned i = 0; i < format->nb_streams; i++)
		format->streams[i]->discard = AVDISCARD_ALL;
	do {
		av_packet_unref(packet);
		error = av_read_frame(format, packet);
	} while (!error);
	av_packet_free(&packet);
	/* However it ended: the frames in front of a damaged place are whole. */
	return 0;
}

/* What no recording lasts; sums of such times are numbers still. */
static bool is_time(int64_t ticks)
{
	return ticks > -MAX_TICKS && ticks < MAX_TICKS;
}

static bool is_whole(const AVIndexEntry *entry, int64_t file_size)
{
	return entry->size > 0 && entry->pos >= 0 && entry->size <= file_size - entry->pos &&
	       is_time(entry->timestamp);
}

/* What the whole frames add up to. */
struct sum {
	size_t frames, runs, keys;
	int64_t bytes;
	int64_t first, last, step; /* in the stream's ticks; the last distance */
};

static void add_frame(struct sum *sum, const AVIndexEntry *entry)
{
	int64_t step = entry->timestamp - sum->last;

	if (sum->frames == 0)
		sum->first = entry->timestamp;
	if (sum->frames == 1 || (sum->frames > 1 && step != sum->step))
		sum->runs++;
	if (sum->frames > 0)
		sum->step = step;
	sum->last = entry->timestamp;
	sum->frames++;
	sum->keys += (entry->flags & AVINDEX_KEYFRAME) != 0;
	sum->bytes += entry->size;
}

static void sum_up(AVFormatContext *format, struct sum *ret_sum)
{
	AVStream *stream = format->streams[0];
	int count = avformat_index_get_entries_count(stream);
	int64_t file_size = avio_size(format->pb);
	struct sum sum = {0};
	int64_t duration;

	for (int i = 0; i < count; i++) {
		const AVIndexEntry *entry = avformat_index_get_entry(stream, i);

		if (is_whole(entry, file_size))
			add_frame(&sum, entry);
	}
	/* How long the last frame is shown stands in the file; of a cut one the step before is
	 * taken. */
	duration = is_time(stream->duration) ? stream->duration : 0;
	if (sum.frames == (size_t)count && duration > sum.last - sum.first)
		sum.step = duration - (sum.last - sum.first);
	if (sum.step <= 0)
		sum.step = av_rescale_q(1, (AVRational){1, 30}, stream->time_base);
	*ret_sum = sum;
}

/* A tag that cannot be ours counts as none: too long, or no text. */
static void read_tag(const AVFormatContext *format, const char *key, char *ret_text, size_t size)
{
	const AVDictionaryEntry *tag = av_dict_get(format->metadata, key, NULL, 0);
	const char *text = tag ? tag->value : "";

	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == '\x7f')
			return;
	}
	if (str_is_utf8(text, strlen(text)))
		str_copy(ret_text, size, text);
}

static int64_t read_started(const AVFormatContext *format)
{
	char text[CLOCK_ISO_SIZE] = "";
	int64_t wall_us;

	read_tag(format, "date", text, sizeof(text));
	return clock_parse_iso(text, &wall_us) == 0 && wall_us > 0 ? wall_us : 0;
}

int mp4_index_read(const char *path, struct mp4_index *ret_index)
{
	_cleanup_(avformat_close_input) AVFormatContext *format = NULL;
	const AVCodecParameters *track;
	struct sum sum;
	int error = mp4_open(path, &format);

	if (!error)
		error = walk_fragments(format);
	if (error)
		return error;
	sum_up(format, &sum);
	track = format->streams[0]->codecpar;
	*ret_index = (struct mp4_index){
		.file = {.frames = sum.frames,
	                 .duration_us = av_rescale_q(sum.last + sum.step - sum.first,
	                                             format->streams[0]->time_base,
	                                             (AVRational){1, USEC_PER_SEC}),
	                 .width = track->width,
	                 .height = track->height,
	                 .codec = track->codec_id == AV_CODEC_ID_H264 ? FRAME_H264 : FRAME_JPEG},
		.last_ticks = sum.step,
		.moov_size = FIXED_BYTES + sum.frames * SIZE_BYTES + (sum.runs + 1) * TIME_BYTES +
	                     sum.keys * KEY_BYTES +
	                     ((size_t)sum.bytes / CHUNK_SPAN + 1) * CHUNK_BYTES,
	};
	read_tag(format, "title", ret_index->file.tags.label, MUXER_LABEL_SIZE);
	read_tag(format, "comment", ret_index->file.tags.id, ID_SIZE);
	ret_index->file.tags.started_wall_us = read_started(format);
	return 0;
}
