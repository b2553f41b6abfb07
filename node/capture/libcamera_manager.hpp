/*
 * libcamera's camera manager, of which a process has one at a time: made by the first lease, and
 * made anew when a camera has gone, or several have come (libcamera_manager.cpp says why), and
 * nobody holds a lease.
 *
 * A lease keeps the manager. Who has one lets go of all cameras before the lease. When others must
 * wait for the manager to be made anew, the lease is recalled: its holder shall let go of it, and
 * no other is given until all have.
 *
 * Threads: any takes and ends leases. recall() runs on libcamera's thread, or in watch(). A lease
 * that begins, and the last that ends, may wait for that thread while the manager ends; so recall()
 * must not wait for one who begins or ends a lease.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_MANAGER_HPP
#define CAMNODE_CAPTURE_LIBCAMERA_MANAGER_HPP

#include "capture/libcamera_node.hpp"

#include <functional>
#include <memory>
#include <vector>

class Lease
{
      public:
	Lease(); /* throws Refusal: libcamera does not start, or leases are recalled */
	~Lease();
	Lease(const Lease &) = delete;
	Lease &operator=(const Lease &) = delete;

	/* That are there now. */
	std::vector<std::shared_ptr<lc::Camera>> cameras() const;

	/* Calls `recall` with why when the lease is recalled: once, now if it is already. */
	using Recall = std::function<void(const char *why)>;
	void watch(Recall recall);

      private:
	friend struct Manager;

	Recall recall_; /* guarded by the manager's mutex */
};

/* What a camera that was unplugged tells, before its lease ends; the manager may hear it later. */
void cameraIsGone();

/* Ends the manager. After the last lease. */
void endManager();

#endif
