#include "media/mp4_reader.h"

#include "base/clock.h"
#include "media/mp4_index.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <stdlib.h>

struct mp4_reader {
	AVFormatContext *format;
	AVPacket *packet;
	uint64_t sequence; /* of the last frame */
};

int mp4_reader_open(const char *path, struct mp4_reader **ret_reader)
{
	struct mp4_reader *reader = calloc(1, sizeof(*reader));
	int error;

	if (!reader)
		return -ENOMEM;
	error = mp4_open(path, &reader->format);
	if (!error)
		reader->packet = av_packet_alloc();
	if (!error && !reader->packet)
		error = -ENOMEM;
	if (error) {
		mp4_reader_free(reader);
		return error;
	}
	*ret_reader = reader;
	return 0;
}

void mp4_reader_free(struct mp4_reader *reader)
{
	if (!reader)
		return;
	avformat_close_input(&reader->format);
	av_packet_free(&reader->packet);
	free(reader);
}

static struct frame *frame_of(struct mp4_reader *reader)
{
	const AVStream *track = reader->format->streams[0];
	const AVPacket *packet = reader->packet;
	const struct frame_info info = {
		.codec = track->codecpar->codec_id == AV_CODEC_ID_H264 ? FRAME_H264 : FRAME_JPEG,
		.width = track->codecpar->width,
		.height = track->codecpar->height,
		.sequence = ++reader->sequence,
		.pts_us =
			av_rescale_q(packet->pts, track->time_base, (AVRational){1, USEC_PER_SEC}),
		.key = packet->flags & AV_PKT_FLAG_KEY,
		.quality = -1,
	};

	return frame_new(&info, packet->data, (size_t)packet->size);
}

static bool is_whole(const AVPacket *packet)
{
	return packet->stream_index == 0 && packet->size > 0 && packet->pts != AV_NOPTS_VALUE &&
	       !(packet->flags & AV_PKT_FLAG_CORRUPT);
}

int mp4_reader_next(struct mp4_reader *reader, struct frame **ret_frame)
{
	struct frame *frame;

	do {
		av_packet_unref(reader->packet);
		if (av_read_frame(reader->format, reader->packet) < 0)
			return -ENODATA;
	} while (!is_whole(reader->packet));
	frame = frame_of(reader);
	av_packet_unref(reader->packet);
	if (!frame)
		return -ENOMEM;
	*ret_frame = frame;
	return 0;
}
