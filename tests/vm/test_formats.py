"""What a USB camera's formats cost: JPEGs that are passed through, and planes that are encoded."""

import time

import pytest
from support.client import Client
from support.mjpeg import Viewer
from support.pattern import code_of_jpeg

from footage import check_order, check_recording, download, frame_of, record
from guest_node import usb_camera as configured

PICTURES = 60


@pytest.fixture
def offering(usb_camera):
    """offering("planar"): the camera is plugged in afresh with those formats; see vm_camera."""
    def offer(what):
        usb_camera.command("unplug")
        usb_camera.command(what)
        usb_camera.command("plug")

    yield offer
    offer("usual")


def watch(node):
    """What a viewer of some pictures costs: the pictures, their rate, and the CPU s by thread."""
    with Viewer(node) as viewer:
        viewer.parts(10)
        before, begin = node.thread_cpu_s(), time.monotonic()
        pictures = [part.data for part in viewer.parts(PICTURES)]
        seconds = time.monotonic() - begin
        after = node.thread_cpu_s()
    cpu = {name: after[name] - before.get(name, 0) for name in after}
    return pictures, PICTURES / seconds, cpu


def test_what_is_passed_through_is_not_encoded(make_node, figure):
    """At the same size and rate YUYV is; of the camera's JPEGs the encoder sees none."""
    costs = {}
    for form, number in (("MJPEG", frame_of), ("YUYV", lambda jpeg: code_of_jpeg(jpeg).frame)):
        node = make_node(cameras=[configured(format=form)])
        node.wait_state("cam/cam0/status", lambda status: status == "online")
        pictures, fps, costs[form] = watch(node)
        check_order([number(jpeg) for jpeg in pictures[:10]])
        total = sum(costs[form].values())
        figure(f"{form}, fps", round(fps, 1))
        figure(f"{form}, ms of CPU for a picture", round(1000 * total / PICTURES, 2))
        figure(f"{form}, CPU s by thread",
               {name: round(s, 2) for name, s in costs[form].items() if s > 0.01})
    assert costs["MJPEG"].get("jpeg-cam0", 0) < 0.005, "the encoder's thread sleeps"
    assert costs["YUYV"]["jpeg-cam0"] > 0.05
    assert sum(costs["MJPEG"].values()) < sum(costs["YUYV"].values())


def test_planes_of_one_buffer(make_node, broker, offering, tmp_path):
    """NV12, as from many cameras' processors: encoded to JPEG and H.264 with its colours in place."""
    offering("planar")
    node = make_node(cameras=[configured(format="auto", size="320x240")])
    client = Client(broker.port)
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=20)
    node.wait_log("320x240 NV12 at 30 fps")
    with Viewer(node) as viewer:
        pictures = [part.data for part in viewer.parts(10)]
    check_order([code_of_jpeg(jpeg).frame for jpeg in pictures])
    (event,) = record(client, 2)
    check_recording(download(node, event, tmp_path), event)
    client.close()


def test_a_camera_without_a_format_that_can_be_read(guest, make_node, offering):
    """It is named, with what it lacks, and is no reason to end."""
    offering("grey")
    node = make_node(cameras=[configured(format="auto")])
    node.wait_log("the camera has no 640x480 in format auto; it offers no format that camnode reads")
    node.wait_state("cam/cam0/status", lambda status: status == "offline")
    assert node.get("/healthz").ok


def test_a_size_that_is_not_offered(make_node, usb_camera):
    node = make_node(cameras=[configured(size="800x600")])
    node.wait_log("the camera has no 800x600 in format MJPEG; "
                  "it offers MJPEG 320x240 640x480 1280x720; YUYV 320x240 640x480")
