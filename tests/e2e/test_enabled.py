"""The privacy switch: off, nothing is captured, and everybody sees that."""

import subprocess

from support.mjpeg import Viewer
from support.node import camera
from support.pattern import check_whole, is_of_camera
from support.wait import wait_until

ENABLED = "cam/cam0/enabled"
SNAPSHOT = "cam/cam0/snapshot"
META = "cam/cam0/snapshot/meta"


def switch(client, word):
    since = client.mark()
    reply = client.command(f"{ENABLED}/set", word)
    assert reply["ok"] and reply["command"] == "enabled", reply
    client.wait(ENABLED, lambda m: m.text == reply["data"]["state"], since=since)
    client.wait("cam/cam0/status", since=since,
                predicate=lambda m: m.text == ("online" if reply["data"]["state"] == "ON" else "offline"))
    return since


def test_off_stops_the_camera_and_says_so(client, node):
    assert client.wait(ENABLED).text == "ON"
    with Viewer(node) as viewer:
        assert is_of_camera(viewer.parts(3)[-1])
        since = switch(client, "OFF")
        event = client.wait("event", lambda m: m.json["event_type"] == "camera_disabled", since=since)
        assert event.json["camera"] == "cam0"
        stats = node.wait_state("cam/cam0/stats", lambda stats: stats.get("error"))
        assert stats["error"] == "the camera is off"
        wait_until(lambda: not is_of_camera(viewer.next_taken()), 10, "the picture that says so")
        assert not any(is_of_camera(part) for part in viewer.parts(2)), "renewed, never the camera's"

        since = switch(client, "ON")
        client.wait("event", lambda m: m.json["event_type"] == "camera_enabled", since=since)
        wait_until(lambda: is_of_camera(viewer.next_taken()), 10, "the camera's picture, same connection")


def test_the_source_is_closed(client, node):
    switch(client, "OFF")
    captured = wait_until(lambda: node.log.count("cam0: the camera is off"), 5, "the supervisor")
    threads = subprocess.run(["ps", "-T", "-o", "comm=", "-p", str(node.process.pid)],
                             capture_output=True, text=True, check=True).stdout.split()
    assert captured == 1 and "pattern" not in threads
    switch(client, "ON")
    threads = subprocess.run(["ps", "-T", "-o", "comm=", "-p", str(node.process.pid)],
                             capture_output=True, text=True, check=True).stdout.split()
    assert "pattern" in threads


def test_snapshots_are_refused(client, node):
    switch(client, "OFF")
    assert node.get("/healthz").json()["status"] == "ok", "off on purpose is no fault"
    reply = client.command("cam/cam0/snapshot/set", {"id": "s"})
    assert reply["code"] == "busy" and reply["message"] == "the camera is off"
    assert node.get("/cam/cam0/snapshot.jpg").status_code == 503
    switch(client, "ON")
    assert client.command("cam/cam0/snapshot/set", {"id": "t"})["ok"]


def test_a_running_recording_ends_whole_and_none_begins(client, node):
    since = client.mark()
    assert client.command("cam/cam0/record/set", "ON")["ok"]
    client.wait("cam/cam0/record", lambda m: m.json["active"], since=since)
    since = switch(client, "OFF")
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_finished", since=since).json
    check_whole(node.recordings / event["file"], event)
    client.wait("cam/cam0/record", lambda m: m.json["state"] == "OFF" and not m.json["finishing"], since=since)
    reply = client.command("cam/cam0/record/set", "ON")
    assert reply["code"] == "busy" and reply["message"] == "the camera is off"
    switch(client, "ON")
    assert not client.all("cam/cam0/record", since)[-1].json["active"], "it does not begin by itself"


def test_words_and_idempotency(client):
    since = client.mark()
    client.command(f"{ENABLED}/set", "on")
    assert client.command(f"{ENABLED}/set", {"state": "ON"})["data"]["already"] is True
    assert client.command(f"{ENABLED}/set", "toggle")["data"]["state"] == "OFF"
    assert client.command(f"{ENABLED}/set", '{"state": "toggle"}')["data"]["state"] == "ON"
    events = [m.json["event_type"] for m in client.all("event", since)]
    assert events == ["camera_disabled", "camera_enabled"]


def test_over_http_and_for_the_whole_node(broker, make_node, make_client):
    node = make_node(broker_port=broker.port, cameras=[camera(), camera(id="cam1")])
    client = make_client()
    client.wait("status", lambda m: m.text == "online", timeout=10)
    assert node.post("/api/v1/set/enabled", "OFF").json()["ok"]
    for name in ("cam0", "cam1"):
        client.wait(f"cam/{name}/enabled", lambda m: m.text == "OFF")
        node.wait_state(f"cam/{name}/status", lambda status: status == "offline")
    assert node.post("/api/v1/set/cam/cam1/enabled", {"state": "ON"}).json()["ok"]
    node.wait_state("cam/cam1/status", lambda status: status == "online")
    assert node.state()["cam/cam0/enabled"] == "OFF"


def test_off_outlives_a_restart(client, node):
    switch(client, "OFF")
    for _ in range(2):
        node.stop()
        since = client.mark()
        node.start()
        client.wait("status", lambda m: m.text == "online", since=since, timeout=10)
        client.wait(ENABLED, lambda m: m.text == "OFF", since=since)
        node.wait_state("cam/cam0/stats", lambda stats: stats.get("error") == "the camera is off")
        assert "online" not in [m.text for m in client.all("cam/cam0/status", since)]
    switch(client, "ON")
    node.stop()
    since = client.mark()
    node.start()
    client.wait("cam/cam0/status", lambda m: m.text == "online", since=since)


def test_off_survives_a_crash(client, node):
    reply = client.command(f"{ENABLED}/set", "OFF")
    if "message" in reply:  # the disk is so slow that it is not promised
        wait_until(lambda: node.saved().get("cam/cam0/enabled") is False, 10, "it is saved all the same")
    node.kill()
    node.start()
    node.wait_state("cam/cam0/enabled", lambda word: word == "OFF")


def test_an_on_demand_camera(broker, make_node, make_client):
    node = make_node(broker_port=broker.port, cameras=[camera(capture="on_demand")])
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    switch(client, "OFF")
    with Viewer(node) as viewer:
        assert not is_of_camera(viewer.parts(1)[0])
    switch(client, "ON")
    with Viewer(node) as viewer:
        wait_until(lambda: is_of_camera(viewer.parts(1)[0]), 10, "the camera's picture")


def test_off_takes_the_picture_from_the_broker(broker, make_node, make_client):
    node = make_node(broker_port=broker.port, cameras=[camera(snapshot={"on_start": True})])
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    picture = client.wait(SNAPSHOT, lambda m: m.payload).payload
    meta = client.wait(META).payload
    since = switch(client, "OFF")
    for topic in (SNAPSHOT, META):
        client.wait(topic, lambda m: not m.payload, since=since)
    late = make_client()
    late.wait(ENABLED)
    assert not late.all(SNAPSHOT) and not late.all(META)
    assert node.state()[META] == "", "HTTP says the same"

    # Left from before a crash, or of an older version: gone with the next start.
    node.stop()
    client.publish(SNAPSHOT, picture, retain=True)
    client.publish(META, meta, retain=True)
    since = client.mark()
    node.start()
    for topic in (SNAPSHOT, META):
        client.wait(topic, lambda m: not m.payload, since=since)
    assert node.state()[META] == ""
    since = switch(client, "ON")
    for topic in (SNAPSHOT, META):
        client.wait(topic, lambda m: m.payload, since=since)
    node.wait_state(META, lambda meta: meta and meta["trigger"] == "start")
