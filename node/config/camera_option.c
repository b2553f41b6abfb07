/* The options of a camera in node.yaml. */
#include "config/option.h"

#include "config/config.h"
#include "config/rule.h"

#define CAMERA(field) offsetof(struct config_camera, field)
#define CONTROL(field) offsetof(struct config_control, field)
#define WINDOW(field) offsetof(struct config_window, field)

static const struct option_word formats[] = {{"auto", 0}, {"YUV420", 0}, {"NV12", 0},
                                             {"YUYV", 0}, {"MJPEG", 0},  {NULL, 0}};

static const struct option_word rotations[] = {{"0", 0}, {"180", 180}, {NULL, 0}};

static const struct option_word captures[] = {
	{"always", CONFIG_CAPTURE_ALWAYS}, {"on_demand", CONFIG_CAPTURE_ON_DEMAND}, {NULL, 0}};

static const struct option_word corners[] = {{"bottom-left", CONFIG_BOTTOM_LEFT},
                                             {"bottom-right", CONFIG_BOTTOM_RIGHT},
                                             {"top-left", CONFIG_TOP_LEFT},
                                             {"top-right", CONFIG_TOP_RIGHT},
                                             {NULL, 0}};

static const struct option_word record_formats[] = {
	{"h264", CONFIG_H264}, {"mjpeg", CONFIG_MJPEG}, {NULL, 0}};

static const struct option_word presets[] = {
	{"ultrafast", 0}, {"superfast", 0}, {"veryfast", 0}, {"faster", 0}, {"fast", 0},
	{"medium", 0},    {"slow", 0},      {"slower", 0},   {NULL, 0},
};

/* Bits as in struct config_window. */
static const struct option_word day_words[] = {
	{"sun", 1},  {"mon", 2},     {"tue", 4},       {"wed", 8},      {"thu", 16}, {"fri", 32},
	{"sat", 64}, {"daily", 127}, {"weekdays", 62}, {"weekend", 65}, {NULL, 0},
};

static const struct option_word whens[] = {
	{"time_synced", CONFIG_WHEN_TIME_SYNCED}, {"always", CONFIG_WHEN_ALWAYS}, {NULL, 0}};

static const struct option day_items[] = {{"", OPTION_WORD, .live = true, .words = day_words},
                                          {NULL}};

static const struct option_list day_list = {
	.items = day_items,
	.item_size = sizeof(int),
	.count_offset = WINDOW(day_count),
	.max = CONFIG_MAX_DAYS,
};

static const struct option window_options[] = {
	{"days", OPTION_LIST, WINDOW(days), .live = true, .list = &day_list,
         .help = "The days on which it begins; without: daily."},
	{"from", OPTION_STRING, WINDOW(from), .rule = &rule_time_of_day, .required = true,
         .live = true, .help = "When it begins, in the local time zone: 22:00."},
	{"to", OPTION_STRING, WINDOW(to), .rule = &rule_time_of_day, .required = true, .live = true,
         .help = "When it ends; not after `from`: on the next day."},
	{"when", OPTION_WORD, WINDOW(when), .def = "time_synced", .live = true, .words = whens,
         .help = "time_synced: only once the clock is synchronised, as it is wrong before on a "
                 "machine without a battery for it."},
	{NULL},
};

static const struct option_list window_list = {
	.items = window_options,
	.item_size = sizeof(struct config_window),
	.count_offset = CAMERA(schedule_count),
	.max = CONFIG_MAX_WINDOWS,
};

static const struct option control_options[] = {
	{"", OPTION_SETTING, CONTROL(value),
         .help = "A control of the camera by its libcamera name, such as `Brightness: 0.2` or "
                 "`AfMode: Continuous`; `camnode --list-cameras` shows what a camera offers."},
	{NULL},
};

static const struct option_list control_list = {
	.items = control_options,
	.item_size = sizeof(struct config_control),
	.count_offset = CAMERA(control_count),
	.max = CONFIG_MAX_CONTROLS,
	.named = true,
};

_Static_assert(CAMERA(height) == CAMERA(width) + sizeof(int), "OPTION_SIZE is two ints");

static const struct option camera_options[] = {
	{"id", OPTION_STRING, CAMERA(id), .rule = &rule_id,
         .derived = "cam and the place in the list: cam0",
         .help = "The camera in topics, addresses and file names."},
	{"name", OPTION_STRING, CAMERA(name), .rule = &rule_label, .derived = "the id",
         .help = "The camera's name for people."},
	{"source", OPTION_SOURCE, CAMERA(source), .def = "auto", .rule = &rule_source,
         .help = "Where images come from. auto takes the first libcamera camera, else the pattern; "
                 "replay plays a video file in a loop, or another network camera; its URL "
                 "may have a login and a query, and is shown without them."},
	{"size", OPTION_SIZE, CAMERA(width), .min = 16, .max = 8192, .def = "1280x720",
         .help = "Width and height in px, both even. What the camera does not offer is refused "
                 "with the list of what it does."},
	{"fps", OPTION_DOUBLE, CAMERA(fps), .min = 1, .max = CONFIG_MAX_FPS, .def = "30",
         .help = "Frames a second."},
	{"profile", OPTION_STRING, CAMERA(profile), .rule = &rule_id,
         .derived = "`custom`: this camera's size, fps and jpeg.quality",
         .help = "The profile to begin with, one of `profiles`. `profile/set` chooses another."},
	{"format", OPTION_STRING, CAMERA(format), .def = "auto", .words = formats,
         .help = "What is asked of the camera; MJPEG is passed on without encoding again."},
	{"hflip", OPTION_BOOL, CAMERA(hflip), .def = "false",
         .help = "Mirror the picture left to right, if the camera can; else a warning is logged."},
	{"vflip", OPTION_BOOL, CAMERA(vflip), .def = "false",
         .help = "Turn the picture upside down, likewise."},
	{"rotation", OPTION_WORD, CAMERA(rotation), .def = "0", .words = rotations,
         .help = "Degrees; 180 is both flips. No camera of libcamera turns by 90: players and "
                 "pages can."},
	{"capture", OPTION_WORD, CAMERA(capture), .def = "always", .words = captures,
         .help = "on_demand stops the camera while nobody watches or records. Then the first "
                 "picture takes as long as the camera needs to start."},
	{"jpeg.quality", OPTION_INT, CAMERA(jpeg_quality), .min = 1, .max = 100, .def = "80",
         .live = true,
         .help = "Of the live view and of snapshots. An MJPEG camera decides itself."},
	{"preview.width", OPTION_INT, CAMERA(preview_width), .min = 64, .max = 1920, .def = "320",
         .help = "The small rendition for dashboards, `/cam/<id>/stream?rendition=preview`: its "
                 "width in px; the height follows. Made only while somebody watches it."},
	{"preview.fps", OPTION_DOUBLE, CAMERA(preview_fps), .min = 0.1, .max = 60, .def = "5",
         .help = "Its frames a second."},
	{"preview.quality", OPTION_INT, CAMERA(preview_quality), .min = 1, .max = 100, .def = "70",
         .help = "Its JPEG quality."},
	{"preview.second_stream", OPTION_BOOL, CAMERA(preview_second_stream), .def = "true",
         .help = "Let the camera make the small pictures too, where libcamera's pipeline has a "
                 "second stream for them. USB cameras have none: there they are scaled."},
	{"overlay.time", OPTION_BOOL, CAMERA(overlay_time), .def = "false", .live = true,
         .help = "Burn date and local time into the pictures: live, snapshots and recordings. "
                 "Pictures of an MJPEG camera are then decoded and encoded again."},
	{"overlay.name", OPTION_BOOL, CAMERA(overlay_name), .def = "false", .live = true,
         .help = "Burn in the camera's name. Its ASCII shows, Latin letters without their accents, "
                 "others as `?`; where that leaves no letter and no digit, the id."},
	{"overlay.corner", OPTION_WORD, CAMERA(overlay_corner), .def = "bottom-left", .live = true,
         .words = corners, .help = "Where the overlay stands."},
	{"record.format", OPTION_WORD, CAMERA(record_format), .def = "h264", .live = true,
         .words = record_formats,
         .help = "h264 plays everywhere; mjpeg costs next to no CPU, is 8 to 12 times as large "
                 "and doesn't play in browsers."},
	{"record.pre_roll_s", OPTION_DOUBLE, CAMERA(pre_roll_s), .min = 0,
         .max = CONFIG_MAX_PRE_ROLL_S, .def = "0",
         .help = "A recording begins this many seconds before its command. Meanwhile JPEGs are "
                 "made all the time and the last seconds kept in memory: `camnode --check-config` "
                 "says how much."},
	{"record.pre_roll_mb", OPTION_INT, CAMERA(pre_roll_mb), .min = 1, .max = 4000, .def = "64",
         .help = "The most memory for that, in MB, beside the 17 MB that a camera's pictures may "
                 "take anyway; when it is too little, the pre-roll is shorter."},
	{"schedule", OPTION_LIST, CAMERA(schedule), .live = true, .list = &window_list,
         .help = "When to record by itself. An OFF by command holds until the next window begins."},
	{"timelapse.every_s", OPTION_DOUBLE, CAMERA(timelapse_every_s), .min = 0, .max = 86400,
         .def = "0",
         .help = "One picture every so many seconds goes into a file of its own, a new one each "
                 "day, beside all other recordings; 0: none."},
	{"timelapse.fps", OPTION_DOUBLE, CAMERA(timelapse_fps), .min = 1, .max = 120, .def = "25",
         .help = "Pictures a second when the timelapse is played."},
	{"h264.encoder", OPTION_STRING, CAMERA(h264_encoder), .def = "libx264",
         .rule = &rule_encoder,
         .help = "libx264, or another H.264 encoder of libavcodec, such as h264_v4l2m2m of a "
                 "Raspberry Pi 4. It knows `max_kbps` and `gop_s`, not `preset` and `crf`. Where "
                 "it does not work, libx264 is taken."},
	{"h264.preset", OPTION_STRING, CAMERA(h264_preset), .def = "superfast", .words = presets,
         .help = "libx264: faster means less CPU and larger files."},
	{"h264.crf", OPTION_INT, CAMERA(h264_crf), .min = 1, .max = 51, .def = "23",
         .help = "libx264: constant quality; lower is better and larger."},
	{"h264.gop_s", OPTION_DOUBLE, CAMERA(h264_gop_s), .min = 0.1, .max = 60, .def = "2",
         .help = "Seconds between key frames."},
	{"h264.max_kbps", OPTION_INT, CAMERA(h264_max_kbps), .min = 0, .max = 200000, .def = "0",
         .help = "Limit of the bit rate in kbit/s; 0: none."},
	{"snapshot.on_start", OPTION_BOOL, CAMERA(snapshot_on_start), .def = "true",
         .help = "Publish a snapshot as soon as the camera is there."},
	{"snapshot.interval_s", OPTION_INT, CAMERA(snapshot_interval_s), .min = 0, .max = 86400,
         .def = "60", .live = true,
         .help = "Publish a snapshot this often, so that a tile in Home Assistant is never older "
                 "than a minute; 0: only at start and on command. A camera on_demand is not "
                 "started for it: that comes while somebody watches or records."},
	{"snapshot.retain", OPTION_BOOL, CAMERA(snapshot_retain), .def = "true", .live = true,
         .help = "The broker keeps the last snapshot for those who come later."},
	{"pattern.noise", OPTION_INT, CAMERA(pattern_noise), .min = 0, .max = 100, .def = "50",
         .help = "The synthetic camera's sensor noise; more noise, larger pictures."},
	{"pattern.fault", OPTION_STRING, CAMERA(pattern_fault),
         .help = "For tests: the synthetic camera fails S seconds after its start: stall@S, "
                 "slow@S, hang@S, disconnect@S+D or busy@S+D (comes back after D seconds); or "
                 "dark@S, it comes up from black in S seconds."},
	{"controls", OPTION_LIST, CAMERA(controls), .list = &control_list,
         .help = "Controls set when the camera starts."},
	{"controls_persist", OPTION_BOOL, CAMERA(controls_persist), .def = "false",
         .help = "Controls set by command outlive a restart of the node, before those of "
                 "`controls`; without it, they last until then."},
	{NULL},
};

const struct option_list option_camera_list = {
	.items = camera_options,
	.item_size = sizeof(struct config_camera),
	.count_offset = offsetof(struct config, camera_count),
	.max = CONFIG_MAX_CAMERAS,
};
