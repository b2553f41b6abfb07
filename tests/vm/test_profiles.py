"""Profiles and renditions of a camera that offers only a few sizes and one rate, and whose JPEGs are
passed through."""

from datetime import datetime

import pytest
from support.mjpeg import Viewer, jpeg_size
from support.pattern import code_of_jpeg, probe

from footage import check_order, check_recording, download, finished, frame_of, wait_picture
from guest_node import usb_camera as configured

PROFILES = {"odd": {"size": "1000x700", "fps": 30}, "slow": {"size": "640x480", "fps": 10}}
PREVIEW = "/cam/cam0/stream?rendition=preview"


@pytest.fixture(scope="module")
def node(make_node):
    return make_node(profiles=PROFILES)


@pytest.fixture
def own(client):
    """The client, once the camera has its own profile."""
    assert client.command("cam/cam0/profile/set", "AUTO")["ok"]
    client.wait("info", lambda m: m.json["cameras"][0].get("width") == 640, timeout=20)
    return client


def choose(client, name):
    since = client.mark()
    reply = client.command("cam/cam0/profile/set", name)
    assert reply["ok"], reply
    client.wait("cam/cam0/profile", lambda m: m.text == reply["data"]["profile"], since=since)


@pytest.mark.parametrize("name,size", [("low", (320, 240)), ("high", (1280, 720)), ("odd", (1280, 720))])
def test_takes_the_nearest_size_without_closing_the_view(node, own, usb_camera, name, size):
    since = own.mark()
    with Viewer(node) as viewer:
        viewer.parts(3)
        choose(own, name)
        wait_picture(viewer, lambda jpeg: jpeg_size(jpeg) == size, 10)
    stats = own.wait("cam/cam0/stats", lambda m: m.json["profile"] == name and
                     m.json.get("width") == size[0], timeout=20, since=since)
    assert stats.json["quality"] is None
    assert "offline" not in [m.text for m in own.all("cam/cam0/status", since)]


def test_a_recording_goes_on_in_a_new_file(node, own, usb_camera, tmp_path):
    """Under one viewer, who sees the camera's own JPEGs all along."""
    since = own.mark()
    own.publish("cam/cam0/record/set", {"state": "ON", "format": "mjpeg"})
    own.wait("event", lambda m: m.json["event_type"] == "recording_started", since=since)
    with Viewer(node) as viewer:
        before = frame_of(viewer.parts(10)[-1].data)
        for name, size in (("low", (320, 240)), ("high", (1280, 720)), ("custom", (640, 480))):
            choose(own, name)
            jpeg = wait_picture(viewer, lambda jpeg, size=size: jpeg_size(jpeg) == size, 10).data
            assert frame_of(jpeg) > before
            assert usb_camera.report()["size"] == f"{size[0]}x{size[1]}"
            before = frame_of(viewer.parts(10)[-1].data)
    own.publish("cam/cam0/record/set", "OFF")
    events = finished(own, since, lambda event: event["reason"] == "command", 20)
    for event, width in zip(events, (640, 320, 1280, 640), strict=True):
        path = download(node, event, tmp_path)
        check_recording(path, event)
        assert probe(path)[0]["width"] == width


def test_a_lower_rate_thins_what_comes(node, own):
    with Viewer(node) as viewer:
        viewer.parts(3)
        since = own.mark()
        choose(own, "slow")
        slow = own.wait("cam/cam0/stats", lambda m: m.json["profile"] == "slow", since=since).json["ts"]
        while viewer.parts(1)[0].timestamp < datetime.fromisoformat(slow.replace("Z", "+00:00")).timestamp():
            pass  # what was on its way; by the guest's clock
        parts = viewer.parts(11)
    assert parts[-1].timestamp - parts[0].timestamp > 0.85


def test_a_preview_is_made_of_its_jpegs(node, own):
    """Beside the main rendition, which stays untouched."""
    with Viewer(node) as main, Viewer(node, PREVIEW) as preview:
        small = [part.data for part in preview.parts(5)]
        check_order([frame_of(part.data) for part in main.parts(10)])
    small.append(node.get("/cam/cam0/snapshot.jpg?rendition=preview").content)
    assert {jpeg_size(jpeg) for jpeg in small} == {(320, 240)}


def test_a_burnt_in_time_ends_the_passing_through(make_node):
    """Then the pictures are the node's, with the camera's numbers still in them."""
    node = make_node(cameras=[configured(size="320x240", overlay={"time": True})])
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    with Viewer(node) as viewer:
        pictures = [part.data for part in viewer.parts(10)]
    check_order([code_of_jpeg(jpeg).frame for jpeg in pictures])
    assert not any(jpeg.startswith(b"\xff\xd8\xff\xfe") for jpeg in pictures)
