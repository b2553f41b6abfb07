#include "media/muxer.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "media/avio_file.h"
#include "media/h264.h"
#include "media/libav.h"
#include "media/mp4_index.h"

#include <errno.h>
#include <fcntl.h>
#include <libavformat/avformat.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#define TIME_SCALE 90000
#define FRAGMENT_TICKS (MUXER_FRAGMENT_US * INT64_C(9) / 100)
#define FRAGMENT_BYTES (8U * 1024 * 1024)  /* held in memory at most, and one frame */
#define LONE_FRAME_TICKS (TIME_SCALE / 30) /* shown for, when no other frame tells */

struct muxer {
	struct avio_file file;
	AVFormatContext *format;
	AVPacket *packet;
	struct frame_info first;
	uint8_t parameters[H264_PARAMETERS_MAX]; /* H.264: of all key frames */
	size_t parameters_size;
	struct frame *held; /* the last one: how long it is shown is known when the next comes */
	int64_t last_us;    /* its pts */
	int64_t held_ticks, last_duration_ticks;
	int64_t fragment_ticks; /* where the fragment in memory begins */
	size_t fragment_bytes;
	uint64_t frames;
};

static int first_error(const struct muxer *muxer, int averror)
{
	if (muxer->file.error)
		return muxer->file.error;
	return averror < 0 ? libav_errno(averror) : 0;
}

/* What the track is, from its first frame. */
static int describe_track(AVFormatContext *format, const struct muxer *muxer)
{
	AVStream *stream = avformat_new_stream(format, NULL);
	const struct frame_info *info = &muxer->first;
	AVCodecParameters *track;

	if (!stream)
		return -ENOMEM;
	stream->time_base = (AVRational){1, TIME_SCALE};
	track = stream->codecpar;
	track->codec_type = AVMEDIA_TYPE_VIDEO;
	track->codec_id = info->codec == FRAME_H264 ? AV_CODEC_ID_H264 : AV_CODEC_ID_MJPEG;
	track->width = info->width;
	track->height = info->height;
	track->color_range = info->full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
	track->color_space = AVCOL_SPC_SMPTE170M;
	if (info->codec != FRAME_H264)
		return 0;
	track->extradata = av_mallocz(muxer->parameters_size + AV_INPUT_BUFFER_PADDING_SIZE);
	if (!track->extradata)
		return -ENOMEM;
	memcpy(track->extradata, muxer->parameters, muxer->parameters_size);
	track->extradata_size = (int)muxer->parameters_size;
	return 0;
}

/* Of "" the library writes nothing. */
static void write_tags(AVFormatContext *format, const struct muxer_tags *tags)
{
	char started[CLOCK_ISO_SIZE];

	av_dict_set(&format->metadata, "title", tags->label, 0);
	av_dict_set(&format->metadata, "comment", tags->id, 0);
	if (tags->started_wall_us <= 0)
		return;
	clock_format_iso(tags->started_wall_us, started);
	av_dict_set(&format->metadata, "date", started, 0);
	av_dict_set(&format->metadata, "creation_time", started, 0);
}

/* All flushing is ours (frag_custom): the library's own waits for key frames or full buffers. */
static int write_header(struct muxer *muxer, const struct muxer_tags *tags)
{
	AVDictionary *options = NULL;
	int error = avformat_alloc_output_context2(&muxer->format, NULL, "mp4", NULL);

	if (error < 0)
		return libav_errno(error);
	error = describe_track(muxer->format, muxer);
	if (error)
		return error;
	write_tags(muxer->format, tags);
	muxer->format->pb = muxer->file.avio;
	muxer->format->flags |= AVFMT_FLAG_CUSTOM_IO;
	av_dict_set(&options, "movflags", "frag_custom+empty_moov+default_base_moof", 0);
	av_dict_set_int(&options, "video_track_timescale", TIME_SCALE, 0);
	error = avformat_write_header(muxer->format, &options);
	av_dict_free(&options);
	avio_file_flush(&muxer->file);
	return first_error(muxer, error);
}

static void muxer_free(struct muxer *muxer)
{
	avformat_free_context(muxer->format);
	av_packet_free(&muxer->packet);
	frame_unref(muxer->held);
	free(muxer);
}

static int fill_muxer(struct muxer *muxer, const struct frame *first)
{
	muxer->first = *frame_info(first);
	muxer->last_duration_ticks = LONE_FRAME_TICKS;
	muxer->packet = av_packet_alloc();
	if (!muxer->packet)
		return -ENOMEM;
	if (muxer->first.codec == FRAME_H264)
		muxer->parameters_size =
			h264_parameters(frame_data(first), frame_size(first), muxer->parameters);
	if (!muxer->first.key || (muxer->first.codec == FRAME_H264 && !muxer->parameters_size))
		return -EINVAL;
	return 0;
}

int muxer_open(const char *path, const struct muxer_tags *tags, const struct frame *first,
               struct muxer **ret_muxer)
{
	struct muxer *muxer = calloc(1, sizeof(*muxer));
	int error;

	if (!muxer)
		return -ENOMEM;
	libav_init();
	error = fill_muxer(muxer, first);
	if (!error)
		error = avio_file_open(&muxer->file, path, O_EXCL);
	if (!error) {
		error = write_header(muxer, tags);
		if (error) {
			avio_file_close(&muxer->file);
			unlink(path);
		}
	}
	if (error) {
		muxer_free(muxer);
		return error;
	}
	*ret_muxer = muxer;
	return 0;
}

bool muxer_accepts(const struct muxer *muxer, const struct frame *frame)
{
	const struct frame_info *info = frame_info(frame), *first = &muxer->first;
	uint8_t parameters[H264_PARAMETERS_MAX];
	size_t size;

	if (info->codec != first->codec || info->width != first->width ||
	    info->height != first->height || info->full_range != first->full_range)
		return false;
	if (info->codec != FRAME_H264 || !info->key)
		return true;
	size = h264_parameters(frame_data(frame), frame_size(frame), parameters);
	return size == muxer->parameters_size && !memcmp(parameters, muxer->parameters, size);
}

/* Hands the held frame to the library, which copies it into the fragment. */
static int write_held(struct muxer *muxer, int64_t duration_ticks)
{
	AVPacket *packet = muxer->packet;
	int error;

	packet->data = (uint8_t *)frame_data(muxer->held);
	packet->size = (int)frame_size(muxer->held);
	packet->pts = packet->dts = muxer->held_ticks;
	packet->duration = duration_ticks;
	packet->flags = frame_info(muxer->held)->key ? AV_PKT_FLAG_KEY : 0;
	muxer->fragment_bytes += frame_size(muxer->held);
	muxer->last_duration_ticks = duration_ticks;
	error = av_write_frame(muxer->format, packet);
	av_packet_unref(packet);
	frame_unref(muxer->held);
	muxer->held = NULL;
	return first_error(muxer, error);
}

static int flush_fragment(struct muxer *muxer)
{
	int error = av_write_frame(muxer->format, NULL);

	avio_file_flush(&muxer->file);
	muxer->fragment_bytes = 0;
	return first_error(muxer, error);
}

static bool fragment_is_full(const struct muxer *muxer, int64_t ticks)
{
	return ticks - muxer->fragment_ticks >= FRAGMENT_TICKS ||
	       muxer->fragment_bytes >= FRAGMENT_BYTES;
}

/* Writes the held frame, now that the next one's time is known, and the fragment if it is full. */
static int advance(struct muxer *muxer, int64_t ticks, bool *ret_flushed)
{
	int error = write_held(muxer, ticks - muxer->held_ticks);

	if (error || !fragment_is_full(muxer, ticks))
		return error;
	error = flush_fragment(muxer);
	if (error)
		return error;
	muxer->fragment_ticks = ticks;
	*ret_flushed = true;
	return 0;
}

int muxer_write(struct muxer *muxer, const struct frame *frame, bool *ret_flushed)
{
	int64_t pts_us = frame_info(frame)->pts_us;
	int64_t ticks = (pts_us - muxer->first.pts_us) * 9 / 100;
	bool flushed = false;
	int error = 0;

	if (!muxer_accepts(muxer, frame) || pts_us < muxer->first.pts_us ||
	    (muxer->frames && pts_us <= muxer->last_us))
		return -EINVAL;
	if (muxer->held) {
		if (ticks <= muxer->held_ticks)
			ticks = muxer->held_ticks + 1; /* less than a tick later */
		error = advance(muxer, ticks, &flushed);
	}
	if (error)
		return error;
	muxer->held = frame_ref((struct frame *)frame); /* counting changes no frame */
	muxer->held_ticks = ticks;
	muxer->last_us = pts_us;
	muxer->frames++;
	if (ret_flushed)
		*ret_flushed = flushed;
	return 0;
}

int muxer_flush(struct muxer *muxer, int64_t duration_us)
{
	int error = 0;

	if (muxer->held)
		error = write_held(muxer, duration_us * 9 / 100);
	if (!error)
		error = flush_fragment(muxer);
	muxer->fragment_ticks = muxer->held_ticks + muxer->last_duration_ticks;
	return error;
}

int muxer_close(struct muxer *muxer)
{
	int error = 0, closed;

	if (!muxer)
		return 0;
	if (muxer->held)
		error = write_held(muxer, muxer->last_duration_ticks);
	closed = av_write_trailer(muxer->format);
	if (!error && closed < 0)
		error = libav_errno(closed);
	closed = avio_file_close(&muxer->file);
	muxer_free(muxer);
	return closed ? closed : error;
}

int muxer_fd(const struct muxer *muxer)
{
	return muxer->file.fd;
}

uint64_t muxer_bytes(const struct muxer *muxer)
{
	return muxer->file.size;
}

uint64_t muxer_frames(const struct muxer *muxer)
{
	return muxer->frames;
}

int64_t muxer_duration_us(const struct muxer *muxer)
{
	if (!muxer->frames)
		return 0;
	return (muxer->held_ticks + muxer->last_duration_ticks) * 100 / 9;
}

int muxer_probe(const char *path, struct muxer_file *ret_file)
{
	struct mp4_index index;
	int error = mp4_index_read(path, &index);

	if (!error)
		*ret_file = index.file;
	return error;
}

/* An ordinary MP4 of the same track, with room for the index in front: the size of that is known,
 * so the pictures are written once (`faststart` would write them twice). */
static int begin_copy(AVFormatContext *from, AVFormatContext *to, size_t moov_size)
{
	const AVStream *track = from->streams[0];
	AVStream *copy = avformat_new_stream(to, NULL);
	AVDictionary *options = NULL;
	int error;

	if (!copy)
		return AVERROR(ENOMEM);
	error = avcodec_parameters_copy(copy->codecpar, track->codecpar);
	if (error < 0)
		return error;
	copy->codecpar->codec_tag = 0;
	copy->time_base = track->time_base;
	av_dict_set_int(&options, "moov_size", (int64_t)moov_size, 0);
	av_dict_set_int(&options, "video_track_timescale", track->time_base.den, 0);
	error = avformat_write_header(to, &options);
	av_dict_free(&options);
	return error;
}

/* Copies the whole frames: a cut last one is marked as corrupt by the library. Durations follow
 * from the times, but the last one's, which the library does not tell of fragments. */
static int copy_frames(AVFormatContext *from, AVFormatContext *to, int64_t last_ticks)
{
	AVPacket *packet = av_packet_alloc();
	int error = packet ? 0 : AVERROR(ENOMEM);

	while (!error && av_read_frame(from, packet) >= 0) {
		if (packet->stream_index == 0 && packet->size > 0 &&
		    !(packet->flags & AV_PKT_FLAG_CORRUPT)) {
			packet->duration = last_ticks;
			av_packet_rescale_ts(packet, from->streams[0]->time_base,
			                     to->streams[0]->time_base);
			packet->pos = -1;
			error = av_write_frame(to, packet);
		}
		av_packet_unref(packet);
	}
	av_packet_free(&packet);
	return error;
}

/* 0 or an AVERROR. */
static int copy_track(AVFormatContext *from, AVIOContext *avio, const struct mp4_index *index)
{
	AVFormatContext *to = NULL;
	int ended, error = avformat_alloc_output_context2(&to, NULL, "mp4", NULL);

	if (error < 0)
		return error;
	to->pb = avio;
	to->flags |= AVFMT_FLAG_CUSTOM_IO;
	write_tags(to, &index->file.tags);
	to->flush_packets = 0; /* else each frame is a write of its own */
	error = begin_copy(from, to, index->moov_size);
	if (error >= 0) {
		error = copy_frames(from, to, index->last_ticks);
		ended = av_write_trailer(to);
		error = error < 0 ? error : ended;
	}
	avformat_free_context(to);
	return error;
}

static int remux(const char *part, const char *path, const struct mp4_index *index)
{
	_cleanup_(avformat_close_input) AVFormatContext *from = NULL;
	struct avio_file file;
	int copied, error = mp4_open(part, &from);

	if (!error)
		error = avio_file_open(&file, path, O_TRUNC);
	if (error)
		return error;
	copied = copy_track(from, file.avio, index);
	error = avio_file_close(&file);
	if (!error && copied < 0)
		error = libav_errno(copied);
	return error;
}

static int sync_folder_of(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);

	return copy ? file_sync_folder(dirname(copy)) : -ENOMEM;
}

static int make_whole(const char *part, const char *path, const struct mp4_index *index)
{
	_cleanup_free_ char *temporary = NULL;
	int error;

	if (asprintf(&temporary, "%s" MUXER_TEMPORARY, part) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	error = remux(part, temporary, index);
	if (!error && rename(temporary, path))
		error = -errno;
	if (error) {
		unlink(temporary);
		return error;
	}
	return sync_folder_of(path);
}

int muxer_finish(const char *part, const char *path, struct muxer_file *ret_file)
{
	struct mp4_index index;
	int error;

	if (mp4_is_empty(part))
		return -ENODATA;
	error = mp4_index_read(part, &index);
	if (!error && !index.file.frames)
		error = -EBADMSG;
	if (!error)
		error = make_whole(part, path, &index);
	if (!error)
		*ret_file = index.file;
	/* Disks have this code for bad sectors; here it stands for empty files alone. */
	return error == -ENODATA ? -EIO : error;
}
