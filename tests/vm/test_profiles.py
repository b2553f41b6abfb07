"""Profiles of a camera that offers only a few sizes and one rate, and whose JPEGs are passed through."""

import time

import pytest
from support.mjpeg import Viewer, jpeg_size
from support.wait import wait_until

from guest_node import GuestNode

PROFILES = {"odd": {"size": "1000x700", "fps": 30}, "slow": {"size": "640x480", "fps": 10}}


@pytest.fixture(scope="session")
def node(guest, port_camera, broker, http_port):
    node = GuestNode(guest, http_port, broker.port, profiles=PROFILES)
    try:
        yield node.start()
        node.stop()
    finally:
        node.kill()


@pytest.fixture(autouse=True)
def begin_with_its_own(client):
    assert client.command("cam/cam0/profile/set", "AUTO")["ok"]
    client.wait("info", lambda m: m.json["cameras"][0].get("width") == 640, timeout=20)


@pytest.mark.parametrize("name,size", [("low", (320, 240)), ("high", (1280, 720)), ("odd", (1280, 720))])
def test_takes_the_nearest_size_without_closing_the_view(node, usb_camera, client, name, size):
    with Viewer(node) as viewer:
        viewer.parts(3)
        since = client.mark()
        began = time.monotonic()
        assert client.command("cam/cam0/profile/set", name)["ok"]
        wait_until(lambda: jpeg_size(viewer.parts(1)[0].data) == size, 10, f"pictures of {size}")
        print(f"{name}: {time.monotonic() - began:.2f} s")
        stats = client.wait("cam/cam0/stats", lambda m: m.json["profile"] == name and
                            m.json.get("width") == size[0], timeout=20, since=since)
        assert stats.json["quality"] is None
        assert "offline" not in [m.text for m in client.all("cam/cam0/status", since)]


def test_a_lower_rate_thins_what_comes(node, usb_camera, client):
    with Viewer(node) as viewer:
        viewer.parts(3)
        assert client.command("cam/cam0/profile/set", "slow")["ok"]
        viewer.parts(15)
        parts = viewer.parts(11)
        assert parts[-1].timestamp - parts[0].timestamp > 0.85


def test_a_preview_of_its_jpegs(node, usb_camera):
    data = node.get("/cam/cam0/snapshot.jpg?rendition=preview").content
    assert jpeg_size(data) == (320, 240)
