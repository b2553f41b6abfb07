"""A USB camera by libcamera: found, passed through, recorded, pulled out and put back."""

import re
import time
import zlib

from support.mjpeg import Viewer
from support.node import BINARY
from support.pattern import codes_of_file, probe
from support.wait import wait_until

from guest import CAMERA_ID

COMMENT = re.compile(rb"^\xff\xd8\xff\xfe..frame=(\d+) crc=(\d+)", re.DOTALL)
ROUNDS = 5


def frame_of(jpeg):
    """The number of a picture that is, bit for bit, as the camera sent it."""
    match = COMMENT.match(jpeg)
    assert match, f"not the camera's picture: {jpeg[:64]!r}"
    assert zlib.crc32(jpeg[match.end():]) == int(match.group(2)), "the picture was changed"
    return int(match.group(1))


def is_of_camera(jpeg):
    return COMMENT.match(jpeg) is not None


def record(client, seconds, **options):
    """Records, and returns the events of the finished files."""
    since = client.mark()
    client.publish("cam/cam0/record/set", {"state": "ON", "duration_s": seconds, **options})
    return finished(client, since, lambda event: event["reason"] == "duration", seconds + 20)


def finished(client, since, is_last, timeout):
    client.wait("event", lambda m: m.json["event_type"] == "recording_finished" and is_last(m.json),
                timeout=timeout, since=since)
    return [m.json for m in client.all("event", since) if m.json["event_type"] == "recording_finished"]


def download(node, event, folder):
    path = folder / event["file"].replace("/", "_")
    path.write_bytes(node.get(f"/recordings/{event['file']}").content)
    assert path.stat().st_size == event["bytes"]
    return path


def check_recording(path, event):
    """It plays whole, and each of its frames is there once, in order; returns their numbers."""
    numbers = [code.frame for code in codes_of_file(path)]
    times = probe(path)[2]
    assert len(numbers) == len(times) == event["frames"]
    assert numbers == sorted(set(numbers)) and times == sorted(set(times))
    return numbers


def test_list_cameras_names_it(guest, usb_camera):
    status, output = guest.run(f"{BINARY} --list-cameras")
    assert status == 0
    assert f"libcamera:0 or libcamera:{CAMERA_ID}\n    Test USB camera\n" in output
    assert "MJPEG 320x240 640x480 1280x720" in output
    assert "YUYV 320x240 640x480" in output
    assert "Brightness -1..1, Contrast " in output
    assert "INFO" not in output, "libcamera is quiet"


def test_its_jpegs_pass_through_unchanged(node, client):
    with Viewer(node) as viewer:
        numbers = [frame_of(part.data) for part in viewer.parts(60)]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] - numbers[0] < 2 * len(numbers), "most of what the camera sends is shown"
    stats = node.wait_state("cam/cam0/stats", lambda stats: stats["fps"] > 15, timeout=20)
    assert stats["quality"] is None


def test_snapshot_over_mqtt(client):
    since = client.mark()
    assert client.command("cam/cam0/snapshot/set", {"id": "shot"})["ok"]
    meta = client.wait("cam/cam0/snapshot/meta", lambda m: m.json.get("id") == "shot", timeout=10,
                       since=since).json
    jpeg = client.wait("cam/cam0/snapshot", since=since).payload
    frame_of(jpeg)
    assert (meta["width"], meta["height"], meta["bytes"]) == (640, 480, len(jpeg))


def test_an_h264_recording_plays(node, client, tmp_path):
    (event,) = record(client, 4)
    path = download(node, event, tmp_path)
    numbers = check_recording(path, event)
    stream, container, _ = probe(path)
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("h264", 640, 480)
    assert abs(float(container["duration"]) - event["duration_s"]) < 0.1
    assert len(numbers) > 10, "no more than the guest's processor can encode"


def wait_picture(viewer, accept, timeout):
    """Reads on until a picture is as wanted."""
    deadline = time.monotonic() + timeout
    while True:
        part = viewer.parts(1)[0]
        if accept(part.data):
            return part
        assert time.monotonic() < deadline, f"not within {timeout} s"


def test_unplugged_and_plugged_in_again(node, client, usb_camera, tmp_path):
    """Viewers are told, and see it again; a recording goes on in a second file."""
    since = client.mark()
    client.publish("cam/cam0/record/set", {"state": "ON", "format": "mjpeg"})
    client.wait("event", lambda m: m.json["event_type"] == "recording_started", since=since)
    with Viewer(node) as viewer:
        before = frame_of(viewer.parts(30)[-1].data)
        usb_camera.command("unplug")
        wait_picture(viewer, lambda jpeg: not is_of_camera(jpeg), 5)
        client.wait("cam/cam0/status", lambda m: m.text == "offline", since=since)
        assert node.get("/cam/cam0/snapshot.jpg").status_code == 503
        first = finished(client, since, lambda event: event["reason"] == "camera", 10)
        assert node.wait_state("cam/cam0/record", lambda record: not record["active"])["state"] == "ON"
        lost = viewer.parts(2)
        assert not any(is_of_camera(part.data) for part in lost)
        since = client.mark()
        usb_camera.command("plug")
        client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=5, since=since)
        assert frame_of(wait_picture(viewer, is_of_camera, 5).data) > before
        viewer.parts(30)
    client.publish("cam/cam0/record/set", "OFF")
    second = finished(client, since, lambda event: event["reason"] == "command", 20)
    files = [check_recording(download(node, event, tmp_path), event) for event in [*first, *second]]
    assert len(files) == 2 and files[0][-1] < files[1][0]


def test_replugging_leaves_nothing_behind(node, client, usb_camera):
    """No descriptor, no thread; and each time the same camera serves without a lost buffer."""
    def replug():
        since = client.mark()
        usb_camera.command("unplug")
        client.wait("cam/cam0/status", lambda m: m.text == "offline", since=since)
        usb_camera.command("plug")
        client.wait("cam/cam0/status", lambda m: m.text == "online", since=since)
        with Viewer(node) as viewer:
            wait_picture(viewer, is_of_camera, 10)
            parts = viewer.parts(30)
        assert parts[-1].time - parts[0].time < 5

    replug()
    wait_until(lambda: node.state()["cam/cam0/stats"]["viewers"] == 0, 10, "the viewer is gone")
    descriptors, threads = node.descriptors(), node.threads()
    for _ in range(ROUNDS):
        replug()
    wait_until(lambda: node.descriptors() <= descriptors, 10, f"{descriptors} descriptors at most")
    wait_until(lambda: node.threads() <= threads, 10, f"{threads} threads at most")


def test_faults_of_single_pictures(node, client, usb_camera):
    """A stalled endpoint, broken, empty and cut pictures: the stream goes on with whole ones."""
    with Viewer(node) as viewer:
        viewer.parts(5)
        for fault in ("stall", "error 3", "empty 3", "truncate 3"):
            usb_camera.command(fault)
            for part in viewer.parts(30):
                frame_of(part.data)
    assert node.state()["cam/cam0/status"] == "online"


def restarts(node):
    for line in node.get("/metrics").text.splitlines():
        if line.startswith("camnode_camera_restarts_total"):
            return float(line.split()[-1])
    raise AssertionError("no such metric")


def test_a_frozen_camera_is_offline_until_it_gives_pictures(node, client, usb_camera):
    """It is there and can be started, again and again; nobody is told that it is back."""
    since = client.mark()
    usb_camera.command("freeze")
    client.wait("cam/cam0/status", lambda m: m.text == "offline", timeout=10, since=since)
    before = restarts(node)
    wait_until(lambda: restarts(node) >= before + 2, 20, "it was tried again")
    assert [m.text for m in client.all("cam/cam0/status", since)] == ["offline"]
    usb_camera.command("thaw")
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10, since=since)
    with Viewer(node) as viewer:
        wait_picture(viewer, is_of_camera, 10)
