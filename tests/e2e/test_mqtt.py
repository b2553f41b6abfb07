"""The broker side: last will, state afresh after restarts, passwords."""

from support.broker import Broker, passwords
from support.client import Client
from support.mjpeg import Viewer
from support.node import camera
from support.ports import free_port
from support.wait import wait_until


def online(message):
    return message.text == "online"


def offline(message):
    return message.text == "offline"


def test_says_what_it_is(client):
    info = client.wait("info").json
    assert info["cameras"][0]["id"] == "cam0" and info["proto"] == 1 and info["version"]
    assert {"record", "snapshot"} <= set(info["capabilities"])
    telemetry = client.wait("telemetry", lambda m: m.json.keys() >= {"cpu_pct", "disk_free_gb"}, timeout=10)
    assert not telemetry.retain and telemetry.json["disk_free_gb"] > 0
    assert telemetry.json["rss_mb"] > 1 and "ts" in telemetry.json
    stats = client.wait("cam/cam0/stats", lambda m: m.json["fps"] > 20, timeout=10)
    assert not stats.retain and stats.json["viewers"] == 0


def test_mqtt_5_properties(client):
    """Content type, format, expiry and, of a picture, when it was taken."""
    reply = "test/reply/properties"
    client.publish("cam/cam0/snapshot/set", response=reply)
    wait_until(lambda: [m for m in client.messages if m.topic == reply], 10, "the reply")
    meta = client.wait("cam/cam0/snapshot/meta")
    picture = client.wait("cam/cam0/snapshot")
    answer = [m for m in client.messages if m.topic == reply][0]
    telemetry = client.wait("telemetry", timeout=10)
    assert picture.properties.ContentType == "image/jpeg"
    assert dict(picture.properties.UserProperty) == {"ts": meta.json["ts"]}
    for message, expiry in [(meta, None), (answer, 300), (telemetry, 60), (client.wait("info"), None)]:
        assert message.properties.ContentType == "application/json", message
        assert message.properties.PayloadFormatIndicator == 1
        left = getattr(message.properties, "MessageExpiryInterval", None)
        assert left == expiry or expiry and expiry - 5 <= left <= expiry, message
    assert client.wait("status").properties.ContentType == "text/plain"


def test_what_is_retained(client, make_client):
    late = make_client()
    for suffix in ("status", "info", "cam/cam0/status", "cam/cam0/record"):
        assert late.wait(suffix).retain, suffix
    client.wait("telemetry", timeout=10)
    assert not any(m.retain for m in late.all("telemetry") + late.all("cam/cam0/stats"))


def test_last_will_and_clean_stop(client, node):
    node.kill()
    assert client.wait("status", offline, timeout=5).qos == 1
    since = client.mark()
    node.start()
    client.wait("status", online, since=since, timeout=10)
    client.wait("cam/cam0/status", online, since=since, timeout=10)
    since = client.mark()
    node.stop()
    client.wait("status", offline, since=since)
    client.wait("cam/cam0/status", offline, since=since)


def test_a_live_retained_command_is_refused(client):
    client.publish("cam/cam0/record/set", "ON", retain=True)
    assert client.wait("reply").json["code"] == "retained"
    assert client.command("cam/cam0/record/set", "OFF")["data"]["already"] is True


def test_clearing_a_retained_command_is_no_command(client):
    client.publish("cam/cam0/snapshot/set", "", retain=True)
    client.publish("cam/cam0/record/set", "", retain=True)
    assert client.command("cam/cam0/snapshot/set")["ok"]  # done after those before it
    assert client.command("cam/cam0/record/set", "OFF")["data"]["already"] is True
    assert not client.all("reply") and len(client.all("cam/cam0/snapshot/meta")) == 1


def test_broker_killed_and_restarted(client, node, broker, soak):
    for _ in range(20 if soak else 3):
        since = client.mark()
        broker.kill()
        broker.start()
        client.wait("status", online, since=since, timeout=8)
        client.wait("info", since=since, timeout=8)
        client.wait("cam/cam0/record", since=since, timeout=8)
        assert client.command("cam/cam0/snapshot/set", "PRESS")["ok"], "commands arrive again"


def test_broker_absent_at_start(make_node, tmp_path):
    port = free_port()
    node = make_node(broker_port=port)
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    assert node.get("/healthz").json()["status"] == "degraded"
    assert node.post("/api/v1/set/cam/cam0/snapshot/set").ok, "all else works"
    broker = Broker(tmp_path / "late", port=port).start()
    client = Client(port)
    client.wait("status", online, timeout=8)
    client.wait("cam/cam0/snapshot", timeout=8)
    client.close()
    broker.stop()


def test_snapshot_on_start_and_at_an_interval(broker, make_node, make_client):
    client = make_client()  # before the node: the broker keeps the last one only
    make_node(broker_port=broker.port,
              cameras=[camera(snapshot={"on_start": True, "interval_s": 2})])
    client.wait("cam/cam0/snapshot/meta", lambda m: m.json["trigger"] == "start", timeout=10)
    client.wait("cam/cam0/snapshot/meta", lambda m: m.json["trigger"] == "interval", timeout=10)


def test_a_state_is_told_once(client, node):
    """At a clean stop too; what is retained needs no repetition."""
    client.wait("cam/cam0/status", online, timeout=10)
    client.publish("cam/cam0/enabled/set", "OFF")
    client.wait("cam/cam0/status", lambda m: m.text == "offline")
    node.stop()
    client.wait("status", lambda m: m.text == "offline")
    client.send("test/end", "")
    wait_until(lambda: any(m.topic == "test/end" for m in client.messages), 10, "all came")
    for suffix in ("status", "cam/cam0/status", "cam/cam0/record", "cam/cam0/enabled"):
        payloads = [m.payload for m in client.all(suffix)]
        assert all(a != b for a, b in zip(payloads, payloads[1:])), (suffix, payloads)


def test_no_interval_starts_a_camera_on_demand(broker, make_node, make_client):
    cameras = [camera(capture="on_demand", snapshot={"on_start": False, "interval_s": 1})]
    node = make_node(broker_port=broker.port, cameras=cameras)
    client = make_client()
    client.wait("cam/cam0/status", online, timeout=10)

    wait_until(lambda: "pattern" not in node.thread_names(), 12, "it stops 5 s after it was there")
    assert not client.all("cam/cam0/snapshot/meta")
    since = client.mark()
    with Viewer(node) as viewer:
        viewer.parts(1)
        client.wait("cam/cam0/snapshot/meta", lambda m: m.json["trigger"] == "interval", timeout=10, since=since)


def test_snapshot_retain_is_a_choice(broker, make_node, make_client):
    make_node(broker_port=broker.port, cameras=[camera(snapshot={"retain": False})])
    client = make_client()
    client.wait("cam/cam0/status", online, timeout=10)
    assert client.command("cam/cam0/snapshot/set", "")["ok"]
    late = make_client()
    late.wait("cam/cam0/snapshot/meta")
    assert not late.all("cam/cam0/snapshot")


def test_pictures_stay_under_the_brokers_limit(tmp_path, make_node):
    broker = Broker(tmp_path / "small", extra=["max_packet_size 60000"]).start()
    make_node(broker_port=broker.port,
              cameras=[camera(size="1280x720", pattern={"noise": 80}, jpeg={"quality": 95})])
    client = Client(broker.port)
    client.wait("cam/cam0/status", online, timeout=10)
    for _ in range(3):
        reply = client.command("cam/cam0/snapshot/set", "")
        assert reply["ok"] and reply["data"]["bytes"] < 60000
    picture = client.wait("cam/cam0/snapshot")
    assert len(picture.payload) < 60000
    client.close()
    broker.stop()


def test_username_and_password_from_a_file(tmp_path, make_node):
    path = passwords(tmp_path / "broker", node1="s3cret", tester="t")
    broker = Broker(tmp_path / "broker", anonymous=False, extra=[f"password_file {path}"]).start()
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    secret.chmod(0o600)
    make_node(broker_port=broker.port, mqtt={"username": "node1", "password_file": str(secret)})
    client = Client(broker.port, username="tester", password="t")
    client.wait("status", online, timeout=10)
    client.close()
    broker.stop()


def test_a_refused_password_is_said_once_and_all_else_works(tmp_path, make_node):
    path = passwords(tmp_path / "broker", node1="right")
    broker = Broker(tmp_path / "broker", anonymous=False, extra=[f"password_file {path}"]).start()
    node = make_node(broker_port=broker.port, mqtt={"username": "node1", "password": "wrong"})
    wait_until(lambda: broker.log.read_text().count("disconnected, not authorised") >= 2, 10, "it is tried again")
    assert node.get("/cam/cam0/snapshot.jpg").ok
    assert "wrong" not in node.log, "the password is not logged"
    refusals = [line for line in node.log.splitlines() if " refuses " in line]
    assert len(refusals) == 1 and str(broker.port) in refusals[0], node.log
    broker.stop()


def test_fallback_to_3_1_1(tmp_path, make_node):
    path = tmp_path / "broker"
    broker = Broker(path).start()
    node = make_node(broker_port=broker.port, mqtt={"version": "3.1.1"})
    client = Client(broker.port)
    client.wait("status", online, timeout=10)
    client.publish("cam/cam0/record/set", {"state": "ON", "id": "x"})
    assert client.wait("reply", lambda m: m.json["id"] == "x").json["ok"]
    assert "connected (MQTT 3.1.1)" in node.log
    client.publish("cam/cam0/record/set", "", retain=True)  # clears, which 3.1.1 does not tell
    client.wait("reply", lambda m: m.json["command"] == "record" and m.json["code"] == "bad_value")
    client.publish("cam/cam0/snapshot/set", "", retain=True)
    client.wait("cam/cam0/snapshot/meta", lambda m: m.json["trigger"] == "command")
    client.close()
    broker.stop()


def test_memory_stays_flat_over_restarts(client, node, broker, soak):
    def cycle():
        since = client.mark()
        broker.kill()
        broker.start()
        client.wait("info", since=since, timeout=10)

    for _ in range(2):
        cycle()
    before = node.descriptors(), node.threads()
    for _ in range(100 if soak else 3):
        cycle()
    wait_until(lambda: node.descriptors() <= before[0] and node.threads() <= before[1], 10,
               f"descriptors and threads are back at {before}")


def test_commands_do_not_queue_up_while_the_node_is_away(client, node):
    node.stop()
    client.publish("cam/cam0/record/set", "ON")
    since = client.mark()
    node.start()
    client.wait("cam/cam0/status", online, since=since, timeout=10)
    assert client.command("cam/cam0/record/set", "OFF")["data"]["already"] is True


