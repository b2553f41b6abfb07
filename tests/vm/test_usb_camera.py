"""A USB camera by libcamera: found, passed through, recorded, and what it does wrong."""

import time

import pytest
from support.browser import Browser
from support.mjpeg import Viewer
from support.node import BINARY
from support.pattern import code_of_jpeg, probe
from support.wait import wait_until

from footage import check_order, check_recording, download, frame_of, is_of_camera, record, wait_picture
from guest import camera_id


def test_list_cameras_names_it(guest, node, client):
    """While it is in use, and its user sees nothing of that."""
    since = client.mark()
    with Viewer(node) as viewer:
        status, output = guest.run(f"{BINARY} --list-cameras")
        for part in viewer.parts(30):
            frame_of(part.data)
    assert not client.all("cam/cam0/status", since)
    assert status == 0
    assert f"libcamera:0 or libcamera:{camera_id(1)}\n    Test USB camera\n" in output
    assert "MJPEG 320x240 640x480 1280x720" in output
    assert "YUYV 320x240 640x480" in output
    assert "Brightness -1..1, Contrast " in output
    assert "INFO" not in output, "libcamera is quiet"


def test_its_jpegs_pass_through_unchanged(node, client, usb_camera):
    with Viewer(node) as viewer:
        numbers = [frame_of(part.data) for part in viewer.parts(60)]
    check_order(numbers)
    report = usb_camera.report()
    assert (report["streaming"], report["format"], report["size"]) == (1, "MJPEG", "640x480")
    stats = node.wait_state("cam/cam0/stats", lambda stats: stats["fps"] > 5, timeout=20)
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
    assert len(numbers) > 1, "as many as the guest's processor can encode"


def losses(node):
    return {stage: node.metric(f"camnode_camera_dropped_{stage}_total") for stage in ("sensor", "encoder")}


@pytest.mark.parametrize("fault, counted_as", [("truncate 3", "encoder"), ("error 3", "sensor"),
                                               ("empty 3", "sensor"), ("stall", None)])
def test_pictures_that_go_wrong(node, client, usb_camera, fault, counted_as):
    """Cut, broken and empty ones, or a stalled endpoint: viewers see whole ones only, and each that
    was lost is counted."""
    with Viewer(node) as viewer:
        viewer.parts(5)
        before = losses(node)
        usb_camera.command(fault)
        numbers = [frame_of(part.data) for part in viewer.parts(30)]
    check_order(numbers)
    assert node.state()["cam/cam0/status"] == "online"
    if counted_as:
        wait_until(lambda: losses(node)[counted_as] >= before[counted_as] + 3, 10, "they are counted")


@pytest.fixture
def browser(tmp_path):
    browser = Browser(tmp_path / "chromium")
    yield browser
    browser.close()


def test_missing_huffman_tables_are_put_in(node, client, usb_camera, browser):
    """ffmpeg and Chromium show what most decoders would refuse."""
    usb_camera.command("tableless")
    with Viewer(node) as viewer:
        picture = wait_picture(viewer, lambda jpeg: not is_of_camera(jpeg) or b"\xff\xc4" in jpeg, 10)
        numbers = [code_of_jpeg(part.data).frame for part in [picture, *viewer.parts(3)]]
    check_order(numbers)
    browser.open(node.url + "/")
    first = wait_until(lambda: browser.code("article img"), 20, "a picture in Chromium")
    wait_until(lambda: (browser.code("article img") or 0) > first + 10, 20, "the picture moves on")


def test_a_frozen_camera_is_offline_until_it_gives_pictures(node, client, usb_camera, figure):
    """Seen within 3 s; it is there and can be started, again and again; nobody is told that it is
    back before it gives pictures."""
    since = client.mark()
    with Viewer(node) as viewer:
        viewer.parts(1)
        frozen = time.monotonic()
        usb_camera.command("freeze")
        client.wait("cam/cam0/status", lambda m: m.text == "offline", timeout=4, since=since)
        figure("frozen, seen after s", round(time.monotonic() - frozen, 2))
        wait_picture(viewer, lambda jpeg: not is_of_camera(jpeg), 2)
    assert node.get("/cam/cam0/snapshot.jpg").status_code == 503
    before = node.metric("camnode_camera_restarts_total")
    wait_until(lambda: node.metric("camnode_camera_restarts_total") >= before + 2, 20, "it was tried again")
    assert [m.text for m in client.all("cam/cam0/status", since)] == ["offline"]
    usb_camera.command("heal")
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10, since=since)
    with Viewer(node) as viewer:
        wait_picture(viewer, is_of_camera, 10)


def test_a_camera_that_answers_nothing(node, client, usb_camera, figure):
    """Calls to it take as long as the kernel waits; the node answers all the while, and has the
    camera again when that answers."""
    since = client.mark()
    usb_camera.command("deaf")
    usb_camera.command("freeze")
    client.wait("cam/cam0/status", lambda m: m.text == "offline", timeout=20, since=since)
    longest = 0
    for _ in range(20):
        asked = time.monotonic()
        assert node.get("/healthz").ok
        assert client.command("cam/cam0/snapshot/set")["code"] == "busy"
        longest = max(longest, time.monotonic() - asked)
    figure("deaf camera, longest answer s", round(longest, 2))
    usb_camera.command("heal")
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=20, since=since)
    with Viewer(node) as viewer:
        wait_picture(viewer, is_of_camera, 10)
