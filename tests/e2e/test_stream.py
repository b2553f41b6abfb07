"""Live MJPEG: framing as clients take it, many viewers, slow viewers, lost cameras, snapshots."""

import json
import subprocess
import threading
import time

import pytest

from support.client import Client
from support.mjpeg import Viewer, longest_gap
from support.node import BINARY, camera
from support.pattern import code_of_jpeg, is_of_camera
from support.wait import PATIENCE, SLOWNESS, wait_until


@pytest.fixture
def node(make_node):
    """A node without a broker: the stream needs none."""
    node = make_node(mqtt={"enabled": False})
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    return node


def viewers(node):
    return node.state().get("cam/cam0/stats", {}).get("viewers")


def test_framing(node):
    with Viewer(node) as viewer:
        parts = viewer.parts(10)
        assert viewer.status == "HTTP/1.1 200 OK"
        assert viewer.headers["content-type"].startswith("multipart/x-mixed-replace")
        assert "transfer-encoding" not in viewer.headers and "content-length" not in viewer.headers
        assert "no-store" in viewer.headers["cache-control"] or "no-cache" in viewer.headers["cache-control"]
        for part in parts:
            assert part.headers["content-type"] == "image/jpeg"
            assert part.data[:2] == b"\xff\xd8" and part.data[-2:] == b"\xff\xd9"
            assert abs(part.timestamp - time.time()) < 5 * SLOWNESS
        numbers = [code_of_jpeg(part.data).frame for part in parts]
        assert numbers == sorted(set(numbers))


def test_the_next_boundary_follows_the_picture_at_once(node):
    """Else browsers show each picture one late."""
    with Viewer(node, "/cam/cam0/stream?fps=0.1") as viewer:
        taken = viewer.parts(1)[0].timestamp
        while b"--" + viewer.boundary.encode() not in viewer.buffer:
            viewer._fill()
        assert time.time() < taken + 8, "with the next picture"


def test_ffmpeg_takes_it(node):
    result = subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "mpjpeg", "-i", node.url + "/cam/cam0/stream", "-frames:v", "15",
         "-f", "null", "-"], capture_output=True, text=True, timeout=30 * SLOWNESS, check=False)
    assert result.returncode == 0 and not result.stderr, result.stderr


@pytest.mark.parametrize("path", ["/stream", "/?action=stream", "/?action=stream_0"])
def test_addresses_of_other_streamers(node, path):
    with Viewer(node, path) as viewer:
        assert len(viewer.parts(2)) == 2


@pytest.mark.parametrize("path", ["/snapshot", "/?action=snapshot", "/?action=snapshot_0",
                                  "/cam/cam0/snapshot.jpg"])
def test_snapshot_addresses(node, path):
    answer = node.get(path)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content[:2] == b"\xff\xd8"


@pytest.mark.parametrize("path", ["/?action=stream_1", "/?action=snapshot_9",
                                  "/?action=foo", "/?action=snapshot_-1", "/cam/nope/stream",
                                  "/cam/nope/snapshot.jpg", "/nothing"])
def test_unknown_addresses(node, path):
    assert node.get(path).status_code == 404


def test_snapshot_is_newer_than_the_request(node):
    frames = []
    for _ in range(3):
        before_ms = time.monotonic_ns() // 1_000_000 % (1 << 24)
        code = code_of_jpeg(node.get("/cam/cam0/snapshot.jpg").content)
        age = (code.time_ms - before_ms) % (1 << 24)
        assert age < 5000 * SLOWNESS, "the picture is older than its request"
        frames.append(code.frame)
    assert frames == sorted(set(frames))


def test_snapshot_with_max_age_takes_what_is_there(node):
    with Viewer(node) as viewer:
        viewer.parts(3)
        started = time.monotonic()
        assert node.get("/cam/cam0/snapshot.jpg?max_age_ms=60000").ok
        assert time.monotonic() - started < 5 * SLOWNESS
    assert node.get("/cam/cam0/snapshot.jpg?max_age_ms=x").status_code == 400


def test_fps_thins_one_viewer_only(node):
    with Viewer(node, "/cam/cam0/stream?fps=5") as slow, Viewer(node) as fast:
        slow.parts(1)
        fast.parts(1)
        slow_parts = slow.parts(10)
        fast_parts = fast.parts(30)
    slow_times = [part.timestamp for part in slow_parts]
    fast_times = [part.timestamp for part in fast_parts]
    assert 0.15 < (slow_times[-1] - slow_times[0]) / 9 < 0.3 * PATIENCE
    assert (fast_times[-1] - fast_times[0]) / 29 < 0.15 * PATIENCE
    assert node.get("/cam/cam0/stream?fps=0", stream=True).status_code == 400


def test_nobody_watching_encodes_nothing(node):
    with Viewer(node) as viewer:
        viewer.parts(5)
    def encoded():
        for line in node.get("/metrics").text.splitlines():
            if line.startswith("camnode_camera_encoded_frames_total"):
                return float(line.split()[-1])
        raise AssertionError("no such metric")
    wait_until(lambda: viewers(node) == 0, 10, "the viewer is gone")
    first = encoded()
    node.wait_state("cam/cam0/stats", lambda stats: stats["fps"] > 20)
    wait_until(lambda: encoded() == encoded(), 5, "encoding has ended")
    assert encoded() - first <= 60


def crowd(node, count, stalled, seconds):
    """Many viewers by the bench's load tool; what it saw."""
    seen = subprocess.run([BINARY.parent / "tests/bench/bench_viewers", "--viewers", str(count),
                           "--stalled", str(stalled), "--seconds", str(seconds),
                           f"{node.url}/cam/cam0/stream"],
                          capture_output=True, text=True, timeout=60 * SLOWNESS, check=True)
    return json.loads(seen.stdout)


def test_a_hundred_viewers_of_which_twenty_never_read(node, soak):
    """Those that read are not slowed by those that don't."""
    seen = crowd(node, 100, 20, 60 if soak else 4)
    assert seen["ended"] == 0 and seen["unreadable"] == 0
    assert seen["frames"] > 80 * 4 * 30 / 2 / SLOWNESS
    assert seen["worst_gap_ms"] < 1500 * SLOWNESS
    assert node.get("/healthz").ok
    wait_until(lambda: viewers(node) == 0, 15, "all viewers are let go of")


def test_a_slow_viewer_does_not_slow_others(node):
    slow = Viewer(node, receive_buffer=8192).read_headers()
    done = threading.Event()

    def sip():
        while not done.is_set():
            slow.socket.recv(2000)
            done.wait(0.01)

    thread = threading.Thread(target=sip)
    thread.start()
    try:
        with Viewer(node) as viewer:
            viewer.parts(5)
            parts = viewer.parts(60)
    finally:
        done.set()
        thread.join()
        slow.close()
    assert longest_gap(parts) < 1.5 * SLOWNESS


def test_stalled_viewers_are_closed_at_the_minimum_rate(make_node):
    node = make_node(mqtt={"enabled": False}, cameras=[camera(size="640x480", pattern={"noise": 60})],
                     http={"min_send_kbps": 50})
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    stalled = Viewer(node, receive_buffer=4096)
    wait_until(lambda: viewers(node) == 1, 10, "the viewer is seen")
    wait_until(lambda: viewers(node) == 0, 30, "the stalled viewer is closed")
    stalled.close()


def test_viewers_leave_no_descriptors_behind(node):
    with Viewer(node) as viewer:
        viewer.parts(2)
    wait_until(lambda: viewers(node) == 0, 10, "the viewer is gone")
    before = node.descriptors()
    for _ in range(30):
        with Viewer(node) as viewer:
            viewer.parts(1)
    wait_until(lambda: viewers(node) == 0 and node.descriptors() <= before + 1, 10,
               "descriptors are closed")


def test_a_lost_camera_shows_no_signal_and_comes_back(node):
    with Viewer(node) as viewer:
        viewer.parts(3)
        node.post("/api/v1/set/cam/cam0/controls/set", {"Fault": "Disconnect"})
        node.wait_state("cam/cam0/status", lambda status: status == "offline")
        answer = node.get("/cam/cam0/snapshot.jpg")
        assert answer.status_code == 503 and answer.text.strip()
        wait_until(lambda: not is_of_camera(viewer.parts(1)[0]), 20, "a picture without the block code")
        assert not is_of_camera(viewer.parts(1)[0]), "and another one, once a second"
        node.post("/api/v1/set/cam/cam0/controls/set", {"Fault": "None"})
        wait_until(lambda: is_of_camera(viewer.parts(1)[0]), 20, "the camera's again")
        node.wait_state("cam/cam0/status", lambda status: status == "online")
        assert node.get("/cam/cam0/snapshot.jpg").ok


def test_a_stalled_camera_is_noticed(make_node):
    node = make_node(mqtt={"enabled": False}, cameras=[camera(pattern={"fault": "stall@1"})])
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    node.wait_state("cam/cam0/status", lambda status: status == "offline", timeout=15)
    assert node.state()["cam/cam0/stats"]


def test_a_camera_that_another_program_has(make_node):
    node = make_node(mqtt={"enabled": False}, cameras=[camera(pattern={"fault": "busy@4+8"})])
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    stats = node.wait_state("cam/cam0/stats", timeout=15, predicate=lambda stats: stats.get("error", "").startswith("another"))
    assert stats["error"] == "another program uses the camera"
    node.wait_state("cam/cam0/status", lambda status: status == "offline")
    assert node.get("/cam/cam0/snapshot.jpg").status_code == 503
    node.wait_state("cam/cam0/status", lambda status: status == "online", timeout=15)
    assert node.get("/cam/cam0/snapshot.jpg").ok
    assert node.log.count("another program") == 1, "said once, though tried again and again"


def test_an_absent_camera_is_a_state(make_node):
    node = make_node(mqtt={"enabled": False},
                     cameras=[camera(source="replay:/does/not/exist.mp4"), camera(id="cam1")])
    node.wait_state("cam/cam1/status", lambda status: status == "online")
    stats = node.wait_state("cam/cam0/stats", lambda stats: stats.get("error"))
    assert "/does/not/exist.mp4" in stats["error"]
    assert node.state()["cam/cam0/status"] == "offline"
    answer = node.post("/api/v1/set/cam/cam0/snapshot/set")
    assert answer.status_code == 503 and answer.json()["code"] == "busy"
    assert node.get("/cam/cam1/snapshot.jpg").ok
    assert node.get("/healthz").json()["status"] == "degraded"


@pytest.mark.parametrize("size,fps", [("64x48", 5), ("642x362", 15), ("1920x1080", 10)])
def test_any_size_and_rate(make_node, size, fps):
    node = make_node(mqtt={"enabled": False}, cameras=[camera(size=size, fps=fps)])
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    data = node.get("/cam/cam0/snapshot.jpg").content
    width, height = map(int, size.split("x"))
    probe = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-"],
                           input=data, capture_output=True, check=True)
    stream = json.loads(probe.stdout)["streams"][0]
    assert (stream["width"], stream["height"]) == (width, height)


def test_replay_passes_mjpeg_through(make_node, tmp_path):
    clip = tmp_path / "clip.avi"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=2",
                    "-c:v", "mjpeg", "-q:v", "3", str(clip)], check=True)
    frames = subprocess.run(["ffmpeg", "-v", "error", "-i", str(clip), "-c", "copy", "-f", "mjpeg", "-"],
                            capture_output=True, check=True).stdout
    node = make_node(mqtt={"enabled": False}, cameras=[camera(source=f"replay:{clip}")])
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    assert node.get("/cam/cam0/snapshot.jpg").content in frames
    assert node.wait_state("cam/cam0/stats", lambda s: s["fps"] > 20)["quality"] is None


def test_replay_records_h264_from_jpeg(broker, make_node, tmp_path):
    clip = tmp_path / "clip.avi"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=2",
                    "-c:v", "mjpeg", "-q:v", "3", str(clip)], check=True)
    node = make_node(broker_port=broker.port, cameras=[camera(source=f"replay:{clip}")])
    client = Client(broker.port)
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    client.publish("cam/cam0/record/set", {"state": "ON", "duration_s": 2})
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_finished",
                        timeout=15).json
    probe = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_streams",
                            str(node.recordings / event["file"])], capture_output=True, check=True)
    stream = json.loads(probe.stdout)["streams"][0]
    assert stream["codec_name"] == "h264" and int(stream["nb_frames"]) == event["frames"]
    assert event["frames"] + event["dropped"] > 40, "what a busy machine drops it owns up to"
    client.close()
