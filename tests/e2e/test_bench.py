"""The bench's tools work. Nothing here is about speed: tests/bench/run measures that."""

import json
import os
import subprocess

import pytest

from support import pattern
from support.node import BINARY
from support.wait import SLOWNESS

TOOLS = BINARY.parent / "tests/bench"


def tool(name, *arguments):
    return subprocess.run([TOOLS / name, *map(str, arguments)], check=True, text=True,
                          stdout=subprocess.PIPE, timeout=60 * SLOWNESS).stdout


@pytest.fixture
def pictures(tmp_path):
    """The folder of five pictures of 640x480, one of them as RGB too."""
    tool("bench_pictures", 640, 480, 50, 5, 1, tmp_path)
    return tmp_path


def test_viewers_count_and_read_the_codes(node):
    seen = json.loads(tool("bench_viewers", "--viewers", 10, "--stalled", 2, "--seconds", 4,  # a machine may stand still for some
                           "--pid", node.process.pid, f"{node.url}/cam/cam0/stream"))
    assert seen["frames"] > 0 and seen["bytes"] > 0
    assert seen["codes"] > 0 and seen["unreadable"] == 0
    assert seen["ended"] == 0
    assert 0 < seen["latency_ms"]["p50"] <= seen["latency_ms"]["max"]
    assert seen["server_cpu_s"] > 0


def test_viewers_say_what_is_wrong(node):
    run = subprocess.run([TOOLS / "bench_viewers", f"{node.url}/cam/nobody/stream"], text=True,
                         capture_output=True, timeout=60 * SLOWNESS, check=False)
    assert run.returncode == 1
    assert "the server says: HTTP/1.1 404" in run.stderr


def test_pictures_are_encoded(pictures):
    assert (pictures / "pictures.yu12").stat().st_size == 5 * 640 * 480 * 3 // 2
    assert (pictures / "picture-0.ppm").read_bytes().startswith(b"P6\n640 480\n255\n")
    times = json.loads(tool("bench_encode", 640, 480, 80, "ultrafast", 0.1, pictures / "pictures.yu12"))
    assert set(times) == {"jpeg", "turbojpeg", "h264", "x264"}
    assert all(way["best_us"] > 0 and way["bytes"] > 0 for way in times.values())
    assert times["jpeg"]["bytes"] == times["turbojpeg"]["bytes"]


@pytest.mark.skipif(bool(os.environ.get("CAMNODE_SANITIZE")), reason="ffmpeg has no sanitizer's runtime")
def test_the_shim_is_a_camera(pictures):
    camera, recording = pictures / "pictures.yuyv", pictures / "recording.mkv"
    environment = {**os.environ, "LD_PRELOAD": str(TOOLS / "v4l2_shim.so"),
                   "V4L2_SHIM_PICTURES": str(camera), "V4L2_SHIM_SIZE": "640x480", "V4L2_SHIM_FPS": "30"}
    subprocess.run(["ffmpeg", "-v", "error", "-f", "v4l2", "-i", camera, "-frames:v", "8",
                    "-fps_mode", "passthrough", "-c:v", "ffv1", recording],
                   env=environment, timeout=60 * SLOWNESS, check=True)
    codes = pattern.codes_of_file(recording)
    assert len(codes) == 8
    assert all(later.frame > earlier.frame for earlier, later in zip(codes, codes[1:]))
