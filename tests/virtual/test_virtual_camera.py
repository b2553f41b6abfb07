"""libcamera's virtual camera: planes of NV12 from a newer libcamera than Debian's. It delivers as fast
as it gets buffers: the rate is the node's."""

import os
import subprocess
import time

from support.mjpeg import Viewer, jpeg_size
from support.pattern import probe
from support.wait import wait_until

from conftest import virtual_camera

PREVIEW = "/cam/cam0/stream?rendition=preview"
BARS = [(255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0),
        (255, 0, 255), (255, 0, 0), (0, 0, 255), (0, 0, 0)]
TOLERANCE = 60  # a bar's colour is rounded by two conversions and the JPEG, another bar's is 255 away


def bars_of(picture, form, begin):
    """The colours of eight bars of a JPEG's or a recording's first picture, each looked at `begin`
    twentieths behind its place."""
    run = subprocess.run(["ffmpeg", "-v", "error", "-f", form, "-i", "-", "-frames:v", "1", "-vf",
                          "scale=160:8:flags=neighbor", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
                         input=picture, capture_output=True, timeout=60, check=True)
    middle = run.stdout[4 * 160 * 3:5 * 160 * 3]
    return [tuple(middle[(bar * 20 + begin) * 3:(bar * 20 + begin) * 3 + 3]) for bar in range(8)]


def are_bars(found):
    """In their order; the pattern moves, so any may be the first."""
    def near(bar, wanted):
        return all(abs(a - b) <= TOLERANCE for a, b in zip(bar, wanted))
    return any(all(map(near, found[first:] + found[:first], BARS)) for first in range(8))


def check_bars(picture, form="mjpeg"):
    """With two looks one at least is not where bars meet."""
    looks = [bars_of(picture, form, begin) for begin in (5, 15)]
    assert any(map(are_bars, looks)), f"{looks}, not {BARS}"


def metric(node, name):
    for line in node.get("/metrics").text.splitlines():
        if line.startswith(f'camnode_camera_{name}{{camera="cam0"}}'):
            return float(line.split()[1])
    raise AssertionError(f"no metric {name}")


def cpu_s(node):
    fields = open(f"/proc/{node.process.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(node, seconds=3):
    """Pictures a second that the camera delivers, and the node's processor time for a second."""
    began, captured, cpu = time.monotonic(), metric(node, "captured_frames_total"), cpu_s(node)
    wait_until(lambda: time.monotonic() - began >= seconds, 2 * seconds, "time passes")
    captured, cpu = metric(node, "captured_frames_total") - captured, cpu_s(node) - cpu
    elapsed = time.monotonic() - began  # what was read lies within it
    return captured / elapsed, cpu / elapsed


def test_it_is_listed(listing):
    assert "libcamera:0 or libcamera:Virtual0\n    Virtual bars\n    NV12 320x240 " in listing
    assert "libcamera:1 or libcamera:Virtual1\n    Virtual lines\n    NV12 640x480 " in listing


def test_its_pictures_are_encoded_with_their_colours(node, client):
    node.wait_log("640x480 NV12 at 30 fps")
    with Viewer(node) as viewer:
        parts = viewer.parts(20)
    assert {jpeg_size(part.data) for part in parts} == {(640, 480)}
    stamps = [part.timestamp for part in parts]
    assert stamps == sorted(stamps) and stamps[0] < stamps[-1]  # one may be shown again on a busy machine
    check_bars(node.get("/cam/cam0/snapshot.jpg").content)


def test_the_node_keeps_the_rate(make_node, figure):
    """The virtual camera does not: asked for 10 pictures a second it would make hundreds."""
    node = make_node(cameras=[virtual_camera(fps=10)])
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    wait_until(lambda: metric(node, "captured_frames_total") > 20, 10, "it has settled")
    fps, cpu = measure(node)
    figure("asked for 10, fps", round(fps, 2))
    figure("asked for 10, CPU %", round(100 * cpu, 1))
    assert fps < 11, "more would be thinned, after the camera had made them"
    stats = node.wait_state("cam/cam0/stats", lambda stats: stats["fps"] > 0)
    assert stats["dropped"]["sensor"] == 0, stats


def test_a_snapshot_and_the_preview_are_of_the_camera(node, client):
    """Whose second stream has the preview's pictures: nothing is scaled."""
    node.wait_log("preview from a second stream")
    with Viewer(node, PREVIEW) as preview, Viewer(node) as main:
        small, large = preview.parts(5)[-1].data, main.parts(5)[-1].data
    assert jpeg_size(small) == (320, 240) and jpeg_size(large) == (640, 480)
    check_bars(small)
    check_bars(large)


def test_a_recording_plays(node, client, tmp_path, figure):
    client.publish("cam/cam0/record/set", {"state": "ON", "duration_s": 3})
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_finished", timeout=20).json
    path = node.recordings / event["file"]
    stream, container, times = probe(path)
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("h264", 640, 480)
    assert len(times) == event["frames"] and times == sorted(set(times))
    assert 1 < float(container["duration"]) < 3.5  # a busy machine may miss the last ones
    assert abs(float(container["duration"]) - event["duration_s"]) < 0.1
    figure("recorded in 3 s, frames and drops", [len(times), event["dropped"]])
    check_bars(path.read_bytes(), "mp4")


def test_its_controls_are_published(node, client):
    controls = client.wait("cam/cam0/controls", lambda m: m.json["controls"]).json["controls"]
    assert controls["FaceDetectMode"]["value"] == "Off", controls
    reply = client.command("cam/cam0/controls/set", {"FaceDetectMode": "Off"})
    assert reply["ok"], reply
    reply = client.command("cam/cam0/controls/set", {"Zoom": 1})
    assert not reply["ok"] and "Zoom" in reply["message"]


def test_profiles_switch_under_a_viewer(node, client):
    since = client.mark()
    with Viewer(node) as viewer:
        for name, size in (("low", (320, 240)), ("custom", (640, 480))):
            assert client.command("cam/cam0/profile/set", name)["ok"]
            wait_until(lambda size=size: jpeg_size(viewer.parts(1)[0].data) == size, 10, f"{size}")
            check_bars(viewer.parts(1)[0].data)
    assert "offline" not in [m.text for m in client.all("cam/cam0/status", since)]


def test_off_and_on_again(node, client):
    for _ in range(3):
        assert client.command("cam/cam0/enabled/set", "OFF")["ok"]
        client.wait("cam/cam0/enabled", lambda m: m.text == "OFF")
        since = client.mark()
        assert client.command("cam/cam0/enabled/set", "ON")["ok"]
        client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10, since=since)
        captured = metric(node, "captured_frames_total")
        wait_until(lambda: metric(node, "captured_frames_total") > captured + 5, 10, "pictures come")


def test_at_rest_it_makes_none(make_node):
    node = make_node(cameras=[virtual_camera(capture="on_demand")])
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    for _ in range(2):
        check_bars(node.get("/cam/cam0/snapshot.jpg").content)
        wait_until(lambda: rests(node), 15, "it stops")


def rests(node):
    return measure(node, 0.5)[0] == 0


def test_two_at_once(make_node):
    other = virtual_camera(id="cam1", source="libcamera:Virtual1", size="1280x720")
    node = make_node(cameras=[virtual_camera(), other])
    with Viewer(node) as first, Viewer(node, "/cam/cam1/stream") as second:
        assert jpeg_size(second.parts(10)[-1].data) == (1280, 720)
        check_bars(first.parts(10)[-1].data)
