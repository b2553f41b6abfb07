#include "capture/backlog.h"

#include <errno.h>

bool backlog_is_full(const struct backlog *backlog, size_t size)
{
	if (backlog->count == 0)
		return false;
	return backlog->count == BACKLOG_MAX_PACKETS || backlog->bytes + size > BACKLOG_MAX_BYTES;
}

int backlog_push(struct backlog *backlog, const AVPacket *packet)
{
	AVPacket *own;

	if (backlog_is_full(backlog, (size_t)packet->size))
		return -ENOBUFS;
	own = av_packet_clone(packet);
	if (!own)
		return -ENOMEM;
	backlog->packets[(backlog->first + backlog->count) % BACKLOG_MAX_PACKETS] = own;
	backlog->count++;
	backlog->bytes += (size_t)own->size;
	return 0;
}

AVPacket *backlog_take(struct backlog *backlog)
{
	AVPacket *packet;

	if (backlog->count == 0)
		return NULL;
	packet = backlog->packets[backlog->first];
	backlog->first = (backlog->first + 1) % BACKLOG_MAX_PACKETS;
	backlog->count--;
	backlog->bytes -= (size_t)packet->size;
	return packet;
}

void backlog_clear(struct backlog *backlog)
{
	AVPacket *packet;

	while ((packet = backlog_take(backlog)))
		av_packet_free(&packet);
}
