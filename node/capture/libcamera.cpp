/* The C side of libcamera's cameras: which there are, and the table of functions. What one open
 * camera does stands in libcamera_capture.cpp. No exception leaves this file. */
#include "capture/libcamera_capture.hpp"
#include "capture/libcamera_control.hpp"
#include "capture/libcamera_format.hpp"
#include "capture/libcamera_manager.hpp"

extern "C" {
#include "capture/libcamera.h"
}

#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <new>

namespace
{

constexpr char PREFIX[] = "libcamera:";

std::atomic<bool> was_used{false};

std::string modelOf(const lc::Camera &camera)
{
	const auto model = camera.properties().get(lc::properties::Model);

	return model ? std::string(*model) : std::string("unknown model");
}

/* `wish` is "" (the first), an index, or an id. */
std::shared_ptr<lc::Camera> find(const Lease &lease, const char *wish)
{
	const auto cameras = lease.cameras();
	std::string ids;
	int64_t index = 0;

	if (cameras.empty())
		throw Refusal{-ENODEV, "libcamera finds no camera"};
	if ((wish[0] == '\0' || str_parse_i64(wish, &index) == 0) && index >= 0 &&
	    size_t(index) < cameras.size())
		return cameras[size_t(index)];
	for (const auto &camera : cameras) {
		if (camera->id() == wish)
			return camera;
		ids += (ids.empty() ? "" : ", ") + camera->id();
	}
	throw Refusal{-ENODEV,
	              std::string("libcamera has no camera ") + wish + "; there are " + ids};
}

void acquire(lc::Camera &camera)
{
	const int r = camera.acquire();

	if (r == -EBUSY)
		throw Refusal{r, "another program uses the camera"};
	if (r < 0)
		throw Refusal{-ENODEV, "the camera " + camera.id() + " is going away"};
}

struct Source : source {
	std::unique_ptr<Lease> lease; /* outlives the capture's camera */
	std::shared_ptr<Capture> capture;
	std::string id;
	std::string model;
};

Source *cast(struct source *source)
{
	return static_cast<Source *>(source);
}

struct source *openCamera(const struct config_camera &wish)
{
	const bool named = strncmp(wish.source, PREFIX, strlen(PREFIX)) == 0;
	auto lease = std::make_unique<Lease>(); /* before all that holds a camera */
	const auto camera = find(*lease, named ? wish.source + strlen(PREFIX) : "");
	auto source = std::make_unique<Source>();

	source->ops = &libcamera_ops;
	source->id = camera->id();
	source->model = modelOf(*camera);
	acquire(*camera);
	source->capture = std::make_shared<Capture>(camera);
	source->capture->configure(wish);
	lease->watch([capture = std::weak_ptr<Capture>(source->capture)](const char *why) {
		if (const auto still = capture.lock())
			still->end(why);
	});
	source->lease = std::move(lease);
	was_used = true;
	return source.release();
}

/* Runs `function`; makes an error and its text of what it throws. */
template <typename Function>
int guarded(char ret_text[SOURCE_TEXT_SIZE], Function function) noexcept
{
	try {
		function();
		return 0;
	} catch (const Refusal &refusal) {
		snprintf(ret_text, SOURCE_TEXT_SIZE, "%s", refusal.text.c_str());
		return refusal.error;
	} catch (const std::bad_alloc &) {
		snprintf(ret_text, SOURCE_TEXT_SIZE, "no memory");
		return -ENOMEM;
	} catch (const std::exception &exception) {
		snprintf(ret_text, SOURCE_TEXT_SIZE, "libcamera: %s", exception.what());
		return -EIO;
	}
}

int sourceOpen(const struct config_camera *camera, struct source **ret_source,
               char ret_text[SOURCE_TEXT_SIZE])
{
	return guarded(ret_text, [&] { *ret_source = openCamera(*camera); });
}

void sourceMode(const struct source *source, struct source_mode *ret_mode)
{
	const auto *self = static_cast<const Source *>(source);

	*ret_mode = self->capture->mode();
	snprintf(ret_mode->id, sizeof(ret_mode->id), "%s", self->id.c_str());
	snprintf(ret_mode->model, sizeof(ret_mode->model), "%s", self->model.c_str());
}

int sourceStart(struct source *source, const struct source_sink *sink)
{
	char text[SOURCE_TEXT_SIZE];
	int r = 0;
	const int thrown = guarded(text, [&] { r = cast(source)->capture->start(*sink); });

	return thrown < 0 ? thrown : r;
}

void sourceStop(struct source *source)
{
	cast(source)->capture->stop();
}

void sourceClose(struct source *source)
{
	const std::unique_ptr<Source> self(cast(source));

	self->capture->close();
}

size_t sourceControls(const struct source *source, struct source_control *ret_controls,
                      size_t capacity)
{
	return static_cast<const Source *>(source)->capture->controls(ret_controls, capacity);
}

int sourceSetControl(struct source *source, const char *name, double value)
{
	char text[SOURCE_TEXT_SIZE];
	int r = 0;
	const int thrown =
		guarded(text, [&] { r = cast(source)->capture->setControl(name, value); });

	return thrown < 0 ? thrown : r;
}

void listCamera(struct buf *text, size_t index, lc::Camera &camera)
{
	const auto config = camera.generateConfiguration({lc::StreamRole::VideoRecording});
	const std::string controls = describeControls(camera.controls());

	buf_printf(text, "libcamera:%zu or libcamera:%s\n", index, camera.id().c_str());
	buf_printf(text, "    %s\n", modelOf(camera).c_str());
	if (config && !config->empty())
		buf_printf(text, "    %s\n", describeFormats(config->at(0)).c_str());
	if (!controls.empty())
		buf_printf(text, "    %s\n", controls.c_str());
}

} /* namespace */

const struct source_ops libcamera_ops = {
	"libcamera", sourceOpen,  sourceMode,     sourceStart,
	sourceStop,  sourceClose, sourceControls, sourceSetControl,
};

bool libcamera_was_used(void)
{
	return was_used;
}

void libcamera_list(struct buf *text)
{
	char error[SOURCE_TEXT_SIZE];
	const int r = guarded(error, [&] {
		const Lease lease;
		const auto cameras = lease.cameras();

		for (size_t i = 0; i < cameras.size(); i++)
			listCamera(text, i, *cameras[i]);
		if (cameras.empty())
			buf_puts(text, "libcamera: no camera\n");
	});

	if (r < 0)
		buf_printf(text, "libcamera: %s\n", error);
}

void libcamera_init(void)
{
	setenv("LIBCAMERA_LOG_LEVELS", "*:WARN", 0);
}

void libcamera_finish(void)
{
	endManager();
}
