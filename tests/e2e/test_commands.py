"""Every command in every form, over MQTT: replies, idempotency, refusals."""

import json
import signal
import subprocess
from datetime import datetime

import pytest

from support.node import camera
from support.pattern import code_of_jpeg
from support.wait import wait_until

RECORD = "cam/cam0/record"


def is_on(message):
    return message.json["state"] == "ON"


def is_off(message):
    return message.json["state"] == "OFF"


def start(client, payload="ON"):
    since = client.mark()
    client.publish(f"{RECORD}/set", payload)
    return client.wait(RECORD, lambda m: is_on(m) and m.json["active"], since=since)


def stop(client):
    since = client.mark()
    client.publish(f"{RECORD}/set", "OFF")
    return client.wait("event", lambda m: m.json["event_type"] == "recording_finished", since=since)


def test_record_on_and_off_by_word(client, node):
    start(client)
    finished = stop(client).json
    assert finished["camera"] == "cam0" and finished["reason"] == "command"
    assert (node.recordings / finished["file"]).stat().st_size == finished["bytes"]
    client.wait(RECORD, lambda m: is_off(m) and not m.json["finishing"] and
                m.json.get("file") == finished["file"])


@pytest.mark.parametrize("word", ["on", " ON \n", "On", "TOGGLE", "toggle",
                                  '{"state":"ON"}', ' {"state": "toggle"}'])
def test_words_in_any_form_start(client, word):
    start(client, word)


def test_toggle_stops_what_runs(client):
    start(client)
    since = client.mark()
    client.publish(f"{RECORD}/set", "TOGGLE")
    client.wait(RECORD, is_off, since=since)


def test_off_answers_at_once(client):
    """Before the file is finished, however long that takes."""
    start(client)
    since = client.mark()
    reply = client.command(f"{RECORD}/set", "OFF")
    assert reply["ok"] and reply["data"]["state"] == "OFF"
    finished = client.wait("event", lambda m: m.json["event_type"] == "recording_finished", since=since)
    heard = client.messages[since:]
    replied = next(m for m in heard if m.topic.startswith(client.replies))
    assert heard.index(replied) < heard.index(finished)
    assert reply["command"] == "record" and reply["camera"] == "cam0"


def test_on_while_on_is_already(client):
    first = client.command(f"{RECORD}/set", "ON")
    again = client.command(f"{RECORD}/set", "ON")
    assert first["ok"] and "already" not in first["data"]
    assert again["ok"] and again["data"]["already"] is True
    assert again["data"]["id"] == first["data"]["id"]
    assert client.command(f"{RECORD}/set", "OFF")["ok"]
    assert client.command(f"{RECORD}/set", "OFF")["data"]["already"] is True


def test_duration_ends_the_recording(client):
    start(client, {"state": "ON", "duration_s": 1})
    finished = client.wait("event", lambda m: m.json["event_type"] == "recording_finished",
                           timeout=10).json
    assert finished["reason"] == "duration"
    assert finished["duration_s"] <= 1.2
    took = (datetime.fromisoformat(finished["ts"]) - datetime.fromisoformat(finished["started_at"])).total_seconds()
    # A busy machine may lose frames, and says so: but of those after which none has come half a second after the end.
    assert finished["duration_s"] + finished["dropped"] / 30 >= 0.9 or took >= 1.5


def test_a_new_duration_moves_the_end(client):
    start(client, {"state": "ON", "duration_s": 60})
    first_end = client.all(RECORD)[-1].json["ends_at"]
    reply = client.command(f"{RECORD}/set", {"state": "ON", "duration_s": 1})
    assert reply["data"]["already"] and reply["data"]["ends_at"] < first_end
    assert reply["message"] == "it ends sooner than before"
    client.wait("event", lambda m: m.json["event_type"] == "recording_finished", timeout=10)


def test_reply_topic_and_correlation(client):
    since = client.mark()
    client.publish(f"{RECORD}/set", {"state": "ON", "id": "a1"}, response="some/where",
                   correlation=b"\x00\x01c")
    reply = wait_until(lambda: [m for m in client.messages[since:] if m.topic == "some/where"],
                       5, "the reply")[0]
    assert reply.json["ok"] and reply.json["id"] == "a1"
    assert reply.properties.CorrelationData == b"\x00\x01c"
    assert not reply.retain


def test_id_alone_is_answered_on_the_reply_topic(client):
    client.publish(f"{RECORD}/set", {"state": "ON", "id": "b2"})
    assert client.wait("reply", lambda m: m.json["id"] == "b2").json["ok"]


def test_success_without_id_is_silent_and_failure_is_not(client):
    start(client)
    client.publish(f"{RECORD}/set", "OPEN")
    failure = client.wait("reply").json
    assert failure["code"] == "bad_value" and "OPEN" in failure["message"]
    assert "ON" in failure["message"], "the message says what is allowed"
    assert len(client.all("reply")) == 1


def test_the_same_id_gets_the_same_reply_and_runs_once(client):
    command = {"state": "TOGGLE", "id": "once"}
    first = client.command(f"{RECORD}/set", command)
    assert client.command(f"{RECORD}/set", command) == first
    assert client.command(f"{RECORD}/set", command) == first
    assert first["data"]["state"] == "ON"
    assert client.all(RECORD)[-1].json["state"] == "ON"


def test_a_retained_command_is_never_executed(broker, make_client, make_node):
    sender = make_client()
    sender.publish(f"{RECORD}/set", "ON", retain=True)
    sender.publish("record/set", "ON", retain=True)
    make_node(broker_port=broker.port)
    sender.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    assert sender.command(f"{RECORD}/set", "OFF")["data"]["already"] is True
    assert all(m.json["state"] == "OFF" for m in sender.all(RECORD))


def test_whole_node_records_and_toggles(broker, make_node, make_client):
    make_node(broker_port=broker.port, cameras=[camera(), camera(id="cam1")])
    client = make_client()
    for cam in ("cam0", "cam1"):
        client.wait(f"cam/{cam}/status", lambda m: m.text == "online", timeout=10)
    reply = client.command("record/set", "ON")
    assert reply["ok"] and reply["data"]["cam0"]["state"] == reply["data"]["cam1"]["state"] == "ON"
    for cam in ("cam0", "cam1"):
        client.wait(f"cam/{cam}/record", lambda m: m.json["active"])
    client.publish("record/set", "TOGGLE")
    for cam in ("cam0", "cam1"):
        client.wait("event", lambda m, cam=cam: m.json["event_type"] == "recording_finished" and
                    m.json["camera"] == cam, timeout=10)


@pytest.mark.parametrize("payload", ["", "PRESS", "press", "ON", "{}", {"id": "s1"}])
def test_snapshot_in_every_form(client, payload):
    since = client.mark()
    client.publish("cam/cam0/snapshot/set", payload)
    picture = client.wait("cam/cam0/snapshot", since=since)
    meta = client.wait("cam/cam0/snapshot/meta", since=since)
    assert picture.payload[:2] == b"\xff\xd8" and picture.payload[-2:] == b"\xff\xd9"
    assert meta.json["bytes"] == len(picture.payload)
    assert (meta.json["width"], meta.json["height"]) == (320, 240)
    assert meta.json["trigger"] == "command"
    assert client.messages.index(picture) < client.messages.index(meta)
    if isinstance(payload, dict):
        assert meta.json["id"] == "s1"


def test_snapshot_is_retained_and_newer_than_the_command(client, make_client):
    client.command("cam/cam0/snapshot/set", "PRESS")
    first = code_of_jpeg(client.wait("cam/cam0/snapshot").payload)
    since = client.mark()
    client.command("cam/cam0/snapshot/set", "PRESS")
    second = code_of_jpeg(client.wait("cam/cam0/snapshot", since=since).payload)
    assert second.frame > first.frame
    late = make_client()
    picture = late.wait("cam/cam0/snapshot")
    assert picture.retain and code_of_jpeg(picture.payload) == second


def test_snapshot_smaller_and_of_lower_quality(client):
    full = client.command("cam/cam0/snapshot/set", {"quality": 90})["data"]
    low = client.command("cam/cam0/snapshot/set", {"quality": 10})["data"]
    small = client.command("cam/cam0/snapshot/set", {"max_width": 160})["data"]
    assert low["bytes"] < full["bytes"] and low["quality"] == 10
    assert (small["width"], small["height"]) == (160, 120)


def test_unknown_camera(client):
    reply = client.command("cam/nope/record/set", "ON")
    assert not reply["ok"] and reply["code"] == "unknown_camera"
    assert "nope" in reply["message"] and "cam0" in reply["message"]


BAD = [
    ("OPEN", "bad_value", "OPEN"),
    ("", "bad_value", "ON"),
    ("{", "bad_json", None),
    ('{"state":"ON"', "bad_json", None),
    ('{"state":"ON"} x', "bad_json", None),
    ('{"state":"ON","state":"OFF"}', "bad_json", "state"),
    ('{"state":"ON","durration_s":5}', "bad_value", "duration_s"),
    ('{"duration_s":5}', "bad_value", "state"),
    ('{"state":1}', "bad_value", "state"),
    ('{"state":"ON","duration_s":"5"}', "bad_value", "duration_s"),
    ('{"state":"ON","duration_s":-1}', "bad_value", "duration_s"),
    ('{"state":"ON","format":"avi"}', "bad_value", "h264"),
    ('{"state":"ON","id":"a b"}', "bad_value", "id"),
    ('{"a":' * 30 + "1" + "}" * 30, "bad_json", "deep"),
    ('{"state":"' + "x" * 5120 + '"}', "bad_json", "4096"),
    (b'{"state":"\xff\xfe"}', "bad_json", "UTF-8"),
    (b"ON\x00", "bad_json", None),
    (b"\xff\xfe", "bad_json", "UTF-8"),
]


@pytest.mark.parametrize("payload,code,word", BAD, ids=range(len(BAD)))
def test_bad_payload_has_one_clear_reply(client, payload, code, word):
    reply = client.command(f"{RECORD}/set", payload)
    assert not reply["ok"] and reply["code"] == code, reply
    assert word is None or word in reply["message"], reply["message"]
    assert len(json.dumps(reply)) < 1024, "a refusal does not echo the payload"
    assert client.command(f"{RECORD}/set", "OFF")["ok"], "the node goes on"


def test_bad_snapshot_values(client):
    for payload, word in [({"quality": 101}, "100"), ({"quality": 1.5}, "quality"),
                          ({"max_width": 3}, "max_width"), ({"foo": 1}, "foo"), ("SHOOT", "PRESS")]:
        reply = client.command("cam/cam0/snapshot/set", payload)
        assert reply["code"] == "bad_value" and word in reply["message"], reply


def test_expired_command_is_refused_once_the_clock_is_synced(client):
    reply = client.command(f"{RECORD}/set", {"state": "ON", "expires_at": "2020-01-01T00:00:00Z"})
    telemetry = client.wait("telemetry", timeout=10).json
    if telemetry["time_synced"]:
        assert reply["code"] == "stale"
    else:
        assert reply["ok"], "a clock that is not synced cannot tell"


def test_the_same_id_for_another_command_is_refused(client):
    assert client.command(f"{RECORD}/set", {"state": "ON", "id": "d1"})["ok"]
    reply = client.command(f"{RECORD}/set", {"state": "OFF", "id": "d1"})
    assert reply["code"] == "bad_value" and "id" in reply["message"]
    assert client.command(f"{RECORD}/set", {"state": "OFF", "id": "d2"})["ok"]


def test_a_recording_without_a_picture_says_so(broker, make_node, make_client):
    make_node(broker_port=broker.port, cameras=[camera(source="replay:/does/not/exist.mp4")])
    client = make_client()
    client.wait("status", lambda m: m.text == "online", timeout=10)
    assert client.command(f"{RECORD}/set", "ON")["data"]["active"] is False
    assert client.command(f"{RECORD}/set", "OFF")["ok"]
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_failed").json
    assert "no picture" in event["error"] and event["frames"] == 0 and "file" not in event
    last = client.wait_last(RECORD, lambda m: is_off(m) and not m.json["finishing"])
    assert "error" not in last.json, "somebody ended it: no failure"


def test_fast_toggling_never_lies(client, node):
    for _ in range(10):
        for word in ("ON", "OFF"):
            reply = client.command(f"{RECORD}/set", word)
            assert reply["ok"] or reply["code"] == "busy", reply
    client.wait_last(RECORD, lambda m: is_off(m) and not m.json["finishing"], timeout=15)
    assert "error" not in node.state()[RECORD]


def test_commands_of_the_new_kinds_are_checked(client):
    """What is wrong with a payload is told by every kind alike."""
    for suffix, payload, word in [("cam/cam0/profile/set", "a b", "name"),
                                  ("cam/cam0/enabled/set", "YES", "TOGGLE"),
                                  ("cam/cam0/controls/set", "{}", "control"),
                                  ("cam/cam0/controls/set", {"brightness": 1}, "capital"),
                                  ("cam/cam0/controls/set", {"Brightness": [1]}, "number"),
                                  ("recordings/set", {"action": "delete"}, "file"),
                                  ("recordings/set", {"action": "list", "day": "today"}, "YYYY-MM-DD"),
                                  (f"{RECORD}/set", {"state": "ON", "label": ""}, "label"),
                                  (f"{RECORD}/set", {"state": "ON", "pre_roll_s": 31}, "0..30")]:
        reply = client.command(suffix, payload)
        assert reply["code"] == "bad_value" and word in reply["message"], reply
        assert reply["command"] == suffix.split("/")[-2]
    for suffix in ("cam/nope/profile/set", "cam/nope/enabled/set", "cam/nope/controls/set"):
        payload = {"Brightness": 1} if "controls" in suffix else "ON"
        assert client.command(suffix, payload)["code"] == "unknown_camera"
    answer = client.command("cam/cam0/recordings/set", "LIST", expect=False)
    assert answer is None, "that is no topic of the contract: nobody subscribes to it"


def test_a_flood_is_bounded_and_each_is_answered(client, node):
    """More than 100 at once are answered `rate_limited`; then the node is as it was. Not more than
    the 256 replies that may wait for a slow broker: beyond that the oldest are dropped."""
    replies = [f"test/reply/flood/{number}" for number in range(240)]
    since = client.mark()
    node.signal(signal.SIGSTOP)  # they come at once, however slowly they are sent
    for topic in replies:
        client.publish("cam/cam0/record/set", "OFF", response=topic, wait=topic == replies[-1])
    node.signal(signal.SIGCONT)
    codes = {}
    wait_until(lambda: len(heard_on(client, replies, since)) == len(replies), 20, "240 replies")
    for message in heard_on(client, replies, since):
        codes[message.json["code"]] = codes.get(message.json["code"], 0) + 1
    assert set(codes) == {"ok", "rate_limited"} and codes["ok"] >= 100, codes
    wait_until(lambda: client.command(f"{RECORD}/set", "OFF")["ok"], 10, "commands are taken again")
    assert node.process.poll() is None


def test_a_flood_is_not_a_flood_of_log_lines(node, broker, make_client):
    """Refusals of ever other texts, and replies that nobody could take so fast."""
    node.wait_log(": connected (MQTT")
    before = len(node.log)
    lines = "".join(f"BAD{number}\n" for number in range(4000))
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-q", "0", "-l", "-t",
                    f"camnode/node1/{RECORD}/set"], input=lines, text=True, timeout=60, check=True)
    client = make_client()
    topic = f"{client.replies}behind"

    def taken():
        client.publish(f"{RECORD}/set", "OFF", response=topic)  # behind the flood, on its way
        return any(reply.json["ok"] for reply in heard_on(client, [topic], 0))

    wait_until(taken, 20, "commands are taken again", interval=0.2)
    log = node.log[before:]
    assert 1 <= log.count("command record refused (") <= 2 * 21, log[-2000:]
    assert log.count("messages were dropped") <= 2, log[-2000:]


def heard_on(client, topics, since):
    topics = set(topics)
    return [message for message in client.messages[since:] if message.topic in topics]


def test_a_message_that_has_expired_at_the_broker_is_not_executed(client, node, broker):
    """MQTT 5's message expiry, counted while the node is away: the broker keeps nothing for it."""
    node.kill()
    client.publish(f"{RECORD}/set", "ON", expiry=1)
    since = client.mark()
    node.start()
    client.wait("status", lambda m: m.text == "online", since=since, timeout=10)
    assert client.command(f"{RECORD}/set", "OFF")["data"]["already"] is True


@pytest.mark.parametrize("topic", ["$SYS/x", "camnode/node1/cam/cam0/record/set",
                                   "camnode/node1/status", "camnode/node1/info", "/" * 200,
                                   "/" * 201])
def test_a_response_topic_that_would_do_harm_is_not_used(client, topic):
    """The broker's own topics, and this node's but for `reply`: the reply goes to `reply`. (No
    client sends wildcards there; the fuzz target tries them.)"""
    since = client.mark()
    client.publish(f"{RECORD}/set", {"state": "OFF", "id": "guard"}, response=topic)
    assert client.wait("reply", since=since).json["id"] == "guard"
    assert not [m for m in client.messages[since:] if m.topic == topic and b'"code"' in m.payload]
