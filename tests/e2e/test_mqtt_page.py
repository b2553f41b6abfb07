"""docs/mqtt.md cannot drift: each of its commands is run against a real node, and what it printed is compared;
numbers, times and file names may differ, and keys may have come. With CAMNODE_WRITE_DOCS=1 the page is written afresh instead."""

import json
import os
import re
import subprocess

import pytest

from support.broker import Broker
from support.node import ROOT, camera
from support.wait import SLOWNESS, wait_until

PAGE = ROOT / "docs/mqtt.md"
WRITE = bool(os.environ.get("CAMNODE_WRITE_DOCS"))
WIDTH = 150  # of a line of the life's transcript
BLOCK = re.compile(r"```console\n(.*?)```|<!-- wait: (\w+) -->", re.DOTALL)
LIFE = re.compile(r"<!-- life -->\n```\n(.*?)```", re.DOTALL)

pytestmark = pytest.mark.skipif(bool(os.environ.get("CAMNODE_SANITIZE")),
                                reason="the same commands run in test_commands.py")


def plain(text):
    """Without what differs from run to run."""
    text = re.sub(r"\[[-\d., ]+\]", "[N]", text)
    text = re.sub(r"door-\w+-[0-9a-f]{4}", "ID", text)
    text = re.sub(r"door_\d+_\d+(_\d+)?(\.part)?", "FILE", text)
    return re.sub(r"-?\d+(\.\d+)?", "N", text)


def holds(now, printed):
    """Whether all that was printed is still said; new keys may have come."""
    if isinstance(now, dict) and isinstance(printed, dict):
        passing = ("active", "finishing")  # a busy machine may be past it when it answers
        return all(key in now and (key in passing or holds(now[key], value)) for key, value in printed.items())
    if isinstance(now, list) and isinstance(printed, list) and any(isinstance(item, dict) for item in printed):
        return len(now) == len(printed) and all(map(holds, now, printed))
    return plain(json.dumps(now)) == plain(json.dumps(printed))


def is_same(now, printed):
    if now.startswith("{") and printed.startswith("{"):
        differs = {"model", "ip", "version", "temp_c", "throttled", "time_synced"}
        return holds(json.loads(now), {key: value for key, value in json.loads(printed).items()
                                       if key not in differs})
    return plain(now) == plain(printed)


@pytest.fixture
def garage(make_client, broker, make_node):
    make_node(broker_port=broker.port, node={"id": "garage", "name": "Garage"},
              http={"public_url": "http://garage.local:8080"}, telemetry={"interval_s": 1},
              cameras=[camera(id="door", name="Door", size="640x360")])
    client = make_client(node="garage")
    client.wait("cam/door/status", lambda m: m.text == "online", timeout=10)
    client.wait("cam/door/stats", lambda m: m.json["fps"] > 20, timeout=10)
    return client


@pytest.fixture
def shell(tmp_path, broker):
    """Runs a line with mosquitto's clients set to the test's broker."""
    for name in ("mosquitto_pub", "mosquitto_sub", "mosquitto_rr"):
        path = tmp_path / ".config" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"-p {broker.port}\n")
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config")}
    heard = r"/reply (QoS"  # of the broker's log: mosquitto_sub has subscribed

    def run(line):
        before = broker.log.read_text().count(heard)
        sleep = f"sleep() {{ until [ $(grep -cF '{heard}' {broker.log}) -gt {before} ]; do command sleep 0.05; done; }}\n"
        done = subprocess.run(["bash", "-c", sleep + line + "; wait"], cwd=tmp_path, env=environment, text=True,
                              capture_output=True, timeout=20 * SLOWNESS, check=False)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        return done.stdout.strip()
    return run


def test_every_command_of_the_page_answers_as_printed(garage, shell):
    text, wrong = PAGE.read_text(), []
    heard = 0

    def block(match):
        nonlocal heard
        if match[2]:
            event = garage.wait("event", lambda m: m.json["event_type"] == match[2], timeout=20, since=heard)
            heard = garage.messages.index(event) + 1
            return match[0]
        lines = []
        for part in re.split(r"^\$ ", match[1], flags=re.MULTILINE)[1:]:
            line, _, printed = part.partition("\n")
            said = shell(line)
            lines += [f"$ {line}"] + ([said] if said else [])
            if not is_same(said, printed.strip()):
                wrong.append(f"$ {line}\n  printed: {printed.strip()}\n  now:     {said}")
        return "```console\n" + "\n".join(lines) + "\n```"

    written = BLOCK.sub(block, text)
    if WRITE:
        PAGE.write_text(written)
    else:
        assert not wrong, "\n".join(wrong)


def shape(topic, payload):
    """What of a message must not drift: the topic, words, the keys, and of some keys the value."""
    if not payload.startswith("{"):
        return topic, frozenset({payload})
    value = json.loads(payload)
    telling = ("state", "active", "finishing", "event_type", "ok", "code", "trigger", "reason")
    return topic, frozenset((key, value[key] if key in telling else "") for key in value
                            if key not in ("model", "ip", "error"))


def unplug(client, node, fault):
    """By the pattern's own control, which a real camera has not; behind this is what comes of it."""
    since = client.mark()
    assert node.post("/api/v1/set/cam/door/controls/set", {"Fault": fault}).ok
    return since


def stages(tmp_path, make_node, make_client):
    """A life, stage by stage: (title, client, since)."""
    broker = Broker(tmp_path / "life").start()
    client = make_client(node="garage", port=broker.port)
    node = make_node(start=False, broker_port=broker.port, node={"id": "garage", "name": "Garage"},
                     http={"public_url": "http://garage.local:8080"},
                     cameras=[camera(id="door", name="Door")])

    def online(since, suffix="cam/door/status", word="online", timeout=30):
        return client.wait(suffix, lambda m: m.text == word, since=since, timeout=timeout)

    def event(kind, since):
        return client.wait("event", lambda m: m.json["event_type"] == kind, since=since, timeout=20)

    node.start()
    online(0)
    client.wait("cam/door/controls", timeout=10)
    yield "the node starts", 0
    since = client.mark()
    client.publish("cam/door/record/set", "ON")
    event("recording_started", since)
    client.wait("cam/door/record", lambda m: m.json["active"], since=since)
    client.publish("cam/door/record/set", "OFF")
    event("recording_finished", since)
    client.wait("cam/door/record", lambda m: m.json["state"] == "OFF" and not m.json["finishing"], since=since)
    yield "record/set ON, then OFF", since
    since = client.mark()
    client.publish("cam/door/snapshot/set", '{"id": "bell"}')
    client.wait("cam/door/snapshot/meta", since=since)
    client.wait("reply", since=since)
    yield "snapshot/set", since
    broker.kill()
    since = client.mark()
    broker.start()
    online(since, "status")
    client.wait("cam/door/snapshot/meta", since=since, timeout=20)
    yield "the broker was killed and is back", since
    since = unplug(client, node, "Disconnect")
    since = client.messages.index(online(since, word="offline"))
    online(unplug(client, node, "None"))
    yield "the camera is unplugged, and plugged in again", since
    since = client.mark()
    node.stop()
    online(since, "status", "offline")
    yield "the node is stopped", since
    broker.stop()


def test_a_nodes_life_is_as_printed(tmp_path, make_node, make_client):
    client_of = {}

    def keeping(**kwargs):
        client_of["it"] = make_client(**kwargs)
        return client_of["it"]

    lines, said, title_of = [], {}, []
    for title, since in stages(tmp_path, make_node, keeping):
        messages = [m for m in client_of["it"].messages[since:]
                    if re.match(r"camnode/garage/(?!telemetry|.*stats|.*/snapshot$|.*/set$)", m.topic)]
        if not title_of:  # how far the camera is when the broker is there differs: what it came to
            messages = list({m.topic: m for m in messages}.values())
        if "unplugged" in title:  # by a control
            messages = [m for m in messages if not m.topic.endswith("/controls")]
        title_of.append(title)
        said[title] = {shape(m.topic, m.text) for m in messages}
        lines.append(f"# {title}")
        for m in messages:
            line = f"{m.topic} {m.text}"
            lines.append(line if len(line) <= WIDTH else line[:WIDTH - 1] + "…")
    text = PAGE.read_text()
    if WRITE:
        PAGE.write_text(LIFE.sub(lambda _: "<!-- life -->\n```\n" + "\n".join(lines) + "\n```", text))
        return
    compare(LIFE.search(text)[1].splitlines(), said, title_of)


def compare(printed, said, titles):
    """Every printed line was said again: the topic and, where the line was not cut, what it tells. In whichever
    stage: what follows upon the last event of one may come in the next."""
    everything = set().union(*said.values())
    topics = {topic for topic, _told in everything}
    for line, following in zip(printed, [*printed[1:], ""]):
        topic, _, payload = line.partition(" ")
        if topic == "#":
            continue
        assert topic in topics, f"nothing on {topic}"
        # Of a state that another one follows at once only that may be told.
        assert payload.endswith("…") or topic.endswith("/record") and '"recording_started"' in following or any(
            of == topic and shape(topic, payload)[1] <= told for of, told in everything), f"not said: {line}"
    assert [line[2:] for line in printed if line.startswith("# ")] == titles
