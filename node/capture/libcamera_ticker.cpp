#include "capture/libcamera_ticker.hpp"

#include <algorithm>
#include <chrono>

Ticker::Ticker(std::function<void()> tick) : tick_(std::move(tick))
{
}

Ticker::~Ticker()
{
	stop();
}

int Ticker::start(double per_second)
{
	int r;

	interval_us_ = pace_interval_us(per_second);
	ends_ = false;
	r = thread_start(&thread_, "ticker", run, this);
	is_started_ = r == 0;
	return r;
}

void Ticker::stop()
{
	if (!is_started_)
		return;
	{
		std::lock_guard<std::mutex> lock(mutex_);

		ends_ = true;
		changed_.notify_all();
	}
	pthread_join(thread_, nullptr);
	is_started_ = false;
}

/* False: it ends. */
bool Ticker::waitUntil(int64_t when_us)
{
	const std::chrono::steady_clock::time_point when{std::chrono::microseconds(when_us)};
	std::unique_lock<std::mutex> lock(mutex_);

	return !changed_.wait_until(lock, when, [this] { return ends_; });
}

void *Ticker::run(void *arg)
{
	auto *self = static_cast<Ticker *>(arg);
	int64_t next_us = clock_mono_us();

	while (self->waitUntil(next_us)) {
		self->tick_();
		next_us = std::max(next_us + self->interval_us_, clock_mono_us());
	}
	return nullptr;
}
