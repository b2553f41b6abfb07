/*
 * A file on its way to a client. The worker opens and reads it, a block at a time, while the
 * connection is parked: the thread of the live streams never waits for a disk.
 *
 * Counted: one reference is the request's or the response's, one each job's.
 */
#ifndef CAMNODE_HTTP_DOWNLOAD_H
#define CAMNODE_HTTP_DOWNLOAD_H

#include "http/answer.h"
#include "http/range.h"
#include "http/server.h"

#define DOWNLOAD_BLOCK (256 * 1024)

struct download;

/* NULL: no memory. */
struct download *download_new(struct server *server, const char *file);
void download_unref(struct download *download); /* takes NULL */

/* Opens the file on the worker and answers: 0, or -ENOENT, … Takes over the answer's reference
 * unless it fails with -ENOSPC. */
int download_open(struct download *download, struct answer *answer);

/* Of the open file. */
uint64_t download_size(const struct download *download);
int64_t download_modified_s(const struct download *download);

#define DOWNLOAD_ETAG_SIZE 48
void download_etag(const struct download *download, char ret_etag[static DOWNLOAD_ETAG_SIZE]);

/* The response that sends that part; takes over the reference. NULL: no memory (then the reference
 * is dropped, too). */
struct MHD_Response *download_response(struct download *download, const struct range *range,
                                       struct MHD_Connection *connection);

#endif
