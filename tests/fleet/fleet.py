"""A fleet of simulated nodes in one process: what they say is what proto/ in C says (its topic table,
and samples that payload.c built), and they come back after a loss as node/mqtt/dialer.c does."""

import asyncio
import json
import pathlib
import random
import re
import sys
import time

from link import Link

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lint"))

import contract  # noqa: E402

RETRY_MIN_S, RETRY_MAX_S = 1, 120  # the defaults of mqtt.reconnect_min_s and mqtt.reconnect_max_s
PICTURE_BYTES = 4096
CAMERA = "cam0"
WORDS = {"status": b"online", "profile": b"day", "enabled": b"ON"}


def _dialer_number(name):
    text = (ROOT / "node/mqtt/dialer.h").read_text()
    return int(re.search(rf"#define {name} \(?(?:INT64_C\()?(\d+)", text)[1])


FIRST_RETRY_S = _dialer_number("DIALER_FIRST_RETRY_MS") / 1000
GOOD_S = _dialer_number("DIALER_GOOD_US")


def fleet_limits():
    """The limits of deploy/mosquitto/fleet.conf, without its listeners."""
    lines = (ROOT / "deploy/mosquitto/fleet.conf").read_text().splitlines()
    return [line for line in lines if line.startswith(("max_queued_messages", "max_inflight_messages",
                                                       "max_packet_size"))]


class Script:
    """What each node says, by topic below the node: (suffix, payload, QoS, retain)."""

    def __init__(self):
        table = contract.tables(ROOT)
        samples = {}
        for sample in table["samples"]:
            samples.setdefault(sample["schema"], json.dumps(sample["payload"]).encode())
        self.filters = [self._suffix(topic, "+") for topic in table["topics"] if topic["command"]]
        said = [(self._suffix(topic, CAMERA), self._payload(topic, samples), topic["qos"], topic["retain"])
                for topic in table["topics"] if not topic["command"]]
        self.state = [one for one in said if one[3]]
        self.readings = [one for one in said if one[2] == 0]

    @staticmethod
    def _suffix(topic, camera):
        return f"cam/{camera}/{topic['name']}" if topic["per_camera"] else topic["name"]

    @staticmethod
    def _payload(topic, samples):
        if topic["schema"]:
            return samples[topic["schema"]]
        return WORDS.get(topic["name"]) or b"\xff\xd8" + bytes(PICTURE_BYTES - 4) + b"\xff\xd9"


class Node:
    def __init__(self, fleet, number):
        self.fleet = fleet
        self.root = f"camnode/sim{number:04}"
        self.right_since = None  # when the broker had all of the state
        self._ceiling_s = 2 * RETRY_MIN_S

    async def live(self, delay_s):
        await asyncio.sleep(delay_s)
        while True:
            began = time.monotonic()
            try:
                await self._session()
            except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
                pass
            self.right_since = None
            await asyncio.sleep(self._pause_s(time.monotonic() - began))

    def _pause_s(self, lasted_s):
        if lasted_s >= GOOD_S:
            self._ceiling_s = 2 * RETRY_MIN_S
            return random.uniform(0, FIRST_RETRY_S)
        pause_s = random.uniform(RETRY_MIN_S, self._ceiling_s)
        self._ceiling_s = min(2 * self._ceiling_s, RETRY_MAX_S)
        return pause_s

    async def _session(self):
        link = Link(self.root.replace("/", "-"))
        await link.open(*self.fleet.address, will=(f"{self.root}/status", b"offline"))
        self.fleet.connects.append(time.monotonic())
        reading = asyncio.ensure_future(link.run())
        saying = asyncio.ensure_future(self._say(link))
        try:
            await reading
        finally:
            saying.cancel()

    async def _say(self, link):
        script = self.fleet.script
        link.subscribe([f"{self.root}/{name}" for name in script.filters], 1, live_only=True)
        for suffix, payload, qos, retain in script.state:
            link.publish(f"{self.root}/{suffix}", payload, qos, retain)
        await link.settled()
        self.right_since = time.monotonic()
        await asyncio.sleep(random.uniform(0, self.fleet.interval_s))  # the phase
        while True:
            for suffix, payload, qos, retain in script.readings:
                link.publish(f"{self.root}/{suffix}", payload, qos, retain)
            await asyncio.sleep(self.fleet.interval_s)


class Fleet:
    def __init__(self, address, count, interval_s=10):
        self.address = address
        self.interval_s = interval_s
        self.script = Script()
        self.connects = []  # when each connection was made
        self.nodes = [Node(self, number) for number in range(count)]
        self._tasks = []

    def start(self, ramp_s):
        self._tasks = [asyncio.ensure_future(node.live(random.uniform(0, ramp_s))) for node in self.nodes]

    async def stop(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def state_topics(self):
        """Every retained topic that there should be."""
        return {f"{node.root}/{suffix}" for node in self.nodes for suffix, *_ in self.script.state}

    async def all_right(self, timeout_s):
        """Until the broker has the state of every node."""
        deadline = time.monotonic() + timeout_s
        while not all(node.right_since for node in self.nodes):
            if time.monotonic() > deadline:
                right = sum(bool(node.right_since) for node in self.nodes)
                raise AssertionError(f"only {right} of {len(self.nodes)} nodes right in {timeout_s} s")
            await asyncio.sleep(0.05)
        return max(node.right_since for node in self.nodes)


class Dashboard:
    """Subscribes to all nodes and remembers which topics it has heard of."""

    def __init__(self, address, qos):
        self.address, self.qos = address, qos
        self.retained, self.messages = set(), 0
        self._last = time.monotonic()
        self._link = Link(f"dashboard-{random.randrange(1 << 32):08x}", self._on_message)

    def _on_message(self, topic, _payload, retain):
        self.messages += 1
        if retain:
            self._last = time.monotonic()
            self.retained.add(topic)

    async def look(self, wanted, timeout_s, quiet_s=3):
        """The retained topics that came: until all are there, or no further one for a while."""
        await self._link.open(*self.address)
        self._link.subscribe(["camnode/#"], self.qos)
        reading = asyncio.ensure_future(self._link.run())
        began = self._last = time.monotonic()
        while self.retained != wanted and time.monotonic() - self._last < quiet_s:
            if time.monotonic() - began > timeout_s:
                break
            await asyncio.sleep(0.05)
        seconds = self._last - began
        self._link.close()
        await asyncio.gather(reading, return_exceptions=True)
        return self.retained & wanted, seconds
