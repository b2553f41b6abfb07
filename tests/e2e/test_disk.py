"""Disks that fail during a recording: live view goes on, it is told, and recording comes back."""

import shutil
import signal
import socket
import time
from datetime import datetime
from pathlib import Path

import pytest

from support.disk import Shim, make_disk
from support.node import camera
from support.pattern import codes_of_file
from support.wait import PATIENCE, SLOWNESS, wait_until
from support.watch import Watch

pytestmark = pytest.mark.skipif(SLOWNESS > 1, reason="disks are slow in the slow builds' way")

FPS = 30
WORST_GAP_S = 0.5  # for the live view; 0.05 is usual, busy machines need room


@pytest.fixture
def make_disks(tmp_path):
    disks = []

    def make(kind, size_mb):
        disks.append(make_disk(tmp_path / f"disk{len(disks)}", kind, size_mb))
        return disks[-1]

    yield make
    for disk in disks:
        disk.close()


@pytest.fixture
def make_recorder(broker, make_node, make_client):
    """A node that records to `folder`, with a client that hears it."""
    def make(folder, env=None, **record):
        node = make_node(start=False, broker_port=broker.port,
                         record={"dir": str(folder), **record})
        node.start(env=env)
        client = make_client()
        client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
        return node, client
    return make


def is_down(message):
    state = message.json
    return state["state"] == "ON" and not state["active"] and state.get("error")


def is_up(message):
    return message.json["active"] and not message.json.get("error")


class Fault:
    """A recording that a fault hits, and what was seen of it."""

    def __init__(self, node, client, **command):
        self.node, self.client = node, client
        client.publish("cam/cam0/record/set", {"state": "ON", **command})
        client.wait("cam/cam0/record", is_up)
        self.watch = Watch(node).__enter__()
        self.watch.wait(1.5)

    def begin(self, action):
        self.began = time.monotonic()
        since = self.client.mark()
        action()
        self.down = message = self.client.wait("cam/cam0/record", is_down, since=since, timeout=8)
        self.told_s = self.watch.took(self.began, message.time)
        self.error = message.json["error"]
        self.client.wait("event", lambda m: m.json["event_type"] == "recording_failed",
                         since=since)
        return self

    def end(self, action=None):
        """None: it ends by itself, perhaps before anybody looks."""
        self.ended = time.monotonic() if action else self.down.time
        since = self.client.mark() if action else self.client.messages.index(self.down)
        if action:
            action()
        self.up = self.client.wait("cam/cam0/record", is_up, since=since, timeout=15)
        self.resumed_s = self.watch.took(self.ended, self.up.time)
        self.watch.wait(1)
        return self

    def finish(self, name, most_lost_s=1.0, plays=True):
        """Ends the recording; all its files must play. Prints what was seen."""
        self.watch.__exit__()
        since = self.client.mark()
        self.client.publish("cam/cam0/record/set", "OFF")
        self.client.wait("cam/cam0/record", lambda m: not m.json["finishing"] and
                         m.json["state"] == "OFF", since=since, timeout=15)
        wait_until(lambda: not any(".part." in str(path) for path in self.files()), 20,
                   "what was kept is finished now that there is room")
        gap = self.watch.gap(self.began, self.up.time)
        numbers = sorted(set(self.numbers())) if plays else []
        shown, healed = self.watch.frame(self.began), self.watch.frame(self.ended)
        lost = (shown - max((n for n in numbers if n <= shown), default=shown)) / FPS
        again = min((n for n in numbers if n > healed), default=None)
        print(f"FAULT {name} | told {self.told_s:.2f} s | back {self.resumed_s:.2f} s | "
              f"lost before {lost:.2f} s | worst gap {gap:.3f} s | {self.node.rss_kb() // 1024} MB "
              f"| {self.error}")
        assert self.told_s < 2.5 and self.resumed_s < 5
        assert gap < WORST_GAP_S
        if plays:
            assert lost <= most_lost_s and again is not None
        return numbers

    def files(self):
        return sorted(self.node.recordings.rglob("*.mp4"))

    def numbers(self):
        files = self.files()
        assert len(files) >= 2, "recording goes on in a new file"
        return [code.frame for path in files for code in codes_of_file(path)]


def fill_up(ballast, left=0):
    """Until so many bytes are left at most: others write too."""
    with open(ballast, "wb", buffering=0) as file:
        try:
            while shutil.disk_usage(ballast.parent).free > left:
                file.write(bytes(4096))
        except OSError:
            pass


def test_full(make_disks, make_recorder):
    disk = make_disks("tmpfs", 16)
    ballast = disk.path / "ballast"
    fault = Fault(*make_recorder(disk.path / "recordings", min_free_mb=1)).begin(
        lambda: fill_up(ballast, 500_000))
    assert fault.error.startswith("no_space")
    fault.end(ballast.unlink).finish("full (16 MB tmpfs)")


def test_full_to_the_last_byte(make_disks, make_recorder):
    disk = make_disks("tmpfs", 16)
    ballast = disk.path / "ballast"

    fault = Fault(*make_recorder(disk.path / "recordings", min_free_mb=0)).begin(
        lambda: fill_up(ballast))
    fault.end(ballast.unlink).finish("full to the last byte (16 MB tmpfs, no reserve)")


def test_a_full_disk_refuses_to_protect(make_disks, make_recorder):
    """Nothing is said to be protected that is not so after a restart."""
    disk = make_disks("tmpfs", 16)
    _, client = make_recorder(disk.path / "recordings", min_free_mb=0)
    client.publish("cam/cam0/record/set", {"state": "ON", "duration_s": 1})
    file = client.wait("event", lambda m: m.json["event_type"] == "recording_finished",
                       timeout=20).json["file"]
    fill_up(disk.path / "ballast")
    protect = {"action": "protect", "file": file}
    assert client.command("recordings/set", protect)["code"] == "no_space"
    listed = client.command("recordings/set", {"action": "list"})["data"]["recordings"]
    assert [item["protected"] for item in listed] == [False]
    (disk.path / "ballast").unlink()
    assert client.command("recordings/set", protect)["data"]["protected"]


def test_card_pulled(make_disks, make_recorder):
    disk = make_disks("ext4", 64)
    fault = Fault(*make_recorder(disk.path / "recordings"))
    fault.begin(disk.cut_power)
    assert "I/O" in fault.error or "Input/output" in fault.error or "Read-only" in fault.error

    def repair():
        disk.unmount(lazy=True)
        disk.mount()

    fault.end(repair).finish("card pulled and put back (ext4 shut down, unmounted, mounted)")


@pytest.mark.parametrize("how", ["NO_WRITE", "NO_SYNC"])
def test_io_error(make_recorder, tmp_path, how):
    folder = tmp_path / "recordings"
    shim = Shim(tmp_path, folder)
    fault = Fault(*make_recorder(folder, env=shim.environment))
    fault.begin(lambda: shim.set(getattr(Shim, how)))
    fault.end(lambda: shim.set(Shim.WORKS)).finish(f"EIO, {how}")


def test_frozen(make_disks, make_recorder, soak):
    disk = make_disks("ext4", 64)
    fault = Fault(*make_recorder(disk.path / "recordings")).begin(disk.freeze)
    fault.watch.wait(30 if soak else 3)
    fault.end(disk.thaw).finish("frozen (fsfreeze on ext4)")


STOP_S = 15  # 8 for the file, 2 for a disk that answers late, the rest for cameras and edges


def stop_while_stuck(node, client):
    """SIGTERM; returns once all of the node has ended but what hangs in the kernel."""
    since = client.mark()
    began = time.monotonic()
    node.signal(signal.SIGTERM)
    wait_until(lambda: main_thread_ended(node), STOP_S, "the end of the node")
    took = time.monotonic() - began
    client.wait("status", lambda m: m.text == "offline", since=since)
    assert "no time left to finish the recording's file" in node.log
    assert node.log.count("the disk does not answer: the node ends without it") == 1
    return took


def main_thread_ended(node):
    """poll() knows it only when the last thread has ended: one in a frozen disk cannot be killed."""
    stat = Path(f"/proc/{node.process.pid}/stat").read_text()
    return stat.rsplit(")", 1)[1].split()[0] == "Z"


def check_recovered(node, shown):
    """Starts the node again: what was recorded plays, to within a second of the fault."""
    assert node.process.wait(5 * PATIENCE) == 1, "systemd starts again what fails"
    node.process = None
    node.start()
    wait_until(lambda: not list(node.recordings.rglob("*.part.mp4")), 20, "it is recovered")
    items = node.get("/recordings/?format=json").json()["items"]
    assert items and all(not item["damaged"] for item in items)
    assert any(item["recovered"] for item in items)
    numbers = [code.frame for item in items
               for code in codes_of_file(node.recordings / item["file"])]
    assert max(numbers) >= shown - FPS
    return (shown - max(numbers)) / FPS


def test_stopped_while_frozen(make_disks, make_recorder):
    """The address is free and the broker told, though the kernel keeps the stuck thread."""
    disk = make_disks("ext4", 64)
    node, client = make_recorder(disk.path / "recordings")
    fault = Fault(node, client).begin(disk.freeze)
    fault.watch.__exit__()
    took = stop_while_stuck(node, client)
    with socket.create_server(("127.0.0.1", node.config["http"]["port"])):
        pass
    disk.thaw()
    lost = check_recovered(node, fault.watch.frame(fault.began))
    print(f"FAULT stopped while frozen | ended {took:.1f} s | lost before {lost:.2f} s")


def test_stopped_while_writing_hangs(make_recorder, tmp_path):
    """A disk whose calls can be killed: the process is gone while it still hangs."""
    folder = tmp_path / "recordings"
    shim = Shim(tmp_path, folder)
    node, client = make_recorder(folder, env=shim.environment)
    fault = Fault(node, client).begin(lambda: shim.set(Shim.HANGS))
    fault.watch.__exit__()
    took = stop_while_stuck(node, client)
    lost = check_recovered(node, fault.watch.frame(fault.began))
    print(f"FAULT stopped while writing hangs | ended {took:.1f} s | lost before {lost:.2f} s")


def test_read_only_after_an_error(make_disks, make_recorder):
    disk = make_disks("ext4", 64)
    fault = Fault(*make_recorder(disk.path / "recordings")).begin(disk.fail_read_only)
    assert "Read-only" in fault.error

    def repair():
        disk.unmount(lazy=True)
        disk.mount()

    fault.end(repair).finish("read-only after an error (ext4, unmounted, mounted)")


def test_read_only_and_writable_again(make_recorder, tmp_path):
    folder = tmp_path / "recordings"
    shim = Shim(tmp_path, folder)
    fault = Fault(*make_recorder(folder, env=shim.environment))
    fault.begin(lambda: shim.set(Shim.READ_ONLY))
    assert "Read-only" in fault.error
    fault.end(lambda: shim.set(Shim.WORKS)).finish("EROFS, writable again")


def test_slow(make_recorder, tmp_path):
    """Each write and sync takes 0.3 s: nothing is lost, and the live view does not notice."""
    folder = tmp_path / "recordings"
    shim = Shim(tmp_path, folder)
    node, client = make_recorder(folder, env=shim.environment)
    shim.set(Shim.SLOW)
    with Watch(node) as watch:
        since = client.mark()
        client.publish("cam/cam0/record/set", {"state": "ON", "duration_s": 4})
        event = client.wait("event", lambda m: m.json["event_type"] == "recording_finished",
                            since=since, timeout=20).json
    numbers = [code.frame for code in codes_of_file(node.recordings / event["file"])]
    print(f"FAULT slow (0.3 s a call) | dropped {event['dropped']} | worst gap {watch.gap():.3f} s "
          f"| {node.rss_kb() // 1024} MB")
    missing = numbers[-1] - numbers[0] + 1 - len(numbers)
    assert missing <= event["dropped"], "a busy machine may lose frames, and says so"
    assert node.state()["cam/cam0/stats"]["dropped"]["reader"] == 0, "the disk lost none"
    assert watch.gap() < WORST_GAP_S


def test_stopped_in_a_pre_roll_on_a_slow_disk(broker, make_node, make_client, tmp_path):
    """There is no time for all that is in memory: the file is whole with what it has, and says what is missing."""
    folder = tmp_path / "recordings"
    shim = Shim(tmp_path, folder)
    pre_roll_s = 14
    node = make_node(start=False, broker_port=broker.port, record={"dir": str(folder)},
                     cameras=[camera(record={"pre_roll_s": pre_roll_s})])
    node.start(env=shim.environment)
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    with Watch(node) as watch:
        watch.wait(pre_roll_s)
        shim.set(Shim.SLOW)
        client.publish("cam/cam0/record/set", "ON")
        wait_until(lambda: list(folder.rglob("*.part.mp4")), 10, "the burst has begun")
        began = time.monotonic()
        node.stop(timeout=STOP_S)
        took = time.monotonic() - began
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_finished").json
    assert event["reason"] == "shutdown" and ".part" not in event["file"], event
    numbers = [code.frame for code in codes_of_file(folder / event["file"])]
    holes = numbers[-1] - numbers[0] + 1 - len(numbers)
    assert numbers == sorted(set(numbers)) and holes <= watch.lost(), "it has no hole but what a busy machine made"
    assert len(numbers) + event["dropped"] >= pre_roll_s * FPS * 0.9
    print(f"FAULT stopped in a pre-roll, 0.3 s a call | ended {took:.1f} s | frames {len(numbers)} | "
          f"dropped {event['dropped']}")


def test_folder_deleted(make_recorder, tmp_path):
    folder = tmp_path / "recordings"
    fault = Fault(*make_recorder(folder))
    fault.begin(lambda: shutil.rmtree(folder))
    fault.end().finish("folder deleted", plays=False)
    assert fault.files() and all(codes_of_file(path) for path in fault.files())


def test_folder_moved(make_recorder, tmp_path):
    """What went on being written into it would be in no list."""
    folder = tmp_path / "recordings"
    fault = Fault(*make_recorder(folder))
    fault.begin(lambda: folder.rename(tmp_path / "older"))
    assert "is gone" in fault.error
    fault.end(lambda: None).finish("folder moved", plays=False)
    assert fault.files() and all(codes_of_file(path) for path in fault.files())
    assert all(codes_of_file(path) for path in (tmp_path / "older").rglob("*.part.mp4"))


def test_mounted_over(make_disks, make_recorder):
    """A disk that comes late, on top of what is being written."""
    disk = make_disks("tmpfs", 16)
    disk.unmount()
    fault = Fault(*make_recorder(disk.path))
    fault.begin(disk.mount)
    assert "is gone" in fault.error
    fault.end(lambda: None).finish("mounted over", plays=False)
    assert fault.files() and all(codes_of_file(path) for path in fault.files())
    disk.unmount()
    wait_until(lambda: fault.files() and not list(disk.path.rglob("*.part.mp4")), 20,
               "what lay below is made whole")


def end_of(event):
    return datetime.fromisoformat(event["started_at"]).timestamp() + event["duration_s"]


def test_on_while_a_file_is_being_closed(make_recorder, tmp_path):
    """On a slow disk that takes a while: what is asked for meanwhile is not lost with it."""
    folder = tmp_path / "recordings"
    shim = Shim(tmp_path, folder)
    _, client = make_recorder(folder, env=shim.environment)
    shim.set(Shim.SLOW)
    for late_s in (0.3, 0.6):
        since = client.mark()
        client.command("cam/cam0/record/set", {"state": "ON", "duration_s": 1})
        told = client.wait("cam/cam0/record", lambda m: m.json["active"], since=since).json
        time.sleep(max(0, datetime.fromisoformat(told["ends_at"]).timestamp() + late_s - time.time()))
        asked = time.time()
        assert client.command("cam/cam0/record/set", {"state": "ON", "duration_s": 1})["ok"]
        client.wait("event", lambda m, asked=asked: m.json["event_type"] == "recording_finished" and
                    end_of(m.json) > asked, since=since)


def test_mount_gone_and_back(make_disks, make_recorder):
    disk = make_disks("ext4", 64)
    fault = Fault(*make_recorder(disk.path / "recordings", require_mount=True))
    fault.begin(lambda: disk.unmount(lazy=True))
    assert "mounted" in fault.error
    assert not list(disk.path.rglob("*")), "nothing goes to the disk below"
    fault.end(disk.mount).finish("mount gone and back")


BIG = [camera(size="640x480", record={"format": "mjpeg"})]


def test_room_is_kept_to_finish_what_is_written(broker, make_disks, make_node, make_client):
    """With a limit of free space each file is whole: older ones go in time."""
    disk = make_disks("tmpfs", 32)
    node = make_node(broker_port=broker.port, cameras=BIG,
                     record={"dir": str(disk.path / "recordings"), "segment_s": 6, "min_free_mb": 2, "free_mb": 4})
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    client.command("cam/cam0/record/set", {"state": "ON"})

    def finished():
        return [m.json for m in client.all("event") if m.json["event_type"] == "recording_finished"]

    # Of a camera that loses pictures on a busy machine the files are smaller.
    wait_until(lambda: "(space)" in node.log and len(finished()) >= 5, 50, "the limit is reached")
    for event in finished():
        assert "error" not in event and ".part" not in event["file"], event


def test_a_file_finished_late_keeps_its_count_and_its_link(broker, make_disks, make_node, make_client):
    disk = make_disks("tmpfs", 32)
    node = make_node(broker_port=broker.port, cameras=BIG,
                     record={"dir": str(disk.path / "recordings"), "min_free_mb": 1})
    client = make_client()
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    client.command("cam/cam0/record/set", {"state": "ON"})
    wait_until(lambda: any(p.stat().st_size > 4e6 for p in node.recordings.rglob("*.part.mp4")), 30, "4 MB are there")
    ballast = disk.path / "ballast"
    fill_up(ballast, 3_000_000)
    client.command("cam/cam0/record/set", {"state": "OFF"})
    kept = client.wait("event", lambda m: m.json["event_type"] == "recording_finished", timeout=20).json
    assert kept["file"].endswith(".part.mp4") and kept["error"].startswith("kept unfinished")
    ballast.unlink()
    whole = client.wait("event", lambda m: m.json["event_type"] == "recording_recovered", timeout=20).json
    assert whole["file"] == kept["file"].replace(".part", "") and whole["dropped"] == kept["dropped"]
    assert node.get(f"/recordings/{kept['file']}").content == (node.recordings / whole["file"]).read_bytes()
    items = node.get("/recordings/?format=json").json()["items"]
    assert [item["recovered"] for item in items] == [False], "no crash has left it"
