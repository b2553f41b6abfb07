"""Recordings: whole, in order, on time; live view meanwhile; files over HTTP."""

import threading
import time

import pytest

from support.mjpeg import Viewer, longest_gap
from support.node import camera
from support.pattern import check_whole, code_of_jpeg, codes_of_file, probe
from support.stalls import stood_still
from support.wait import SLOWNESS, wait_until
from support.watch import Watch


def record(client, node, seconds, cam="cam0", **options):
    """Records and returns the path of the finished file and its event."""
    since = client.mark()
    client.publish(f"cam/{cam}/record/set", {"state": "ON", "duration_s": seconds, **options})
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_finished" and
                        m.json["camera"] == cam, timeout=seconds + 10, since=since).json
    return node.recordings / event["file"], event


@pytest.mark.parametrize("codec", ["h264", "mjpeg"])
def test_every_frame_once_and_on_time(client, node, codec):
    path, event = record(client, node, 3, format=codec)
    codes = check_whole(path, event)
    stream, container, times = probe(path)
    assert stream["codec_name"] == codec and stream["width"] == 320 and stream["height"] == 240
    assert abs(float(container["duration"]) - event["duration_s"]) < 0.05
    assert 85 <= len(codes) + event["dropped"] <= 95 and times[0] == 0
    assert path.name.startswith("cam0_") and path.suffix == ".mp4"
    assert not list(node.recordings.rglob("*.part.mp4"))


def test_h264_is_made_for_browsers(client, node):
    path, _ = record(client, node, 2)
    stream, _, _ = probe(path)
    assert stream["profile"] in ("Constrained Baseline", "Main")
    assert stream["pix_fmt"] in ("yuv420p", "yuvj420p") and stream["color_range"] == "pc"
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "the index stands in front"


def test_live_view_goes_on_while_recording(client, node):
    began = time.time()
    with Watch(node) as watch:
        client.publish("cam/cam0/record/set", {"state": "ON", "duration_s": 2})
        client.wait("cam/cam0/record", lambda m: m.json["active"])
        watch.wait(1.5)
    assert watch.lost() <= 15 * SLOWNESS + 30 * stood_still(began, time.time()) and watch.gap() < 1 * SLOWNESS
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_finished",
                        timeout=10).json
    check_whole(node.recordings / event["file"], event)


def test_two_cameras_record_at_once(broker, make_node, make_client):
    node = make_node(broker_port=broker.port, cameras=[camera(), camera(id="cam1", size="480x270")])
    client = make_client()
    for cam in ("cam0", "cam1"):
        client.wait(f"cam/{cam}/status", lambda m: m.text == "online", timeout=10)
    client.publish("record/set", {"state": "ON", "duration_s": 2})
    for cam, width in (("cam0", 320), ("cam1", 480)):
        event = client.wait("event", lambda m, cam=cam: m.json["camera"] == cam and
                            m.json["event_type"] == "recording_finished", timeout=15).json
        check_whole(node.recordings / event["file"], event)
        assert probe(node.recordings / event["file"])[0]["width"] == width


def test_sigterm_leaves_a_whole_file(client, node):
    client.publish("cam/cam0/record/set", "ON")
    started = client.wait("event", lambda m: m.json["event_type"] == "recording_started").json
    path = node.recordings / started["file"]
    wait_until(lambda: sum(f.stat().st_size for f in node.recordings.rglob("*.mp4")) > 20000, 10,
               "something is written")
    node.stop()
    files = list(node.recordings.rglob("*.mp4"))
    assert [f.name for f in files] == [path.name.replace(".part", "")]
    finished = client.wait("event", lambda m: m.json["event_type"] == "recording_finished").json
    check_whole(files[0], finished)
    assert finished["reason"] == "shutdown"
    client.wait_last("cam/cam0/record", lambda m: m.json["state"] == "OFF")


def test_kill_loses_at_most_a_second(client, node, soak):
    for _ in range(10 if soak else 2):
        since = client.mark()
        client.publish("cam/cam0/record/set", {"state": "ON", "label": "Päckchen"})
        started = client.wait("event", lambda m: m.json["event_type"] == "recording_started",
                              since=since).json
        with Viewer(node) as viewer:
            last = code_of_jpeg(viewer.parts(60)[-1].data)
        node.kill()
        since = client.mark()
        node.start()
        event = client.wait("event", lambda m: m.json["event_type"] == "recording_recovered",
                            timeout=10, since=since).json
        assert event["label"] == "Päckchen" and event["id"] == started["id"]
        assert "dropped" not in event, "nobody knows"
        listed = node.get("/recordings/?format=json&limit=1").json()["items"][0]
        assert (listed["file"], listed["label"]) == (event["file"], "Päckchen")
        codes = codes_of_file(node.recordings / event["file"])
        numbers = [code.frame for code in codes]
        assert numbers == sorted(set(numbers))
        assert last.frame - numbers[-1] <= 30 * SLOWNESS
        client.wait("cam/cam0/status", lambda m: m.text == "online", since=since, timeout=10)


def test_segments_lose_no_frame(broker, make_node, make_client):
    node = make_node(broker_port=broker.port, record={"segment_s": 2})
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    client.publish("cam/cam0/record/set", {"state": "ON", "duration_s": 7})

    def finished():
        return [m.json for m in client.all("event") if m.json["event_type"] == "recording_finished"]

    wait_until(lambda: any(e["reason"] == "duration" for e in finished()), 20, "the recording ends")
    numbers = []
    for event in sorted(finished(), key=lambda event: event["file"]):
        numbers += [code.frame for code in check_whole(node.recordings / event["file"], event)]
    assert len(finished()) >= 3
    between = numbers[-1] - numbers[0] + 1 - len(numbers) - sum(e["dropped"] for e in finished())
    assert between <= 0, "frames lost between segments; those behind the last are counted, too"


def test_armed_while_the_camera_is_away_and_begins_when_it_is_back(client):
    since = client.mark()
    client.command("cam/cam0/controls/set", {"Fault": "Disconnect"})
    client.wait("cam/cam0/status", lambda m: m.text == "offline", since=since, timeout=15)
    reply = client.command("cam/cam0/record/set", "ON")
    assert reply["ok"] and reply["data"]["state"] == "ON" and reply["data"]["active"] is False
    client.command("cam/cam0/controls/set", {"Fault": "None"})
    client.wait("cam/cam0/record", lambda m: m.json["active"], since=since, timeout=15)


def test_unwritable_folder_is_told(broker, make_node, make_client, tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    make_node(broker_port=broker.port, record={"dir": str(blocker / "recordings")})
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    reply = client.command("cam/cam0/record/set", "ON")
    state = client.wait("cam/cam0/record", lambda m: m.json.get("error")).json
    assert state["state"] == "OFF"
    assert not reply["ok"] or client.wait(
        "event", lambda m: m.json["event_type"] == "recording_failed").json["error"]
    assert client.command("cam/cam0/snapshot/set", "")["ok"], "the rest works"


def test_disk_below_the_reserve_is_no_space(broker, make_node, make_client):
    make_node(broker_port=broker.port, record={"min_free_mb": 100_000_000})
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    reply = client.command("cam/cam0/record/set", "ON")
    assert reply["code"] == "no_space" and "min_free_mb" in reply["message"]
    assert client.wait("cam/cam0/record", lambda m: m.json.get("error")).json["state"] == "OFF"


def test_listed_and_downloadable_with_range(client, node):
    path, event = record(client, node, 2)
    whole = path.read_bytes()
    listing = node.get("/recordings/", headers={"Accept": "application/json"}).json()
    assert [item["file"] for item in listing["items"]] == [event["file"]]
    url = f"/recordings/{event['file']}"
    assert event["file"].split("/")[-1] in node.get("/recordings/").text
    assert node.get(url).content == whole
    part = node.get(url, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206 and part.content == whole[100:200]
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    assert node.get(url, headers={"Range": "bytes=-50"}).content == whole[-50:]
    assert node.get(url, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    assert node.get("/recordings/cam0/nothing.mp4").status_code == 404
    assert node.get("/recordings/..%2f..%2fnode.yaml").status_code in (400, 404)


def test_many_downloads_do_not_disturb_a_viewer(client, node):
    _, event = record(client, node, 3, format="mjpeg")
    stop = threading.Event()

    def download():
        while not stop.is_set():
            node.get(f"/recordings/{event['file']}")

    threads = [threading.Thread(target=download) for _ in range(4)]
    with Viewer(node) as viewer:
        viewer.parts(5)
        for thread in threads:
            thread.start()
        try:
            parts = viewer.parts(60)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    assert longest_gap(parts) < 1 * SLOWNESS


def test_four_cameras_at_once(broker, make_node, make_client):
    names = [f"cam{i}" for i in range(4)]
    node = make_node(broker_port=broker.port,
                     cameras=[camera(id=name, size="256x144", fps=15) for name in names])
    client = make_client()
    for name in names:
        client.wait(f"cam/{name}/status", lambda m: m.text == "online", timeout=10)
    client.publish("record/set", {"state": "ON", "duration_s": 2})
    for name in names:
        event = client.wait("event", lambda m, name=name: m.json["camera"] == name and
                            m.json["event_type"] == "recording_finished", timeout=20).json
        check_whole(node.recordings / event["file"], event, fps=15)
        assert node.get(f"/cam/{name}/snapshot.jpg").ok
