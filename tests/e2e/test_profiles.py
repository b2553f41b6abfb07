"""Profiles: a running camera changes size, rate and quality, and nobody who watches or records is
sent away."""

import subprocess
import time

import pytest

from support.mjpeg import Viewer, jpeg_size
from support.node import camera, run
from support.pattern import code_of_jpeg, codes_of_file, probe
from support.wait import SLOWNESS, wait_until
from support.watch import Watch

PROFILE = "cam/cam0/profile"
SWITCH_S = 3  # from the command to the first picture of the new size; 0.1 on an idle machine


def choose(client, name, camera_id="cam0"):
    reply = client.command(f"cam/{camera_id}/profile/set", name)
    assert reply["ok"], reply
    return reply["data"]["profile"]


def wait_size(watch, size, since):
    """The last part before the first of this size, and that one."""
    first = wait_until(lambda: next((i for i in range(since, len(watch.parts)) if jpeg_size(watch.parts[i].data) == size),
                                    None), 10, f"a picture of {size}")
    return watch.parts[first - 1:first + 1]


def read_until(viewer, moment):
    """Parts up to the first that was taken later."""
    while viewer.parts(1)[0].timestamp < moment:
        pass


def elapsed_ms(before, after):
    return (code_of_jpeg(after.data).time_ms - code_of_jpeg(before.data).time_ms) % (1 << 24)


def test_the_camera_begins_with_its_own_settings(client, node):
    assert client.wait(PROFILE).text == "custom"
    info = client.wait("info", lambda m: m.json["cameras"][0].get("width")).json
    assert info["cameras"][0]["profiles"] == ["high", "medium", "custom", "low"]
    stats = client.wait("cam/cam0/stats", lambda m: "profile" in m.json).json
    assert stats["profile"] == "custom" and stats["pinned"] is False


def test_switches_under_a_viewer(client, node):
    with Watch(node) as watch:
        assert jpeg_size(watch.parts[0].data) == (320, 240)
        for name, size in (("medium", (640, 480)), ("high", (1280, 720)), ("custom", (320, 240))):
            since, seen = client.mark(), len(watch.parts)
            began = time.time()
            assert choose(client, name) == name
            before, after = wait_size(watch, size, seen)
            assert after.timestamp - began < SWITCH_S * SLOWNESS
            assert code_of_jpeg(after.data), "a picture of the camera, no placeholder"
            assert client.wait(PROFILE, since=since).text == name
            event = client.wait("event", lambda m: m.json["event_type"] == "profile_changed",
                                since=since).json
            assert (event["profile"], event["reason"]) == (name, "command")
            assert elapsed_ms(before, after) < 1000 * SWITCH_S * SLOWNESS
        client.wait("info", lambda m: m.json["cameras"][0]["width"] == 320, since=since)
    assert "camera is away" not in node.log
    assert [m.text for m in client.all("cam/cam0/status")][-1] == "online"
    assert "offline" not in [m.text for m in client.all("cam/cam0/status", since=since)]


def test_quality_alone_does_not_touch_the_source(broker, make_node, make_client):
    profiles = {"plain": {"size": "320x240", "fps": 10, "quality": 5},
                "fine": {"size": "320x240", "fps": 30, "quality": 95}}
    node = make_node(broker_port=broker.port, profiles=profiles)
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    with Viewer(node) as viewer:
        first = code_of_jpeg(viewer.parts(1)[0].data)
        choose(client, "plain")
        client.wait("cam/cam0/stats", lambda m: m.json["profile"] == "plain" and m.json["quality"] == 5)
        read_until(viewer, time.time())  # what was on its way
        thin = viewer.parts(10)
        # One that comes late for a dropped one has its next one sooner (media/pace.h).
        assert elapsed_ms(thin[0], thin[-1]) >= 770, "ten pictures at 10 fps"
        choose(client, "fine")
        fine = wait_until(lambda: next((p for p in viewer.parts(1) if len(p.data) > 2 * len(thin[0].data)),
                                       None), 10, "a finer picture")
        # The source was never opened again: its numbers go on.
        assert code_of_jpeg(fine.data).frame > code_of_jpeg(thin[-1].data).frame > first.frame
    assert node.log.count("Test pattern, 320x240") == 1


@pytest.mark.parametrize("codec", ["h264", "mjpeg"])
def test_a_recording_goes_on_in_a_new_file(client, node, codec):
    def finished():
        return [m.json for m in client.all("event")
                if m.json["event_type"] == "recording_finished"]

    client.command("cam/cam0/record/set", {"state": "ON", "format": codec})
    client.wait("cam/cam0/record", lambda m: m.json["active"])
    for count, name in enumerate(("medium", "low"), 1):
        choose(client, name)
        wait_until(lambda: len(finished()) == count, 20, "the file of before is finished")
        wait_until(lambda: sum(part.stat().st_size for part in node.recordings.rglob("*.part.mp4")) > 20_000,
                   10, "the next one grows")
    client.command("cam/cam0/record/set", "OFF")
    events = wait_until(lambda: len(finished()) >= 3 and finished(), 20, "three files")
    assert [event["reason"] for event in events] == ["camera", "camera", "command"]
    codes = [codes_of_file(node.recordings / event["file"]) for event in events]
    for event, file_codes in zip(events, codes):
        numbers = [code.frame for code in file_codes]
        assert len(numbers) == event["frames"] and numbers == sorted(set(numbers))
        assert numbers[-1] - numbers[0] + 1 <= event["frames"] + event["dropped"]
    sizes = [probe(node.recordings / event["file"])[0]["width"] for event in events]
    assert sizes == [320, 640, 320]
    for before, after in zip(codes, codes[1:]):
        assert (after[0].time_ms - before[-1].time_ms) % (1 << 24) < 1000 * SWITCH_S * SLOWNESS


def test_an_unknown_profile_is_refused_with_the_names(client):
    reply = client.command("cam/cam0/profile/set", "ultra")
    assert not reply["ok"] and reply["code"] == "bad_value"
    assert "high, medium, custom, low" in reply["message"]
    assert client.wait(PROFILE).text == "custom"


def test_a_list_that_does_not_fit_says_so(broker, make_node, make_client):
    names = [f"a_profile_with_a_long_name_{number}" for number in range(8)]
    make_node(broker_port=broker.port, profiles={name: {"fps": 5} for name in names})
    client = make_client()
    client.wait("status", lambda m: m.text == "online", timeout=10)
    message = client.command(f"{PROFILE}/set", "night")["message"]
    assert message.endswith(" …") and len(message.encode()) < 160, message
    offered = message.removesuffix(", …").split("there are ")[1].split(", ")
    assert len(offered) > 2 and set(offered) <= {*names, "high", "medium", "low", "custom"}, "whole names"


def test_a_recording_keeps_its_profile_and_the_reply_says_so(client):
    since = client.mark()
    assert client.command("cam/cam0/record/set", {"state": "ON", "profile": "low"})["ok"]
    client.wait(PROFILE, lambda m: m.text == "low", since=since)
    reply = client.command(f"{PROFILE}/set", "medium")
    assert reply["ok"] and reply["data"] == {"profile": "low"}
    assert reply["message"] == "the recording keeps its profile low; medium comes when it ends"
    assert "message" not in client.command(f"{PROFILE}/set", "low"), "that one holds already"
    assert "own choice comes when it ends" in client.command(f"{PROFILE}/set", "AUTO")["message"]
    assert client.command(f"{PROFILE}/set", "medium")["ok"]
    since = client.mark()
    assert client.command("cam/cam0/record/set", "OFF")["ok"]
    client.wait(PROFILE, lambda m: m.text == "medium", since=since)
    assert "message" not in client.command(f"{PROFILE}/set", "AUTO")


def test_by_hand_outlives_a_restart_until_auto(broker, make_node, make_client):
    node = make_node(broker_port=broker.port, cameras=[camera(profile="low")])
    client = make_client()
    client.wait(PROFILE, lambda m: m.text == "low", timeout=10)
    choose(client, "medium")
    client.wait("cam/cam0/stats", lambda m: m.json.get("profile") == "medium" and m.json["pinned"])
    node.stop()
    node.start()
    assert node.wait_state("cam/cam0/stats", lambda s: s.get("width") == 640)["pinned"]
    assert node.state()[PROFILE] == "medium"
    assert node.post("/api/v1/set/cam/cam0/profile/set", "AUTO").json()["data"]["profile"] == "low"
    node.stop()
    node.start()
    assert not node.wait_state("cam/cam0/stats", lambda s: s.get("width") == 320)["pinned"]
    assert node.state()[PROFILE] == "low"


def test_every_camera_at_once(broker, make_node, make_client):
    make_node(broker_port=broker.port, cameras=[camera(), camera(id="cam1")])
    client = make_client()
    for name in ("cam0", "cam1"):
        client.wait(f"cam/{name}/status", lambda m: m.text == "online", timeout=10)
    reply = client.command("profile/set", {"profile": "medium", "id": "all"})
    assert reply["ok"] and reply["data"] == {"cam0": {"profile": "medium"}, "cam1": {"profile": "medium"}}


def test_while_the_camera_is_away(client):
    since = client.mark()
    client.command("cam/cam0/controls/set", {"Fault": "Disconnect"})
    client.wait("cam/cam0/status", lambda m: m.text == "offline", timeout=10, since=since)
    choose(client, "medium")
    client.command("cam/cam0/controls/set", {"Fault": "None"})
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=20, since=since)
    client.wait("info", lambda m: m.json["cameras"][0].get("width") == 640, timeout=20)


def test_an_mjpeg_camera_thins_its_rate(broker, make_node, make_client, tmp_path):
    """It keeps its own pictures: a size it has not is the nearest it has, quality is unknown."""
    clip = tmp_path / "clip.mkv"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=640x480:rate=30",
                    "-t", "2", "-c:v", "mjpeg", "-q:v", "3", str(clip)], check=True, timeout=60)
    node = make_node(broker_port=broker.port, cameras=[camera(source=f"replay:{clip}")])
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    with Viewer(node) as viewer:
        viewer.parts(1)
        choose(client, "low")
        stats = client.wait("cam/cam0/stats", lambda m: m.json["profile"] == "low").json
        assert stats["quality"] is None and stats["width"] == 640
        read_until(viewer, time.time())
        parts = viewer.parts(15)
        assert parts[-1].timestamp - parts[0].timestamp > 0.8, "15 pictures at 15 fps"


def test_mistakes_are_named_with_their_line(tmp_path):
    path = tmp_path / "node.yaml"
    path.write_text("profiles:\n  low: {fps: 0}\ncameras:\n  - profile: lowest\n")
    result = run("--check-config", "--config", path)
    assert result.returncode != 0
    assert ":2:14: profiles.low.fps" in result.stdout + result.stderr
    assert ":4:14: cameras[0].profile: there is no profile \"lowest\"" in result.stdout + result.stderr
