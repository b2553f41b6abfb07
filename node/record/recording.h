/*
 * One recording, from its start to its last file: decides, frame by frame, what is written and
 * where files begin and end. Counted: the recorder's writer runs it, the recorder shows its status.
 *
 * recording_run() blocks on the hub and the disk; all else may be called from any thread meanwhile.
 */
#ifndef CAMNODE_RECORD_RECORDING_H
#define CAMNODE_RECORD_RECORDING_H

#include "record/recorder.h"
#include "record/segment.h"

struct recording;

/* Called on the thread of recording_run(). */
struct recording_observer {
	void *user;
	/* STARTED, WAITING, FAILED. */
	void (*event)(void *user, struct recording *recording, const struct recorder_event *event);
	/* A closed file, the callee's now: `event` is what to report once it is finished. NULL when
	 * the recording ends without one. */
	void (*ended)(void *user, struct recording *recording, struct segment *segment,
	              const struct recorder_event *event);
};

/* Takes frames from now on. `recorder` is borrowed for its life. 0, -ENOSYS, -ENOMEM. */
int recording_new(const struct recorder_options *recorder, const struct recorder_request *request,
                  struct recording **ret_recording);
struct recording *recording_ref(struct recording *recording);
void recording_unref(struct recording *recording); /* takes NULL */

const char *recording_id(const struct recording *recording); /* ID_SIZE bytes */

/* Writes until the recording is over; all its files are handed over then. */
void recording_run(struct recording *recording, const struct recording_observer *observer);

/* Frames taken by the camera from now on are not written. Returns at once. */
void recording_end(struct recording *recording, enum recorder_reason reason);

/* Moves the end to now + duration; 0: until recording_end(). -ESRCH: it is over. */
int recording_extend(struct recording *recording, int64_t duration_us);

/* No more frames are written: its last file is being closed, or handed over by now. */
bool recording_is_over(struct recording *recording);

/* All but `running` and `finishing`. */
void recording_status(struct recording *recording, struct recorder_status *ret_status);

#endif
