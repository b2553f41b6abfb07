"""Killed, and without power: every file plays, and at most a second is lost."""

import random
import time

import pytest

from support.disk import make_disk
from support.node import camera
from support.pattern import codes_of_file
from support.wait import SLOWNESS, wait_until
from support.watch import Watch

pytestmark = pytest.mark.skipif(SLOWNESS > 1, reason="seconds count; the slow builds run shorter ones")

FPS = 30
MOST_LOST = FPS  # a second
CAMERAS = [camera(id="high", size="640x480", pattern={"noise": 100}),
           camera(id="low", size="256x144", pattern={"noise": 0})]


@pytest.fixture
def disk(tmp_path):
    disk = make_disk(tmp_path / "card", "ext4", 128)
    yield disk
    disk.close()


def start_recording(node):
    node.wait_ready()
    for cam in ("high", "low"):
        node.wait_state(f"cam/{cam}/status", lambda value: value == "online")
        node.post(f"/api/v1/set/cam/{cam}/record", "ON")
        node.wait_state(f"cam/{cam}/record", lambda value: value["active"])


def until_random_moment(node, end):
    """The last frame that each camera showed before `end()`, which is called while it records."""
    with Watch(node, "high") as high, Watch(node, "low") as low:
        high.wait(random.uniform(0.7, 2.5))
        end()
        moment = time.monotonic()
    return {"high": high.frame(moment), "low": low.frame(moment)}


def check(node, known, last):
    """The new file of each camera plays, and lacks little; returns the frames lost."""
    def recovered():
        items = node.get("/recordings/?format=json").json()["items"]
        fresh = [item for item in items if item["file"] not in known]
        return fresh if len(fresh) == 2 and all(item["recovered"] for item in fresh) else None

    items = wait_until(recovered, 15, "both recordings are recovered")
    lost = {}
    for item in items:
        assert not item["damaged"] and item["frames"] > 0 and item["bytes"] > 0
        numbers = [code.frame for code in codes_of_file(node.recordings / item["file"])]
        assert numbers == sorted(set(numbers)), "in order"
        lost[item["camera"]] = last[item["camera"]] - numbers[-1]
        known.add(item["file"])
    assert max(lost.values()) <= MOST_LOST, f"frames lost: {lost}"
    return lost


def tell(kind, losses):
    worst = {cam: max(loss[cam] for loss in losses) / FPS for cam in losses[0]}
    print(f"CRASH {kind} | {len(losses)} times | at most lost {worst} s")


def test_killed_at_random(make_node, soak):
    node = make_node(mqtt={"enabled": False}, cameras=CAMERAS)
    known, losses = set(), []
    for _ in range(200 if soak else 10):
        start_recording(node)
        last = until_random_moment(node, node.kill)
        node.start()
        losses.append(check(node, known, last))
    tell("kill -9", losses)


def test_power_cut(make_node, disk, soak):
    node = make_node(mqtt={"enabled": False}, cameras=CAMERAS,
                     record={"dir": str(disk.path / "recordings")})
    known, losses = set(), []
    for _ in range(50 if soak else 3):
        start_recording(node)

        def cut():
            disk.cut_power()
            node.kill()

        last = until_random_moment(node, cut)
        disk.unmount()
        disk.mount()
        node.start()
        losses.append(check(node, known, last))
    node.stop()
    disk.unmount()
    disk.check()
    tell("power cut", losses)
