"""Recordings by the clock: windows of the schedule, and timelapses."""

import os
import signal
import time
from datetime import datetime

import pytest

from support.node import camera, run
from support.pattern import codes_of_file, probe
from support.wait import wait_until


# These wait for the clock; what a sanitizer could find in them, the others reach too.
only_once = pytest.mark.skipif(bool(os.environ.get("CAMNODE_SANITIZE")), reason="waits for the clock")


def clock_at(moment):
    return time.strftime("%H:%M:%S", time.localtime(moment))


def clock(offset_s):
    return clock_at(time.time() + offset_s)


def window(begin_s, end_s, when="always"):
    """From now on: one that begins and ends so many seconds later."""
    return {"from": clock(begin_s), "to": clock(end_s), "when": when}


def begin(broker, make_node, make_client, resume=False, **options):
    client = make_client()  # hears the first events, too
    node = make_node(broker_port=broker.port, cameras=[camera(**options)],
                     record={"resume": resume})
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    return node, client


def reschedule(node, *windows):
    """While it runs: what has to happen inside a window is in no hurry then."""
    node.config["cameras"][0]["schedule"] = list(windows)
    node.write_config()
    node.signal(signal.SIGHUP)


def end_window(node):
    """Within a second; it began when it did."""
    window, = node.config["cameras"][0]["schedule"]
    reschedule(node, {**window, "to": clock(1)})


def events(client, kind):
    return [m.json for m in client.all("event") if m.json["event_type"] == kind]


def wait_finished(client, timeout=20, count=1):
    wait_until(lambda: len(events(client, "recording_finished")) >= count, timeout,
               f"{count} recordings are finished")
    return events(client, "recording_finished")[count - 1]


def test_a_window_records_from_its_beginning_to_its_end(broker, make_node, make_client):
    node, client = begin(broker, make_node, make_client)
    begins = int(time.time()) + 3
    reschedule(node, {"from": clock_at(begins), "to": clock_at(begins + 4), "when": "always"})
    asked = time.time()
    started = client.wait("cam/cam0/record", lambda m: m.json["active"], timeout=15)
    event = wait_finished(client)
    began = datetime.fromisoformat(event["started_at"]).timestamp()
    assert event["reason"] == "schedule" and begins - 0.5 < began < max(begins, asked) + 2
    assert 2 <= began + event["duration_s"] - begins <= 6
    client.wait_last("cam/cam0/record", lambda m: m.json["state"] == "OFF")
    assert started.json["state"] == "ON" and "ends_at" not in started.json
    assert len(codes_of_file(node.recordings / event["file"])) == event["frames"]


@only_once
def test_a_node_that_starts_inside_a_window_records(broker, make_node, make_client):
    _, client = begin(broker, make_node, make_client, schedule=[window(-3600, 3600)])
    client.wait("cam/cam0/record", lambda m: m.json["active"], timeout=10)


@only_once
def test_off_by_command_holds_until_the_next_window(broker, make_node, make_client):
    """One that touches the first, and over a restart."""
    next_at, next_s = int(time.time()) + 14, 14
    node, client = begin(broker, make_node, make_client, schedule=[window(-60, next_s), window(next_s, 3600)])
    client.wait("cam/cam0/record", lambda m: m.json["active"], timeout=10)
    since = client.mark()
    assert client.command("cam/cam0/record/set", "OFF")["ok"]
    assert wait_finished(client)["reason"] == "command"
    client.wait("cam/cam0/record", lambda m: m.json["state"] == "OFF" and m.json.get("held"), since=since)
    node.stop()
    node.start()
    again = client.wait("event", lambda m: m.json["event_type"] == "recording_started", timeout=30, since=since).json
    assert datetime.fromisoformat(again["started_at"]).timestamp() >= next_at, "the next window records"
    client.wait("cam/cam0/record", lambda m: m.json["active"] and "held" not in m.json, since=since)


@only_once
def test_what_a_command_wants_goes_on_behind_the_window(broker, make_node, make_client):
    node, client = begin(broker, make_node, make_client, schedule=[window(-60, 3600)])
    client.wait("cam/cam0/record", lambda m: m.json["active"], timeout=10)
    sent = time.time()
    reply = client.command("cam/cam0/record/set", {"state": "ON", "duration_s": 3600})
    assert reply["ok"] and reply["data"]["already"]
    end_window(node)
    record = client.wait("cam/cam0/record", lambda m: "ends_at" in m.json, timeout=15).json
    assert record["active"] and 3600 <= datetime.fromisoformat(record["ends_at"]).timestamp() - sent < 3660
    assert client.command("cam/cam0/record/set", {"state": "ON", "duration_s": 1})["ok"]
    assert wait_finished(client)["reason"] == "duration"


def let_a_command_run_out(client):
    assert client.command("cam/cam0/record/set", {"state": "ON", "duration_s": 1})["ok"]
    expired = time.monotonic() + 1.2
    wait_until(lambda: time.monotonic() > expired, 5, "it has run out")


@only_once
def test_a_command_inside_a_window_does_not_end_it(broker, make_node, make_client):
    node, client = begin(broker, make_node, make_client, schedule=[window(-60, 3600)])
    client.wait("cam/cam0/record", lambda m: m.json["active"], timeout=10)
    let_a_command_run_out(client)
    end_window(node)
    assert wait_finished(client)["reason"] == "schedule"
    assert len(events(client, "recording_started")) == 1


def test_a_window_changes_at_run_time(broker, make_node, make_client):
    node, client = begin(broker, make_node, make_client)
    reschedule(node, window(-60, 3600))
    node.wait_log("reload: applied: cameras[0].schedule")
    client.wait("cam/cam0/record", lambda m: m.json["active"], timeout=10)
    reschedule(node)
    assert wait_finished(client)["reason"] == "schedule"


def test_mistakes_are_named(tmp_path):
    path = tmp_path / "node.yaml"
    path.write_text("cameras: [{schedule: [{days: [monday], from: 6, to: 25:00}]}]")
    output = run("--check-config", "--config", path).stderr
    for text in ('days[0]: "monday"', 'from: "6"', 'to: "25:00"'):
        assert text in output


def test_a_timelapse_is_a_file_of_its_own(broker, make_node, make_client):
    node, client = begin(broker, make_node, make_client, timelapse={"every_s": 0.5, "fps": 10})
    client.wait("event", lambda m: m.json["event_type"] == "recording_started", timeout=15)
    wait_until(lambda: frames_of_part(node) >= 6, 20, "some pictures are on the disk")
    assert client.all("cam/cam0/record")[-1].json["state"] == "OFF"
    node.stop()
    event = wait_finished(client)
    assert event["label"] == "timelapse" and event["camera"] == "cam0"
    assert event["dropped"] == 0, "what lies between its pictures is left out on purpose"
    path = node.recordings / event["file"]
    assert event["file"].startswith("cam0-timelapse/")
    codes = codes_of_file(path)
    times = probe(path)[2]
    steps = sorted(b.frame - a.frame for a, b in zip(codes, codes[1:]))
    assert steps[0] > 0 and 10 <= steps[len(steps) // 2] <= 40, "a stall makes one long and the next short"
    assert all(abs(b - a - 0.1) < 0.001 for a, b in zip(times, times[1:]))


def frames_of_part(node):
    parts = list(node.recordings.glob("cam0-timelapse/**/*.part.mp4"))
    try:
        return len(probe(parts[0])[2]) if parts and parts[0].stat().st_size > 2000 else 0
    except AssertionError:
        return 0  # while a fragment is being written


def test_a_killed_timelapse_loses_no_picture(broker, make_node, make_client):
    node, client = begin(broker, make_node, make_client, timelapse={"every_s": 0.5, "fps": 25})
    wait_until(lambda: frames_of_part(node) >= 4, 20, "some pictures are on the disk")
    written = frames_of_part(node)
    node.kill()
    node.start()
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_recovered",
                        timeout=15).json
    assert len(codes_of_file(node.recordings / event["file"])) >= written
    assert event["camera"] == "cam0", "as in recording_started and recording_finished"
    for name in ("cam0", "cam0-timelapse"):
        listed = client.command("recordings/set", {"action": "list", "camera": name})["data"]["recordings"]
        assert [(i["file"], i["camera"]) for i in listed] == [(event["file"], "cam0")]
        assert [i["camera"] for i in node.get(f"/recordings/?format=json&camera={name}").json()["items"]] == ["cam0"]
    assert client.command("recordings/set", {"action": "delete", "file": event["file"]})["ok"]
    wait_until(lambda: [e["camera"] for e in events(client, "recording_deleted")] == ["cam0"], 10, "told")


def is_synced(folder):
    path = folder / "synced.yaml"
    path.write_text("cameras: [{id: cam0, source: pattern, schedule: [{from: '01:00', to: '02:00'}]}]")
    output = run("--check-config", "--config", path).stdout
    assert "cam0: its schedule waits until the clock is synchronised" in output
    return "as it is now" in output


def test_a_schedule_says_that_it_waits_for_the_clock(broker, make_node, make_client, tmp_path):
    if is_synced(tmp_path):
        pytest.skip("the clock of this machine is synchronised")
    node, client = begin(broker, make_node, make_client, schedule=[window(-5, 3600, "time_synced")])
    state = node.wait_state("cam/cam0/record", lambda record: record.get("error"))
    assert (state["state"], state["error"]) == (
        "OFF", "busy: the schedule waits for the clock to be synchronised")
    assert node.log.count("waits for the clock") == 1
    client.command("cam/cam0/record/set", {"state": "ON", "duration_s": 1})
    wait_finished(client)
    reschedule(node)
    node.wait_state("cam/cam0/record", lambda record: not record.get("error"))


def switch(client, word):
    assert client.command("cam/cam0/enabled/set", word)["ok"]


@only_once
def test_switching_the_camera_off_ends_what_a_command_wanted(broker, make_node, make_client):
    node, client = begin(broker, make_node, make_client, resume=True)
    assert client.command("cam/cam0/record/set", "ON")["ok"]
    client.wait("cam/cam0/record", lambda m: m.json["active"], timeout=10)
    switch(client, "OFF")
    assert wait_finished(client)["reason"] == "camera"
    switch(client, "ON")
    since = client.mark()
    reschedule(node, window(-60, 3600))
    client.wait("cam/cam0/record", lambda m: m.json["active"], timeout=10, since=since)
    end_window(node)
    assert wait_finished(client, count=2)["reason"] == "schedule", "the window ends"
    node.kill()
    since = client.mark()
    node.start()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10, since=since)
    client.wait("cam/cam0/record", timeout=10, since=since)
    assert all(m.json["state"] == "OFF" for m in client.all("cam/cam0/record", since))


@only_once
def test_a_camera_that_is_off_records_no_window(broker, make_node, make_client):
    node, client = begin(broker, make_node, make_client)
    switch(client, "OFF")
    since = client.mark()
    reschedule(node, window(2, 3600))
    node.wait_log("a window of the schedule begins", timeout=15)
    assert client.command("cam/cam0/record/set", "?")["code"] == "bad_value", "all that came of it is told"
    assert node.state()["cam/cam0/record"]["state"] == "OFF"
    assert all(m.json["state"] == "OFF" for m in client.all("cam/cam0/record", since))
    switch(client, "ON")
    client.wait("cam/cam0/record", lambda m: m.json["active"], since=since, timeout=10)
    switch(client, "OFF")
    assert wait_finished(client)["reason"] == "camera"
    since = client.mark()
    switch(client, "ON")
    client.wait("cam/cam0/record", lambda m: m.json["active"], since=since, timeout=5)
    assert not events(client, "recording_failed")


@only_once
def test_a_second_command_inside_a_window_counts(broker, make_node, make_client):
    node, client = begin(broker, make_node, make_client, schedule=[window(-60, 3600)])
    client.wait("cam/cam0/record", lambda m: m.json["active"], timeout=10)
    let_a_command_run_out(client)
    assert client.command("cam/cam0/record/set", "ON")["ok"]
    end_window(node)
    node.wait_log("a window of the schedule ends", timeout=20)
    assert client.command("cam/cam0/record/set", "OFF")["ok"]
    assert wait_finished(client)["reason"] == "command"
