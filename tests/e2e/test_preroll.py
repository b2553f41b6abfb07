"""Recordings that begin before their command, exact to a frame."""

import re
import time

import pytest

from support.node import camera, run
from support.pattern import check_whole, codes_of_file, probe
from support.stalls import stood_still
from support.wait import SLOWNESS, wait_until

PRE_ROLL_S = 2


@pytest.fixture
def node(broker, make_node):
    return make_node(broker_port=broker.port, cameras=[camera(record={"pre_roll_s": PRE_ROLL_S})])


@pytest.fixture
def client(node, make_client):
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    return client


def frames_encoded(node):
    """JPEGs that were made so far, from the metrics."""
    for line in node.get("/metrics").text.splitlines():
        if line.startswith("camnode_camera_encoded_frames_total"):
            return float(line.split()[-1])
    raise AssertionError("no such metric")


def owned_up(path, event):
    """The codes of a file in order; a busy machine may drop frames, and says so, also of those behind the last."""
    codes = codes_of_file(path)
    numbers = [code.frame for code in codes]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] - numbers[0] + 1 - len(numbers) <= event["dropped"]
    return codes


def length(event):
    """As it would be, had the busy machine dropped none."""
    return (event["frames"] + event["dropped"]) / 30


def slack():
    """How much a length may differ, s: of when the machine stood still there are no pictures."""
    now = time.time()
    return 0.3 * SLOWNESS + stood_still(now - 10, now)


def fill_ring(node, seconds=PRE_ROLL_S):
    first = frames_encoded(node)
    wait_until(lambda: frames_encoded(node) - first > (seconds + 0.5) * 30, 30, "the ring is full")


def record(client, node, seconds, timeout=20, **options):
    since = client.mark()
    client.publish("cam/cam0/record/set", {"state": "ON", "duration_s": seconds, **options})
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_finished",
                        timeout=seconds + timeout, since=since).json
    return node.recordings / event["file"], event


@pytest.mark.parametrize("codec", ["h264", "mjpeg"])
def test_the_seconds_before_are_there_to_the_frame(client, node, codec):
    for _ in range(3):  # a busy machine may drop a frame, and says so
        fill_ring(node)
        path, event = record(client, node, 2, format=codec)
        if event["dropped"] == 0:
            break
    codes = check_whole(path, event)
    assert event["reason"] == "duration", "one file: nothing changed at the seam"
    assert abs(len(codes) + event["dropped"] - (PRE_ROLL_S + 2) * 30) <= 2
    assert probe(path)[0]["codec_name"] == codec


def test_more_than_configured_is_cut_and_said(client, node):
    fill_ring(node)
    since = client.mark()
    reply = client.command("cam/cam0/record/set", {"state": "ON", "pre_roll_s": 10, "duration_s": 1})
    assert reply["ok"] and f"pre_roll_s is cut to {PRE_ROLL_S}" in reply["message"]
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_finished",
                        timeout=20, since=since).json
    assert abs(length(event) - PRE_ROLL_S - 1) < slack()


def test_less_than_configured_is_as_asked(client, node):
    fill_ring(node)
    path, event = record(client, node, 1, pre_roll_s=0.5)
    assert abs(length(event) - 1.5) < slack()
    owned_up(path, event)
    path, event = record(client, node, 1, pre_roll_s=0)
    assert abs(length(event) - 1) < slack()


@pytest.mark.parametrize("codec", ["h264", "mjpeg"])
def test_a_profile_with_another_rate_than_the_camera(broker, make_node, make_client, codec):
    """The ring reaches as far, and the seam fits, whatever the rate."""
    node = make_node(broker_port=broker.port, profiles={"fast": {"size": "320x240", "fps": 30}},
                     cameras=[camera(fps=5, profile="fast", record={"pre_roll_s": 5})])
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    fill_ring(node, 5)
    path, event = record(client, node, 1, format=codec)
    codes = owned_up(path, event)
    assert event["reason"] == "duration", "one file: nothing changed at the seam"
    assert abs(len(codes) + event["dropped"] - 6 * 30) <= 3


def test_nothing_of_before_the_node_began(broker, make_node, make_client):
    node = make_node(broker_port=broker.port, cameras=[camera(record={"pre_roll_s": 30})])
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    path, event = record(client, node, 1)
    codes = owned_up(path, event)
    assert codes[0].frame < 30


def test_check_config_tells_the_memory(tmp_path):
    path = tmp_path / "node.yaml"
    path.write_text("cameras: [{record: {pre_roll_s: 10}}, {id: b, record: {pre_roll_s: 30}}, {id: c}]")
    output = run("--check-config", "--config", path).stdout
    assert "cam0: a pre-roll of 10 s of 1280x720 at 30 fps takes about 47 MB, at most" in output
    assert "b: a pre-roll of 30 s" in output and "enough for about 14 s" in output
    assert "c:" not in output


def test_check_config_tells_the_memory_of_the_largest_profile(tmp_path):
    path = tmp_path / "node.yaml"
    path.write_text("profiles: {huge: {size: 1920x1080, fps: 60}}\n"
                    "cameras: [{size: 320x240, fps: 5, record: {pre_roll_s: 10}}]")
    output = run("--check-config", "--config", path).stdout
    assert "of 320x240 at 5 fps takes about 1 MB, with the profile \"huge\" (1920x1080 at 60 fps) " in output
    assert "at most pre_roll_mb (64): enough for about 3 s" in output


def dropped(node):
    """Frames that were lost so far, by where."""
    found = re.findall(r"^camnode_camera_dropped_(\w+)_total\S* (\S+)$", node.get("/metrics").text, re.M)
    return {where: float(count) for where, count in found}


@pytest.mark.skipif(SLOWNESS > 1, reason="takes long; the unit test has the same for memory and threads")
def test_encoding_slower_than_the_camera_loses_nothing(broker, make_node, make_client):
    """What is in memory at the command goes into the file, however long that takes."""
    seconds = 8
    node = make_node(broker_port=broker.port,
                     cameras=[camera(size="640x480", h264={"preset": "medium"},
                                     record={"pre_roll_s": seconds, "pre_roll_mb": 200})])
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    fill_ring(node, seconds)
    before = dropped(node)
    path, event = record(client, node, 2, format="h264", timeout=240)
    numbers = [code.frame for code in owned_up(path, event)]
    assert abs(len(numbers) + event["dropped"] - (seconds + 2) * 30) <= 3
    in_memory = [n for n in numbers if n < numbers[0] + (seconds - 0.5) * 30]
    assert in_memory[-1] - in_memory[0] + 1 - len(in_memory) <= sum(before.values())
    assert len(in_memory) + sum(before.values()) > (seconds - 1) * 30
