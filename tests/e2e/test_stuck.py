"""A camera's library that never answers again: the one case in which the node ends by itself."""

import os
import time

import pytest

from support.node import camera
from support.pattern import codes_of_file
from support.wait import wait_until

pytestmark = pytest.mark.skipif(os.environ.get("CAMNODE_SANITIZE", "") != "",
                                reason="20 s of waiting for what a sanitizer cannot see")

STUCK_S = 15
STALL_S = 3


def recorded(client):
    return [m.json for m in client.all("event") if m.json["event_type"] == "recording_finished"]


def test_the_node_closes_its_recordings_and_ends(broker, make_node, make_client):
    cameras = [camera(pattern={"fault": "hang@4"}), camera(id="cam1")]
    node = make_node(broker_port=broker.port, cameras=cameras)
    client = make_client()
    client.wait("status", lambda m: m.text == "online", timeout=10)
    for name in ("cam0", "cam1"):
        assert client.command(f"cam/{name}/record/set", "ON")["ok"]
        client.wait(f"cam/{name}/record", lambda m: m.json["active"])
    client.wait("cam/cam0/status", lambda m: m.text == "online")
    started = time.monotonic()

    status = wait_until(lambda: [node.process.poll()] if node.process.poll() is not None else None,
                        4 + STALL_S + STUCK_S + 15, "the end of the node")[0]
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
