"""A camera that runs only while somebody wants its pictures; and is missed also while it does not."""

from support.mjpeg import Viewer
from support.wait import wait_until

from footage import frame_of, is_of_camera, wait_picture
from guest_node import usb_camera as configured


def test_it_streams_only_while_somebody_watches(make_node, usb_camera, figure):
    node = make_node(cameras=[configured(capture="on_demand")])
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    wait_until(lambda: not usb_camera.report()["streaming"], 15, "it stops")
    before = usb_camera.report()["frame"]
    answer = node.get("/cam/cam0/snapshot.jpg")
    assert answer.status_code == 200
    assert frame_of(answer.content) > before
    figure("on demand, snapshot of a camera at rest s", round(answer.elapsed.total_seconds(), 2))
    with Viewer(node) as viewer:
        wait_picture(viewer, is_of_camera, 5)
        assert usb_camera.report()["streaming"]
    wait_until(lambda: not usb_camera.report()["streaming"], 15, "it stops again")
    usb_camera.command("unplug")
    node.wait_state("cam/cam0/status", lambda status: status == "offline")
    usb_camera.command("plug")
    node.wait_state("cam/cam0/status", lambda status: status == "online")
