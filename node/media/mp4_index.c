#include "media/mp4_index.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "media/libav.h"

#include <errno.h>
#include <stdio.h>

/* Parts of a moov box, bytes at most. */
#define FIXED_BYTES 8192      /* boxes of which there is one, with parameters and names */
#define SIZE_BYTES 4	      /* stsz, per frame */
#define TIME_BYTES 8	      /* stts, per run of equal durations */
#define KEY_BYTES 4	      /* stss, per key frame */
#define CHUNK_BYTES (12 + 8)  /* stsc and co64, per chunk */
#define CHUNK_SPAN (1U << 19) /* libavformat joins neighbours up to twice this */

int mp4_open(const char *path, AVFormatContext **ret_format)
{
	_cleanup_free_ char *url = NULL;
	AVFormatContext *format = NULL;
	enum AVCodecID codec;
	int error;

	libav_init();
	if (asprintf(&url, "file:%s", path) < 0) {
		url = NULL;
		return -ENOMEM;
	}
	error = avformat_open_input(&format, url, av_find_input_format("mov"), NULL);
	if (error < 0)
		return libav_errno(error);
	codec = format->nb_streams ? format->streams[0]->codecpar->codec_id : AV_CODEC_ID_NONE;
	if (codec != AV_CODEC_ID_H264 && codec != AV_CODEC_ID_MJPEG) {
		avformat_close_input(&format);
		return -EBADMSG;
	}
	*ret_format = format;
	return 0;
}

/* Has the library read all fragments' headers: it looks for a frame that nobody wants. */
static int walk_fragments(AVFormatContext *format)
{
	AVPacket *packet = av_packet_alloc();
	int error;

	if (!packet)
		return -ENOMEM;
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

static bool is_whole(const AVIndexEntry *entry, int64_t file_size)
{
	return entry->size > 0 && entry->pos >= 0 && entry->size <= file_size - entry->pos;
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
	duration = stream->duration == AV_NOPTS_VALUE ? 0 : stream->duration;
	if (sum.frames == (size_t)count && duration > sum.last - sum.first)
		sum.step = duration - (sum.last - sum.first);
	*ret_sum = sum;
}

int mp4_index_read(const char *path, struct mp4_index *ret_index)
{
	AVFormatContext *format = NULL;
	const AVCodecParameters *track;
	struct sum sum;
	int error = mp4_open(path, &format);

	if (error)
		return error;
	error = walk_fragments(format);
	if (error) {
		avformat_close_input(&format);
		return error;
	}
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
		.moov_size = FIXED_BYTES + sum.frames * SIZE_BYTES + (sum.runs + 1) * TIME_BYTES +
			     sum.keys * KEY_BYTES +
			     ((size_t)sum.bytes / CHUNK_SPAN + 1) * CHUNK_BYTES,
	};
	avformat_close_input(&format);
	return 0;
}
