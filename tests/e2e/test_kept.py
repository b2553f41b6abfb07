"""What outlives a restart: a reply promises it once it is saved, or says that it is not."""


import signal

import pytest

from support.disk import Shim
from support.node import camera
from support.wait import PATIENCE, SLOWNESS, wait_until

ENABLED = "cam/cam0/enabled"
LEFTOVER = "state.json.a0Z9bc.tmp"


def state_reasons(node):
    """What /healthz says of the state."""
    health = node.get("/healthz").json()
    reasons = [reason for reason in health["reasons"] if reason.startswith("state:")]
    assert health["status"] == "degraded" or not reasons
    return reasons


def send(node, suffix, payload):
    reply = node.post(f"/api/v1/set/{suffix}", payload).json()
    assert reply["ok"], reply
    return reply


def test_what_was_answered_survives_a_kill(make_node, soak):
    node = make_node(mqtt={"enabled": False}, cameras=[camera(controls_persist=True)])
    for turn in range(20 if soak else 3):
        profile, controls = ("low", "high")[turn % 2], {"Brightness": turn / 20}
        for name, payload, value in (("profile", profile, profile), ("controls", controls, controls),
                                     ("enabled", "OFF", False)):
            node.wait_state("cam/cam0/status", lambda status: status == "online")
            assert "message" not in send(node, f"cam/cam0/{name}", payload)
            node.kill()
            assert node.saved()[f"cam/cam0/{name}"] == value
            node.start()
        assert node.state()[ENABLED] == "OFF"
        assert send(node, ENABLED, "OFF")["data"]["already"] is True
        send(node, ENABLED, "ON")


def test_a_save_cut_short_leaves_nothing(make_node):
    node = make_node(start=False, mqtt={"enabled": False})
    folder = node.folder / "state"
    folder.mkdir()
    for name in (LEFTOVER, "state.json.broken", "state.json.mine.tmp", "other.json.a0Z9bc.tmp"):
        (folder / name).write_text("x")
    node.start()
    assert sorted(path.name for path in folder.iterdir()) == [
        "other.json.a0Z9bc.tmp", "state.json.broken", "state.json.mine.tmp"]


def test_what_cannot_be_saved_is_told(broker, make_node, make_client):
    node = make_node(start=False, broker_port=broker.port)
    state = node.folder / "state"
    state.write_text("")
    node.start()
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    since = client.mark()
    reply = client.command(f"{ENABLED}/set", {"state": "OFF", "id": "off-1"})
    assert reply["ok"] and reply["data"] == {"state": "OFF"}
    assert reply["message"] == "it will not outlive a restart: cannot save the state: Not a directory"
    client.wait("cam/cam0/status", lambda m: m.text == "offline", since=since)
    assert state_reasons(node) == ["state: cannot be saved: Not a directory"]
    assert client.command(f"{ENABLED}/set", {"state": "OFF", "id": "off-1"}) == reply, "the same again"
    for suffix, payload in (("cam/cam0/enabled", "OFF"), ("cam/cam0/profile", "low")):
        assert "will not outlive" in send(node, suffix, payload)["message"]
    assert node.log.count("cannot save the state in") == 1

    state.unlink()
    wait_until(lambda: not state_reasons(node), 15, "it is tried again")
    assert node.saved()[ENABLED] is False and node.saved()["cam/cam0/profile"] == "low"
    assert "message" not in send(node, "cam/cam0/profile", "high")
    node.kill()
    node.start()
    assert node.state()[ENABLED] == "OFF" and node.state()["cam/cam0/profile"] == "high"


@pytest.mark.skipif(SLOWNESS > 1, reason="the shim is not for builds with sanitizers")
@pytest.mark.parametrize("fault,why", [(Shim.NO_WRITE, "Input/output error"), (Shim.NO_SYNC, "Input/output error"),
                                       (Shim.READ_ONLY, "Read-only file system")])
def test_a_disk_that_fails(make_node, tmp_path, fault, why):
    node = make_node(start=False, mqtt={"enabled": False})
    shim = Shim(tmp_path, node.folder / "state")
    node.start(env=shim.environment)
    send(node, "cam/cam0/profile", "low")
    shim.set(fault)
    assert why in send(node, "cam/cam0/enabled", "OFF")["message"]
    assert why in state_reasons(node)[0]
    assert [path.name for path in (node.folder / "state").iterdir()] == ["state.json"]
    shim.set(Shim.WORKS)
    wait_until(lambda: not state_reasons(node), 15, "it is tried again")
    assert node.saved()[ENABLED] is False


@pytest.mark.skipif(SLOWNESS > 1, reason="the shim is not for builds with sanitizers")
def test_a_disk_that_does_not_answer(broker, make_node, make_client, tmp_path):
    node = make_node(start=False, broker_port=broker.port)
    shim = Shim(tmp_path, node.folder / "state")
    node.start(env=shim.environment)
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    wait_until(lambda: "mqtt/announced" in node.saved(), 10, "at rest")
    shim.set(Shim.HANGS)
    since = client.mark()
    for _ in range(3):
        client.publish(f"{ENABLED}/set", {"state": "OFF", "id": "off-1"})
    off = client.wait("cam/cam0/status", lambda m: m.text == "offline", since=since)
    assert client.command("cam/cam1/record/set", "OFF")["code"] == "unknown_camera", "control goes on"
    wait_until(lambda: len(client.all("reply", since)) == 3, 10, "each is answered")
    assert off.time <= client.all("reply", since)[0].time, "the camera is off before it is answered"
    for reply in client.all("reply", since):
        assert reply.json["ok"] and reply.json["message"] == \
            "it may not outlive a restart: the state is not saved yet"
    assert state_reasons(node) == ["state: cannot be saved: the disk does not answer"]
    shim.set(Shim.WORKS)
    wait_until(lambda: not state_reasons(node), 15, "it was slow only")
    assert node.saved()[ENABLED] is False
    assert len(client.all("reply", since)) == 3

    shim.set(Shim.HANGS)
    send(node, ENABLED, "ON")
    node.signal(signal.SIGTERM)
    assert node.process.wait(15 * PATIENCE) == 1, "it does not wait for ever"
    node.process = None
    assert "the disk does not answer: the node ends without saving the state" in node.log
