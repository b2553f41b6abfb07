"""The library: listed, found, labelled, protected and deleted, over MQTT and HTTP."""

import os
import re
import shutil
import subprocess

import pytest
import requests

from support.node import camera, run
from support.pattern import code_of_jpeg, codes_of_file, probe
from support.wait import PATIENCE, wait_until


def record(client, seconds=1, cam="cam0", **options):
    """Records and returns the event of the finished file."""
    since = client.mark()
    client.publish(f"cam/{cam}/record/set", {"state": "ON", "duration_s": seconds, **options})
    return client.wait("event", lambda m: m.json["event_type"] == "recording_finished" and
                       m.json["camera"] == cam, timeout=seconds + 10, since=since).json


def library(client, action, file=None, **options):
    return client.command("recordings/set", {"action": action, **({"file": file} if file else {}),
                                             **options})


def files(client, **options):
    return [item["file"] for item in library(client, "list", **options)["data"]["recordings"]]


def test_list_label_protect_delete(client, node):
    first, second = record(client, label="Front door"), record(client)
    wait_until(lambda: all(item.get("width") for item in
                           library(client, "list")["data"]["recordings"]), 10, "all is known")
    data = library(client, "list")["data"]
    assert data["total"] == 2 and data["recordings"][1]["label"] == "Front door"
    newest = data["recordings"][0]
    assert (newest["file"], newest["camera"], newest["format"]) == (second["file"], "cam0", "h264")
    assert (newest["width"], newest["height"], newest["frames"]) == (320, 240, second["frames"])
    assert newest["bytes"] == second["bytes"] and not newest["protected"]
    assert files(client, label="Front door") == [first["file"]]
    assert files(client, limit=1, offset=1) == [first["file"]]
    day = first["file"].split("/", 1)[1].rsplit("/", 1)[0].replace("/", "-")
    assert len(files(client, day=day)) == 2 and files(client, day="2001-01-01") == []
    assert files(client, camera="other") == []

    assert library(client, "protect", second["file"])["data"]["protected"] is True
    refused = library(client, "delete", second["file"])
    assert refused["code"] == "bad_value" and "protected" in refused["message"]
    assert library(client, "label", second["file"], label="Cat")["data"]["label"] == "Cat"
    node.stop()
    since = client.mark()
    node.start()
    item = wait_until(lambda: next((i for i in node.get("/recordings/?format=json").json()["items"]
                                    if i["file"] == second["file"]), None), 10, "listed again")
    told = node.get("/recordings/?format=json").text + node.get(f"/recordings/days?month={day[:7]}").text
    assert not re.search(r"\.\d{4}", re.sub('"[^"]*"', "", told)), "numbers as the event has them: 0.36"
    assert item["protected"] and item["label"] == "Cat" and item["frames"] == second["frames"]

    client.wait("status", lambda m: m.text == "online", since=since, timeout=10)
    assert library(client, "unprotect", second["file"])["ok"]
    assert library(client, "delete", second["file"])["ok"]
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_deleted", since=since)
    assert event.json["file"] == second["file"] and event.json["reason"] == "command"
    assert not (node.recordings / second["file"]).exists()
    assert node.get(f"/recordings/{second['file']}").status_code == 404


def test_what_is_unknown_or_being_written_is_refused(client, node):
    for name in ("cam0/2026/01/01/cam0_20260101_000000.mp4", "../../../etc/passwd", "/etc/passwd"):
        assert library(client, "delete", name)["code"] == "bad_value"
    client.publish("cam/cam0/record/set", "ON")
    started = client.wait("event", lambda m: m.json["event_type"] == "recording_started").json
    for name in (started["file"], started["file"].replace(".part", "")):
        assert library(client, "delete", name)["code"] == "busy"
        answer = node.get(f"/recordings/{name}")
        assert (answer.status_code, answer.text.strip()) == (409, "the recording is still being written")
    assert (node.recordings / started["file"]).exists()


def test_deleted_over_http(client, node):
    event = record(client)
    url = f"{node.url}/recordings/{event['file']}"
    assert requests.delete(url, headers={"Origin": "http://evil.example"}, timeout=10 * PATIENCE).status_code == 403
    library(client, "protect", event["file"])
    assert requests.delete(url, timeout=10 * PATIENCE).status_code == 409
    library(client, "unprotect", event["file"])
    assert requests.delete(url, timeout=10 * PATIENCE).json()["data"]["file"] == event["file"]
    assert requests.delete(url, timeout=10 * PATIENCE).status_code == 404
    for bad in ("x.mp4", "..%2f..%2fnode.yaml", "cam0/%2e%2e/%2e%2e/node.yaml", "a%22b", "a%ff"):
        assert requests.delete(f"{node.url}/recordings/{bad}", timeout=10 * PATIENCE).status_code == 404
    assert node.path.exists()
    since = client.mark()
    client.publish("cam/cam0/record/set", "ON")
    started = client.wait("event", lambda m: m.json["event_type"] == "recording_started",
                          since=since).json["file"]
    assert requests.delete(f"{node.url}/recordings/{started}", timeout=10 * PATIENCE).status_code == 409


def test_the_list_by_http_keeps_its_filter(client, node):
    for _ in range(2):
        library(client, "label", record(client)["file"], label="a & b")
    url = f"{node.url}/recordings/"
    day = "-".join(files(client)[0].split("/")[1:4])
    assert requests.get(url, params={"day": "xx"}, timeout=10 * PATIENCE).status_code == 400
    assert requests.get(url, params={"day": day}, timeout=10 * PATIENCE).status_code == 200
    page = requests.get(url, params={"label": "a & b", "limit": 1},
                        headers={"Accept": "text/html"}, timeout=10 * PATIENCE).text
    assert "label=a%20%26%20b\">older</a>" in page


def test_a_viewer_may_not_delete(make_node):
    secret = run("--hash-password", text="secret\n").stdout.strip()
    node = make_node(mqtt={"enabled": False},
                     http={"users": [{"name": "eve", "role": "viewer", "hash": secret}]})
    answer = requests.delete(f"{node.url}/recordings/x.mp4", auth=("eve", "secret"), timeout=20)
    assert answer.status_code == 403
    assert node.get("/recordings/x.mp4", auth=("eve", "secret")).status_code == 404


def test_a_download_outlives_the_deletion(client, node):
    event = record(client, 2)
    whole = (node.recordings / event["file"]).read_bytes()
    answer = node.get(f"/recordings/{event['file']}", stream=True)
    parts = answer.iter_content(1000)
    begin = next(parts)
    assert library(client, "delete", event["file"])["ok"]
    assert begin + b"".join(parts) == whole


def test_what_others_remove_and_add_is_noticed(client, node):
    gone, kept = record(client), record(client)
    node.wait_log("recordings found", count=2)  # the folder is new, and was looked through again
    since = client.mark()
    (node.recordings / gone["file"]).unlink()
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_deleted", since=since, timeout=15)
    assert (event.json["file"], event.json["reason"]) == (gone["file"], "missing")
    assert files(client) == [kept["file"]]
    brought = "cam0/2025/03/04/cam0_20250304_050607.mp4"
    (node.recordings / brought).parent.mkdir(parents=True)
    shutil.copy(node.recordings / kept["file"], node.recordings / brought)
    wait_until(lambda: files(client) == [kept["file"], brought], 20, "it is listed")
    wait_until(lambda: library(client, "list", day="2025-03-04")["data"]["recordings"][0].get("frames") ==
               kept["frames"], 10, "it is known")
    shutil.rmtree(node.recordings / "cam0/2025")
    wait_until(lambda: files(client) == [kept["file"]], 15, "the folder is gone")


def test_the_start_is_known_under_any_clock(client, node):
    """Of finished, exported and recovered files, with the notes or without them."""
    whole = record(client, format="mjpeg")
    since = client.mark()
    library(client, "export", whole["file"])
    export = client.wait("event", lambda m: m.json["event_type"] == "recording_exported",
                         since=since, timeout=30).json
    client.publish("cam/cam0/record/set", "ON")
    cut = node.wait_state("cam/cam0/record", lambda state: state["active"] and state.get("started_at"))
    wait_until(lambda: (node.recordings / cut["file"]).stat().st_size > 5000, 10, "some is written")
    starts = {cut["file"].replace(".part", ""): cut["started_at"], whole["file"]: whole["started_at"],
              export["file"]: whole["started_at"]}
    node.kill()
    for zone in ("Asia/Tokyo", "America/New_York"):
        node.start(env={"TZ": zone})
        listed = wait_until(lambda: [i for i in [
            node.get("/recordings/?format=json").json()["items"]] if len(i) == 3 and all(
                item.get("frames") for item in i)], 15, "all are known")[0]
        assert {item["file"]: item["started_at"] for item in listed} == starts
        assert listed[0]["file"] == cut["file"].replace(".part", ""), "newest first"
        node.stop()
        for notes in node.recordings.rglob(".recordings.json"):
            notes.unlink()


def test_an_mjpeg_recording_is_exported(client, node):
    event = record(client, 2, format="mjpeg", label="Parcel")
    since = client.mark()
    reply = library(client, "export", event["file"])
    assert reply["ok"] and reply["data"]["file"] == event["file"]
    exported = client.wait("event", lambda m: m.json["event_type"] == "recording_exported", since=since,
                           timeout=30).json
    assert exported["source"] == event["file"] and exported["file"] == event["file"].replace(".mp4", "_2.mp4")
    assert (exported["format"], exported["label"], exported["frames"]) == ("h264", "Parcel", event["frames"])
    stream, _, times = probe(node.recordings / exported["file"])
    assert stream["codec_name"] == "h264" and len(times) == event["frames"]
    assert probe(node.recordings / event["file"])[2] == pytest.approx(times, abs=0.001), "each at its time"
    codes = codes_of_file(node.recordings / event["file"])
    assert codes_of_file(node.recordings / exported["file"]) == codes
    item = wait_until(lambda: next((i for i in library(client, "list")["data"]["recordings"]
                                    if i["file"] == exported["file"] and "width" in i), None), 10, "it is listed")
    assert (item["label"], item["format"], item["bytes"]) == ("Parcel", "h264", exported["bytes"])
    assert not list(node.recordings.glob(".export*"))
    again = library(client, "export", event["file"])
    assert again["ok"] and again["data"]["already"] and again["data"]["file"] == exported["file"]
    assert library(client, "delete", exported["file"])["ok"]
    since = client.mark()
    foreign = node.recordings / exported["file"]
    foreign.write_bytes(b"not listed yet")
    assert "already" not in library(client, "export", event["file"])["data"]
    third = client.wait("event", lambda m: m.json["event_type"] == "recording_exported", since=since, timeout=30)
    assert third.json["file"] == event["file"].replace(".mp4", "_3.mp4"), "nothing is written over"
    assert foreign.read_bytes() == b"not listed yet"


def test_what_cannot_be_exported_is_refused(client, node):
    event = record(client)
    assert "only mjpeg" in library(client, "export", event["file"])["message"]
    for name in ("cam0/2026/01/01/cam0_20260101_000000.mp4", "../../etc/passwd"):
        assert library(client, "export", name)["code"] == "bad_value"
    assert library(client, "export")["code"] == "bad_value"
    assert len(files(client)) == 1


def test_a_node_that_ends_leaves_no_half_export_and_says_so(client, node):
    event = record(client, 2, format="mjpeg")
    node.stop()
    source, long = node.recordings / event["file"], event["file"].replace(".mp4", "_2.mp4")
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-stream_loop", "150", "-i", source, "-c", "copy",
                    node.recordings / long], check=True)  # longer than any pause between here and the stop
    sources = [long, event["file"]]
    since = client.mark()
    node.start()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10, since=since)
    wait_until(lambda: sorted(files(client)) == sorted(sources), 20, "both are listed")
    for file in sources:
        assert "already" not in library(client, "export", file)["data"]
    again = library(client, "export", sources[-1])
    assert again["data"]["already"] and again["data"]["file"] == sources[-1], "it waits once"
    node.stop()
    told = [client.wait("event", lambda m, file=file: m.json.get("source") == file, since=since, timeout=10).json
            for file in sources]
    for event in told:
        assert event["event_type"] == "export_failed" and event["error"] == "the node is stopping"
        assert event["camera"] == "cam0"
    assert not list(node.recordings.glob(".export*"))
    for name in (".export.mp4", ".export.mp4.tmp"):
        (node.recordings / name).write_bytes(b"left by a crash")
    node.start()
    wait_until(lambda: not list(node.recordings.glob(".export*")), 10, "it is taken away")


def test_limits_delete_the_oldest_and_say_why(broker, make_node, make_client):
    node = make_node(broker_port=broker.port, record={"max_gb": 1e-6, "segment_s": 2},
                     cameras=[camera()])
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    event = record(client)
    deleted = client.wait("event", lambda m: m.json["event_type"] == "recording_deleted",
                          timeout=15).json
    assert deleted["file"] == event["file"] and deleted["reason"] == "size"
    assert not list(node.recordings.rglob("*.mp4"))


def test_what_is_protected_does_not_cost_the_next_recording(broker, make_node, make_client):
    """Nor does a damaged file, which claims any size."""
    garbage = "cam0/2025/03/04/cam0_20250304_050607.mp4"
    node = make_node(start=False, broker_port=broker.port, cameras=[camera(size="640x480")])
    (node.recordings / garbage).parent.mkdir(parents=True)
    with open(node.recordings / garbage, "wb") as file:
        file.truncate(5_000_000_000)
    node.start()
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    kept = record(client, 3, format="mjpeg")
    assert kept["bytes"] > 1_000_000
    assert library(client, "protect", kept["file"])["ok"]
    node.stop()
    node.config["record"]["max_gb"] = 0.001
    since = client.mark()
    node.start()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10, since=since)
    fresh = record(client, 1)
    since = client.mark()
    library(client, "unprotect", kept["file"])
    deleted = client.wait("event", lambda m: m.json["event_type"] == "recording_deleted",
                          since=since, timeout=15).json
    assert deleted["file"] == kept["file"], "the limit holds for the others"
    assert fresh["file"] in files(client) and garbage in files(client)
    assert [m.json["file"] for m in client.all("event")
            if m.json["event_type"] == "recording_deleted"] == [kept["file"]]


def test_no_empty_folder_stays(client, node):
    first, second = record(client), record(client)
    strange = node.recordings / "cam0/2025/03/04/cam0_20250304_050607.mp4"
    strange.parent.mkdir(parents=True)
    shutil.copy(node.recordings / first["file"], strange)
    (strange.parent.parent / "of others.txt").write_text("kept")
    wait_until(lambda: len(files(client)) == 3, 20, "it is listed")
    day = (node.recordings / first["file"]).parent
    assert library(client, "delete", first["file"])["ok"] and day.is_dir()
    assert library(client, "delete", second["file"])["ok"]
    assert not day.parent.parent.exists() and (node.recordings / "cam0").is_dir()
    assert library(client, "delete", str(strange.relative_to(node.recordings)))["ok"]
    assert not strange.parent.exists() and (strange.parent.parent / "of others.txt").exists()
    assert record(client)["frames"] > 0


def test_a_linked_folder_of_a_camera_is_refused(client, node, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    node.recordings.mkdir(exist_ok=True)
    (node.recordings / "cam0").symlink_to(other)
    reply = client.command("cam/cam0/record/set", "ON")
    assert reply["code"] == "internal" and "cam0 is a symbolic link" in reply["message"]
    assert "cam0 is a symbolic link" in node.state()["cam/cam0/record"]["error"]
    assert not list(other.iterdir())


def test_a_corrupt_file_is_shown_and_kept(client, node):
    record(client)
    broken = node.recordings / "cam0/2020/01/01/cam0_20200101_000000.mp4"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(os.urandom(100_000))
    (broken.parent / "holiday.mp4").write_bytes(b"somebody else's")
    node.stop()
    node.start()
    items = wait_until(lambda: [i for i in node.get("/recordings/?format=json").json()["items"]
                                if i["damaged"]], 10, "damage is shown")
    assert items[0]["file"] == "cam0/2020/01/01/cam0_20200101_000000.mp4"
    assert node.get("/recordings/?format=json").json()["total"] == 2
    assert broken.exists() and (broken.parent / "holiday.mp4").exists()


@pytest.mark.parametrize("codec", ["h264", "mjpeg"])
def test_thumbnail_is_the_first_picture(client, node, codec):
    event = record(client, format=codec)
    path = f"/recordings/{event['file']}/thumbnail.jpg"
    answer = node.get(path)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "image/jpeg"
    first = codes_of_file(node.recordings / event["file"])[0]
    assert code_of_jpeg(answer.content).frame == first.frame
    assert node.get(path).content == answer.content
    for bad in ("/recordings/none.mp4/thumbnail.jpg", "/recordings/x/thumbnail.jpg",
                f"/recordings/{'x' * 400}/thumbnail.jpg", "/recordings/%2e%2e/thumbnail.jpg"):
        assert node.get(bad).status_code == 404


def test_many_recordings_are_found_again_in_bounded_time(client, node, soak):
    """A day's notes spare reading each file; without them the list is there at once, too."""
    event = record(client)
    node.stop()
    source = node.recordings / event["file"]
    count = 10_000 if soak else 300
    for i in range(count):
        day = node.recordings / f"cam0/2021/{i // 2800 + 1:02}/{i // 100 % 28 + 1:02}"
        day.mkdir(parents=True, exist_ok=True)
        name = f"cam0_{day.parts[-3]}{day.parts[-2]}{day.parts[-1]}_{i % 100:06}"
        os.link(source, day / f"{name[:-6]}{i % 100 // 60:04}{i % 60:02}.mp4")
    node.start()
    wait_until(lambda: node.get("/recordings/?format=json&limit=1").json()["total"] > count * 0.9,
               20, "all are listed")
    node.stop()  # it may still be writing notes
    shutil.rmtree(node.recordings / "cam0/2021")
