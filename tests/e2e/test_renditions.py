"""Renditions: a small preview beside the main one; and the overlay burnt into all of them."""

import subprocess
import time

import pytest

from support.mjpeg import Viewer, jpeg_size
from support.node import camera
from support.pattern import code_of_jpeg
from support.wait import wait_until

PREVIEW = "/cam/cam0/stream?rendition=preview"
BANDS = {"bottom": "crop=iw:24:0:ih-24", "top": "crop=iw:24:0:8"}


@pytest.fixture
def make_online(make_node):
    def make(**changes):
        node = make_node(mqtt={"enabled": False}, cameras=[camera(**changes)])
        node.wait_state("cam/cam0/status", lambda status: status == "online")
        return node
    return make


def metric(node, name):
    for line in node.get("/metrics").text.splitlines():
        if line.startswith(f'camnode_camera_{name}{{camera="cam0"}}'):
            return float(line.split()[1])
    raise AssertionError(f"no metric {name}")


def grey_of(data, filters):
    """The luma of a part of a picture or of a recording's first picture."""
    source = ["-i", str(data)] if not isinstance(data, bytes) else ["-f", "mjpeg", "-i", "-"]
    result = subprocess.run(["ffmpeg", "-v", "error", *source, "-frames:v", "1", "-vf", filters,
                             "-f", "rawvideo", "-pix_fmt", "gray", "-"],
                            input=data if isinstance(data, bytes) else None, capture_output=True,
                            timeout=60, check=True)
    return result.stdout


def has_text(data, band="bottom"):
    """A dark box with bright letters in the left half of a band."""
    luma = grey_of(data, BANDS[band] + ",crop=iw/2:ih:0:0")
    return (sum(value < 40 for value in luma) > len(luma) / 8 and
            sum(value > 200 for value in luma) > len(luma) / 80)


def plain_clip(folder):
    """MJPEG of a grey picture, in which no text is."""
    clip = folder / "clip.mkv"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=gray:size=640x480:rate=25",
                    "-t", "2", "-c:v", "mjpeg", "-q:v", "3", str(clip)], check=True, timeout=60)
    return clip


def test_a_small_slow_preview_beside_the_main_one(make_online):
    node = make_online(size="1280x720")
    info = node.wait_state("info", lambda info: info["cameras"][0].get("width"))
    assert info["cameras"][0]["renditions"] == ["main", "preview"]
    with Viewer(node) as main, Viewer(node, PREVIEW) as preview:
        parts = preview.parts(6)
        assert all(jpeg_size(part.data) == (320, 180) for part in parts)
        assert parts[-1].timestamp - parts[0].timestamp > 0.7, "five at five a second"
        assert jpeg_size(main.parts(1)[0].data) == (1280, 720)
        stats = node.wait_state("cam/cam0/stats", lambda stats: stats["viewers"] == 2)
        assert stats["preview_viewers"] == 1
        assert metric(node, "preview_viewers") == 1 and metric(node, "viewers") == 2


def test_its_own_size_rate_and_quality(make_online):
    node = make_online(size="640x480", preview={"width": 200, "fps": 20, "quality": 30})
    with Viewer(node, PREVIEW) as preview:
        parts = preview.parts(11)
        assert jpeg_size(parts[0].data) == (200, 150)
        assert parts[-1].timestamp - parts[0].timestamp >= 0.4


def test_nobody_watching_makes_no_preview(make_online):
    node = make_online()
    with Viewer(node) as main:
        main.parts(10)
    assert metric(node, "preview_frames_total") == 0
    with Viewer(node, PREVIEW) as preview:
        preview.parts(2)
    wait_until(lambda: metric(node, "viewers") == 0, 10, "the viewers have left")
    made, encoded = metric(node, "preview_frames_total"), metric(node, "encoded_frames_total")
    assert made >= 2
    captured = metric(node, "captured_frames_total")
    wait_until(lambda: metric(node, "captured_frames_total") > captured + 15, 10, "half a second")
    assert metric(node, "preview_frames_total") <= made + 1
    assert metric(node, "encoded_frames_total") <= encoded + 1


def test_one_encode_for_many_viewers(make_online):
    node = make_online()
    began = time.monotonic()
    viewers = [Viewer(node, PREVIEW) for _ in range(5)]
    for viewer in viewers:
        assert len(viewer.parts(5)) == 5
    made, took = metric(node, "preview_frames_total"), time.monotonic() - began
    assert made <= 5 * took + 5, f"{made} pictures in {took} s for {len(viewers)} viewers"
    for viewer in viewers:
        viewer.close()


def test_snapshot_of_the_preview(make_online):
    node = make_online(size="1280x720")
    answer = node.get("/cam/cam0/snapshot.jpg?rendition=preview")
    assert answer.ok and jpeg_size(answer.content) == (320, 180)
    assert jpeg_size(node.get("/cam/cam0/snapshot.jpg?rendition=main").content) == (1280, 720)
    for path in ("/cam/cam0/snapshot.jpg", "/cam/cam0/stream"):
        answer = node.get(f"{path}?rendition=tiny")
        assert answer.status_code == 400 and "main or preview" in answer.text


def test_preview_of_an_mjpeg_camera(make_online, tmp_path):
    node = make_online(source=f"replay:{plain_clip(tmp_path)}")
    data = node.get("/cam/cam0/snapshot.jpg?rendition=preview").content
    assert jpeg_size(data) == (320, 240)
    luma = grey_of(data, "crop=iw:ih")
    assert max(luma) - min(luma) < 8, "plain grey it was"


def test_a_lost_camera_shows_no_signal_in_the_preview(make_online):
    node = make_online(size="640x480")
    with Viewer(node, PREVIEW) as preview:
        preview.parts(1)
        node.post("/api/v1/set/cam/cam0/controls/set", {"Fault": "Disconnect"})
        node.wait_state("cam/cam0/status", lambda status: status == "offline")
        lost = wait_until(lambda: next((part.data for part in preview.parts(1)
                                        if len(set(grey_of(part.data, "crop=8:8:0:0"))) == 1), None),
                          20, "a placeholder")
        assert jpeg_size(lost) == (320, 240)


@pytest.mark.parametrize("codec", ["h264", "mjpeg"])
def test_overlay_in_live_view_snapshot_and_recording(broker, make_node, make_client, tmp_path, codec):
    node = make_node(broker_port=broker.port, cameras=[camera(
        source=f"replay:{plain_clip(tmp_path)}", overlay={"time": True, "name": True})])
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    with Viewer(node) as viewer:
        assert has_text(viewer.parts(1)[0].data)
    assert has_text(node.get("/cam/cam0/snapshot.jpg").content)
    # The pictures are encoded here, so their quality is known.
    client.wait("cam/cam0/stats", lambda m: m.json["quality"] == 80)
    client.publish("cam/cam0/record/set", {"state": "ON", "duration_s": 1, "format": codec})
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_finished",
                        timeout=15).json
    assert has_text(node.recordings / event["file"])


def test_no_overlay_where_none_is_asked_for(make_online, tmp_path):
    node = make_online(source=f"replay:{plain_clip(tmp_path)}")
    assert not has_text(node.get("/cam/cam0/snapshot.jpg").content)


def test_overlay_over_planes_leaves_the_rest(make_online):
    node = make_online(size="640x480", overlay={"time": True})
    data = node.get("/cam/cam0/snapshot.jpg").content
    assert has_text(data) and code_of_jpeg(data)


def test_overlay_is_switched_live(make_online, tmp_path):
    node = make_online(source=f"replay:{plain_clip(tmp_path)}")
    with Viewer(node) as viewer:
        viewer.parts(2)
        node.config["cameras"][0]["overlay"] = {"time": True, "corner": "top-left"}
        node.write_config()
        node.process.send_signal(1)
        wait_until(lambda: has_text(viewer.parts(1)[0].data, "top"), 20, "the overlay")
        node.config["cameras"][0]["overlay"] = {}
        node.write_config()
        node.process.send_signal(1)
        wait_until(lambda: not has_text(viewer.parts(1)[0].data, "top"), 20, "no overlay")
