"""`camnode --setup` with real cameras: a picture of each, and the second one is offered."""

import pytest
import yaml
from support.node import BINARY

from guest import UsbCamera, camera_id

OPTIONS = "--broker=none --lan=no"


@pytest.fixture
def config(guest):
    path = guest.folder / "setup.yaml"
    path.write_text("# mine\ncameras:\n  - id: cam0\n    source: auto  # the first\n    size: 640x480\n")
    return path


def test_a_picture_is_taken(guest, usb_camera, config):
    status, output = guest.run(f"{BINARY} --setup --yes --config {config} {OPTIONS}", 120)
    assert status == 0, output
    assert "cam0: Test USB camera, a picture of 640x480 (" in output
    usb_camera.command("unplug")
    guest.run("until ! ls /run/udev/data/c81:*; do sleep 0.1; done")
    status, output = guest.run(f"{BINARY} --setup --yes --config {config}", 120)
    assert status == 0 and "no camera is found" in output and "lsusb" in output, output


def test_a_second_camera_is_offered_and_each_is_named(guest, usb_camera, config):
    guest.wait_for_camera()
    second = UsbCamera(guest, 2)
    try:
        guest.run("until [ $(ls /run/udev/data/c81:* | wc -l) -ge 4 ]; do sleep 0.1; done; udevadm settle")
        # Enter: to the node's id and name, the offer, and to write it.
        status, output = guest.run(
            rf"printf '\n\n\n\n' | script -qec '{BINARY} --setup --config {config} {OPTIONS}' /dev/null", 120)
        assert status == 0, output
        assert "There is also Test USB camera at libcamera:" in output, output
    finally:
        second.stop()
    text = config.read_text()
    assert text.startswith("# mine\n") and "# the first" in text
    cameras = yaml.safe_load(text)["cameras"]
    assert [camera["id"] for camera in cameras] == ["cam0", "cam1"]
    assert {camera["source"] for camera in cameras} == {f"libcamera:{camera_id(port)}" for port in (1, 2)}
