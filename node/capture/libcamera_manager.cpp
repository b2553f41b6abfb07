#include "capture/libcamera_manager.hpp"

#include <algorithm>
#include <cerrno>
#include <mutex>

#include <libcamera/version.h>

namespace
{

constexpr char AFRESH[] = "libcamera is started afresh";

/*
 * Before 0.4 each run of CameraManager::Private::createPipelineHandlers() ends with connecting it
 * to the enumerator's devicesAdded once more (src/libcamera/camera_manager.cpp): with each camera
 * that comes its runs double, and after about twelve libcamera's thread has no time left. Later
 * versions connect it once, in init().
 */
constexpr bool DOUBLES = LIBCAMERA_VERSION_MAJOR == 0 && LIBCAMERA_VERSION_MINOR < 4;

/*
 * DeviceEnumeratorUdev::addV4L2Device() (src/libcamera/device_enumerator_udev.cpp) of 0.0.3 leaves
 * in devMap_ where a camera was that has had to wait for its nodes. When it has gone and its nodes
 * come again before its media device, as they may on a busy machine, the process crashes. 0.7.2 is
 * mended.
 */
constexpr bool DANGLES = LIBCAMERA_VERSION_MAJOR == 0 && LIBCAMERA_VERSION_MINOR < 7;

/* So many cameras come before leases are recalled: the next would be looked at 64 times. */
constexpr unsigned ARRIVALS_MAX = 6;

} /* namespace */

/* Two locks, so that libcamera's thread never waits for one who waits for it: `making` is held
 * while the manager starts and ends, and never taken by libcamera's thread; `mutex` only for
 * moments, and for recall(). */
struct Manager {
	std::mutex making;                          /* taken before mutex */
	std::unique_ptr<lc::CameraManager> manager; /* guarded by making; fixed while leased */

	std::mutex mutex;
	std::vector<Lease *> leases; /* guarded by mutex; grows with making held as well */
	unsigned arrivals = 0;       /* since the start of `manager`; guarded by mutex */
	bool departed = false;       /* a camera has gone since then; guarded by mutex */

	void begin(Lease *lease);
	void end(Lease *lease);
	void watch(Lease *lease, Lease::Recall recall);
	void finish();

      private:
	bool isRecalled() const
	{
		return DOUBLES && arrivals >= ARRIVALS_MAX;
	}
	bool isStale() const
	{
		return leases.empty() && ((DANGLES && departed) || isRecalled());
	}
	bool mustRenew();
	void start();
	void onAdded();
	void onRemoved();

	friend void cameraIsGone();
};

static Manager &theManager()
{
	static Manager manager;

	return manager;
}

/* True if a new one has to be made, and can be. Throws Refusal when it can't yet. */
bool Manager::mustRenew()
{
	std::lock_guard<std::mutex> lock(mutex);

	if (isRecalled() && !leases.empty())
		throw Refusal{-ENODEV, AFRESH};
	return isStale();
}

void Manager::start()
{
	auto fresh = std::make_unique<lc::CameraManager>();

	if (fresh->start() < 0)
		throw Refusal{-ENODEV, "libcamera does not start"};
	{
		std::lock_guard<std::mutex> lock(mutex);

		arrivals = 0;
		departed = false;
	}
	fresh->cameraAdded.connect(this,
	                           [this](const std::shared_ptr<lc::Camera> &) { onAdded(); });
	fresh->cameraRemoved.connect(this,
	                             [this](const std::shared_ptr<lc::Camera> &) { onRemoved(); });
	manager = std::move(fresh);
}

void Manager::begin(Lease *lease)
{
	std::lock_guard<std::mutex> lock(making);

	if (mustRenew())
		finish();
	if (!manager)
		start();

	std::lock_guard<std::mutex> short_lock(mutex);

	leases.push_back(lease);
}

void Manager::end(Lease *lease)
{
	std::lock_guard<std::mutex> lock(making);
	bool stale;

	{
		std::lock_guard<std::mutex> short_lock(mutex);

		leases.erase(std::find(leases.begin(), leases.end(), lease));
		stale = isStale();
	}
	if (stale)
		finish(); /* before the camera comes again */
}

void Manager::watch(Lease *lease, Lease::Recall recall)
{
	std::lock_guard<std::mutex> lock(mutex);

	if (isRecalled())
		recall(AFRESH);
	else
		lease->recall_ = std::move(recall);
}

/* Waits for libcamera's thread; with making held. */
void Manager::finish()
{
	if (manager)
		manager->stop();
	manager.reset();
}

/* On libcamera's thread. */
void Manager::onAdded()
{
	std::lock_guard<std::mutex> lock(mutex);

	arrivals++;
	if (!DOUBLES || arrivals != ARRIVALS_MAX || leases.empty())
		return;
	log_info("%s: %u cameras were plugged in", AFRESH, arrivals);
	for (Lease *lease : leases) {
		if (lease->recall_)
			lease->recall_(AFRESH);
	}
}

/* On libcamera's thread. */
void Manager::onRemoved()
{
	std::lock_guard<std::mutex> lock(mutex);

	departed = true;
}

void cameraIsGone()
{
	theManager().onRemoved();
}

Lease::Lease()
{
	theManager().begin(this);
}

Lease::~Lease()
{
	theManager().end(this);
}

std::vector<std::shared_ptr<lc::Camera>> Lease::cameras() const
{
	return theManager().manager->cameras();
}

void Lease::watch(Recall recall)
{
	theManager().watch(this, std::move(recall));
}

void endManager()
{
	std::lock_guard<std::mutex> lock(theManager().making);

	theManager().finish();
}
