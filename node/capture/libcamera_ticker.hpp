/*
 * A clock for cameras that have none: calls `tick` at a rate, on a thread of its own. A tick that
 * comes late is not made up for.
 *
 * Life: start → stop, which may repeat; it is stopped when it is destroyed. `tick` is called
 * between start and the return of stop.
 *
 * Threads: one at a time starts and stops, but never `tick`.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_TICKER_HPP
#define CAMNODE_CAPTURE_LIBCAMERA_TICKER_HPP

#include "capture/libcamera_node.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>

class Ticker
{
      public:
	explicit Ticker(std::function<void()> tick);
	~Ticker();
	Ticker(const Ticker &) = delete;
	Ticker &operator=(const Ticker &) = delete;

	/* 0 or -errno; does not wait. It must not run. */
	int start(double per_second);

	/* Waits for a tick that has begun. Also when it does not run. */
	void stop();

      private:
	const std::function<void()> tick_;
	pthread_t thread_ = {};
	bool is_started_ = false;
	int64_t interval_us_ = 0;
	std::mutex mutex_;
	std::condition_variable changed_;
	bool ends_ = false; /* guarded by mutex_ */

	static void *run(void *arg);
	bool waitUntil(int64_t when_us);
};

#endif
