"""A connection to the broker that is half open: one end is gone, and nobody has told the other.

Alone in its file, since an interface that comes or goes disturbs every browser of the machine.
"""

import os
import re
import time
import uuid

import pytest

from support.broker import Broker
from support.client import Client
from support.network import Namespace
from support.wait import SLOWNESS, wait_until

pytestmark = pytest.mark.skipif(
    SLOWNESS > 1, reason="it waits for the network, not for the processor: in the ordinary build")
KEEP_ALIVE_S = 6


def online(message):
    return message.text == "online"


@pytest.fixture
def namespace():
    if os.geteuid() != 0:
        pytest.skip("a network of one's own needs root")
    namespace = Namespace()
    yield namespace
    namespace.close()


@pytest.fixture
def far_broker(tmp_path, namespace):
    broker = Broker(tmp_path / "far", namespace=namespace).start()
    yield broker
    broker.stop()


@pytest.fixture
def far_node(far_broker, make_node):
    return make_node(broker_port=far_broker.port, mqtt={"host": far_broker.host, "keep_alive_s": KEEP_ALIVE_S})


@pytest.fixture
def far_client(far_broker, far_node):
    client = Client(far_broker.port, host=far_broker.host)
    client.wait("status", online, timeout=10)
    client.wait("cam/cam0/status", online, timeout=10)
    yield client
    client.close()


def port_of(broker, client_id):
    """The port from which a client is connected, by the broker's log."""
    found = re.findall(rf"New client connected from \S*:(\d+) as {client_id} ", broker.log.read_text())
    return int(found[-1])


def test_a_half_open_connection_is_noticed(far_broker, far_node, far_client, namespace):
    since = far_client.mark()
    began = time.monotonic()
    namespace.drop(port_of(far_broker, "camnode-node1"))
    wait_until(lambda: re.search("connection is lost|stopped answering", far_node.log), 30, "it is noticed")
    took = time.monotonic() - began
    print(f"noticed after {took:.1f} s, keep alive {KEEP_ALIVE_S} s")
    assert took < 1.5 * KEEP_ALIVE_S + 2 * SLOWNESS
    far_client.wait("status", online, since=since, timeout=15)
    assert far_client.command("cam/cam0/record/set", "OFF")["ok"]


@pytest.mark.parametrize("lost", ["commands", "replies"])
def test_a_repeated_command_is_executed_once(far_broker, far_node, far_client, namespace, lost):
    since = far_client.mark()
    namespace.drop(port_of(far_broker, "camnode-node1"), to_inside=lost == "replies",
                   to_outside=lost == "commands")
    command = {"state": "ON", "id": "exactly-once"}
    response = f"test/reply/{uuid.uuid4().hex}"

    def repeat():
        far_client.publish("cam/cam0/record/set", command, response=response)
        return [m for m in far_client.messages[since:] if m.topic == response]

    answers = wait_until(repeat, 40, "an answer", interval=0.5)
    assert answers[0].json["ok"]
    far_client.wait("cam/cam0/record", lambda m: m.json["active"], since=since, timeout=10)
    far_client.command("cam/cam0/record/set", "OFF")
    far_client.wait("event", lambda m: m.json["event_type"] == "recording_finished", timeout=10)
    ids = {m.json["id"] for m in far_client.all("event", since)}
    started = [m.json for m in far_client.all("event", since) if m.json["event_type"] == "recording_started"]
    assert len(started) == len(ids) == 1, "executed once"
    assert all(m.json == answers[0].json for m in far_client.messages[since:] if m.topic == response)
