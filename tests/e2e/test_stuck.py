"""A camera's library that never answers again: the one case in which the node ends by itself."""

import os
import time

import pytest

from support.mjpeg import Viewer
from support.node import camera
from support.pattern import codes_of_file, is_of_camera
from support.wait import SLOWNESS, wait_until

pytestmark = pytest.mark.skipif(os.environ.get("CAMNODE_SANITIZE", "") != "",
                                reason="20 s of waiting for what a sanitizer cannot see")

STUCK_S = 15
STALL_S = 3
NOTICE_S = 2 * SLOWNESS  # twice the supervisor's tick, and the way to the client


def recorded(client):
    return [m.json for m in client.all("event") if m.json["event_type"] == "recording_finished"]


def read_until_frozen(viewer):
    """Reads until the same picture comes again: the time of its first coming."""
    before = viewer.parts(1)[0]
    while True:
        part = viewer.parts(1)[0]
        if part.data == before.data:
            return before.time
        before = part


def check_off(node, client):
    """Nobody gets a picture any more, and everybody is told at once."""
    asked = time.monotonic()
    for query in ("", "?max_age_ms=60000"):
        answer = node.get(f"/cam/cam0/snapshot.jpg{query}")
        assert answer.status_code == 503 and "the camera is off" in answer.text, answer.text
    reply = client.command("cam/cam0/snapshot/set", {"id": "off"})
    assert reply["code"] == "busy" and reply["message"] == "the camera is off"
    assert time.monotonic() - asked < 4 * SLOWNESS


def test_it_is_offline_and_private_meanwhile(broker, make_node, make_client):
    node = make_node(broker_port=broker.port, cameras=[camera(pattern={"fault": "hang@3"})])
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    with Viewer(node) as viewer:
        since = client.mark()
        frozen = read_until_frozen(viewer)
        offline = client.wait("cam/cam0/status", lambda m: m.text == "offline", timeout=10, since=since)
        assert offline.time - frozen < STALL_S + NOTICE_S
        wait_until(lambda: not is_of_camera(viewer.parts(1)[0]), 5, "NO SIGNAL")
        reply = client.command("cam/cam0/snapshot/set", {"id": "stuck"})
        assert reply["message"] == f"camera is away: no picture for {STALL_S} s"
        assert client.command("cam/cam0/enabled/set", "OFF")["ok"]
        check_off(node, client)
        assert not is_of_camera(viewer.parts(1)[0])
    assert node.process.poll() is None, "and not because the node has ended"
    node.kill()


def test_off_hangs(broker, make_node, make_client):
    """The switch itself gets stuck, before anybody has noticed that the camera is."""
    node = make_node(broker_port=broker.port, cameras=[camera(pattern={"fault": "hang@3"})])
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    since = client.mark()
    with Viewer(node) as viewer:
        read_until_frozen(viewer)
        assert client.command("cam/cam0/enabled/set", "OFF")["ok"]
        check_off(node, client)
        client.wait("cam/cam0/status", lambda m: m.text == "offline", timeout=2, since=since)
        wait_until(lambda: not is_of_camera(viewer.parts(1)[0]), 5, "the picture that says so")
        assert not any(is_of_camera(part) for part in viewer.parts(2))
    node.kill()


def test_the_node_closes_its_recordings_and_ends(broker, make_node, make_client):
    cameras = [camera(pattern={"fault": "hang@7"}), camera(id="cam1")]
    node = make_node(broker_port=broker.port, cameras=cameras)
    client = make_client()
    client.wait("status", lambda m: m.text == "online", timeout=10)
    for name in ("cam0", "cam1"):
        assert client.command(f"cam/{name}/record/set", "ON")["ok"]
        client.wait(f"cam/{name}/record", lambda m: m.json["active"])
    client.wait("cam/cam0/status", lambda m: m.text == "online")
    started = time.monotonic()

    status = wait_until(lambda: [node.process.poll()] if node.process.poll() is not None else None,
                        7 + STALL_S + STUCK_S + 15, "the end of the node")[0]
    assert status == 1, "systemd starts again what fails"
    assert time.monotonic() - started > STUCK_S
    assert "cam0: the camera's library is stuck in stop() for 15 s" in node.log
    node.process = None
    client.wait("status", lambda m: m.text == "offline")

    files = {event["camera"]: event for event in recorded(client)}
    assert set(files) == {"cam0", "cam1"}, "both recordings were closed"
    for event in files.values():
        assert len(codes_of_file(node.recordings / event["file"])) == event["frames"]
    assert not list(node.recordings.rglob("*.part.mp4"))
    assert files["cam1"]["duration_s"] > STUCK_S, "the other camera went on until then"

    node.config["cameras"][0]["pattern"] = {"fault": ""}
    since = client.mark()
    node.start()
    client.wait("cam/cam0/status", lambda m: m.text == "online", since=since)
