/*
 * What a camera's controls are set to: all that was ever asked for, with which each start begins,
 * and what is new for the next request. Any thread.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_SETTINGS_HPP
#define CAMNODE_CAPTURE_LIBCAMERA_SETTINGS_HPP

#include "capture/libcamera_node.hpp"

#include <mutex>

class Settings
{
      public:
	explicit Settings(const lc::ControlInfoMap &offered);

	/* Those offered, by name, with their values: up to `capacity`; returns the count. */
	size_t list(const lc::ControlInfoMap &offered, struct source_control *ret_controls,
	            size_t capacity);

	/* As source_ops.set_control. */
	int set(const lc::ControlInfoMap &offered, const char *name, double value);

	/* Returns the rate that the camera then keeps by its own words: the slowest one that it
	 * offers if that is not as slow. 0: it offers none, as USB cameras, which keep their own.
	 */
	double setRate(const lc::ControlInfoMap &offered, double fps);

	lc::ControlList forStart();
	void moveInto(lc::ControlList &request);

      private:
	std::mutex mutex_;
	lc::ControlList wanted_;  /* guarded by mutex_ */
	lc::ControlList pending_; /* guarded by mutex_ */
};

#endif
