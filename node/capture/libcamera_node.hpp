/*
 * The node's C headers and libcamera's, for the C++ files of this folder.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_NODE_HPP
#define CAMNODE_CAPTURE_LIBCAMERA_NODE_HPP

/* What the node's headers include comes first: within extern "C" it would fail. */
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include <jansson.h>

#include <string>

#include <libcamera/libcamera.h>

/* A C struct and a function of one name are no shadows of each other. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "capture/source.h"
#include "media/pace.h"
#include "media/scaler.h"
}
#pragma GCC diagnostic pop

namespace lc = libcamera;

/* Why a camera cannot be used: thrown within the C++ files, caught where C begins. */
struct Refusal {
	int error; /* -errno, as of source_ops.open */
	std::string text;
};

#endif
