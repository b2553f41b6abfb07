"""Two cameras at one node, each named by its id; the second comes only after the node's start."""

import pytest
from support.mjpeg import Viewer
from support.node import BINARY
from support.pattern import code_of_jpeg

from footage import check_order, frame_of, is_of_camera, wait_picture
from guest import UsbCamera, camera_id
from guest_node import usb_camera as configured

ARRIVALS_MAX, AFRESH = 6, "libcamera is started afresh: "  # of node/capture/libcamera_manager.cpp
SECOND_BEGINS = 500_000  # its pictures' numbers, by which they are told from the first one's


@pytest.fixture(scope="module")
def node(make_node):
    return make_node(cameras=[
        configured(),
        configured(id="cam1", source=f"libcamera:{camera_id(2)}", size="320x240", format="YUYV")])


@pytest.fixture(scope="module")
def second_camera(guest, node):
    """Not plugged in yet."""
    camera = UsbCamera(guest, 2, "unplug", f"number {SECOND_BEGINS}")
    yield camera
    camera.stop()


def is_second(jpeg):
    try:
        return code_of_jpeg(jpeg).frame >= SECOND_BEGINS
    except AssertionError:
        return False  # "no signal" has no number


def wait_second(node, client, since):
    client.wait("cam/cam1/status", lambda m: m.text == "online", timeout=5, since=since)
    with Viewer(node, "/cam/cam1/stream") as viewer:
        wait_picture(viewer, is_second, 10)


def test_one_that_was_not_there_at_start(node, client, second_camera):
    client.wait("cam/cam1/status", lambda m: m.text == "offline")
    assert f"libcamera has no camera {camera_id(2)}; there are {camera_id(1)}" in node.log
    with Viewer(node, "/cam/cam1/stream") as viewer:
        assert viewer.parts(1), "a picture says that there is no signal"
    since = client.mark()
    second_camera.command("plug")
    wait_second(node, client, since)


def test_both_are_listed(guest, node, client, second_camera):
    status, output = guest.run(f"{BINARY} --list-cameras")
    assert status == 0
    assert all(f"libcamera:{camera_id(port)}\n" in output for port in (1, 2))


def test_both_at_once(node, client, second_camera):
    """One passed through and one encoded, each to its own viewers."""
    with Viewer(node) as first, Viewer(node, "/cam/cam1/stream") as second:
        passed = [frame_of(part.data) for part in first.parts(40)]
        encoded = [code_of_jpeg(part.data).frame for part in second.parts(10)]
    check_order(passed)
    check_order(encoded)
    assert passed[-1] < SECOND_BEGINS <= encoded[0]


def test_one_does_not_feel_the_other_go(node, client, second_camera):
    since = client.mark()
    with Viewer(node) as viewer:
        before = frame_of(viewer.parts(1)[0].data)
        second_camera.command("unplug")
        client.wait("cam/cam1/status", lambda m: m.text == "offline", since=since)
        second_camera.command("plug")
        wait_second(node, client, since)
        numbers = [frame_of(part.data) for part in viewer.parts(30)]
    check_order([before, *numbers])
    assert "offline" not in [m.text for m in client.all("cam/cam0/status", since)]


def test_libcamera_is_started_afresh(node, client, second_camera, figure):
    """The one replugged so often that libcamera, which gets slower with each time, would not find it
    any more; the other, in use all the while, is away for a moment then."""
    since = client.mark()
    for rounds in range(1, 2 * ARRIVALS_MAX):
        before = client.mark()
        second_camera.command("unplug")
        client.wait("cam/cam1/status", lambda m: m.text == "offline", since=before)
        before = client.mark()
        second_camera.command("plug")
        client.wait("cam/cam1/status", lambda m: m.text == "online", timeout=15, since=before)
        if AFRESH in node.log:
            break
    assert rounds <= ARRIVALS_MAX and node.log.count(AFRESH) == 1
    went = client.wait("cam/cam0/status", lambda m: m.text == "offline", since=since)
    back = client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=5, since=since)
    figure("libcamera started afresh, the other camera is away s", round(back.time - went.time, 2))
    wait_second(node, client, before)
    with Viewer(node) as viewer:
        check_order([frame_of(part.data) for part in viewer.parts(30)])


def test_each_comes_back_under_its_own_id(node, client, usb_camera, second_camera):
    """Both go, and return in the other order."""
    since = client.mark()
    for camera, name in ((usb_camera, "cam0"), (second_camera, "cam1")):
        camera.command("unplug")
        client.wait(f"cam/{name}/status", lambda m: m.text == "offline", since=since)
    second_camera.command("plug")
    wait_second(node, client, since)
    assert "online" not in [m.text for m in client.all("cam/cam0/status", since)]
    usb_camera.command("plug")
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=5, since=since)
    with Viewer(node) as viewer:
        assert frame_of(wait_picture(viewer, is_of_camera, 10).data) < SECOND_BEGINS
