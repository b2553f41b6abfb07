#include "capture/libcamera_device.hpp"

#include "capture/libcamera_node.hpp"

#include <dirent.h>
#include <memory>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace
{

constexpr unsigned VIDEO_MAJOR = 81; /* of /dev/video* */

struct Closer {
	void operator()(DIR *dir) const
	{
		closedir(dir);
	}
};

/* A descriptor of a device that is unregistered hangs up. */
bool isLost(int fd)
{
	struct pollfd query = {fd, 0, 0};
	struct stat stat;

	return fstat(fd, &stat) == 0 && S_ISCHR(stat.st_mode) &&
	       major(stat.st_rdev) == VIDEO_MAJOR && poll(&query, 1, 0) > 0 &&
	       (query.revents & POLLHUP) != 0;
}

} /* namespace */

bool lostVideoDevice()
{
	const std::unique_ptr<DIR, Closer> dir(opendir("/proc/self/fd"));

	if (!dir)
		return false;
	while (const struct dirent *entry = readdir(dir.get())) {
		int64_t fd;

		if (str_parse_i64(entry->d_name, &fd) == 0 && isLost(int(fd)))
			return true;
	}
	return false;
}
