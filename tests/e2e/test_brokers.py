"""What brokers do: TLS, certificates, limits, a second node of the same name, names that move, a
broker that knows 3.1.1 only.
"""

import os
import re
import shutil
import socket
import subprocess
import threading

import pytest

from support.broker import MOSQUITTO, Broker, passwords
from support.certificates import Authority
from support.client import Client
from support.home_assistant import HomeAssistant
from support.node import ROOT, camera
from support.ports import free_port, is_open
from support.wait import SLOWNESS, wait_until

waits = pytest.mark.skipif(SLOWNESS > 1, reason="it waits for the network, not for the processor: in the ordinary build")


def online(message):
    return message.text == "online"


def offline(message):
    return message.text == "offline"


def mosquitto_version():
    text = subprocess.run([MOSQUITTO, "-h"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in re.search(r"version (\d+)\.(\d+)", text).groups())


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "certificates")


def start_both(broker, second_port):
    """Its listeners are opened one after the other."""
    broker.start()
    wait_until(lambda: is_open(second_port), 10, "mosquitto's second listener")
    return broker


# TLS

def tls_broker(folder, authority, server):
    plain = free_port()
    certificate, key = authority.issue("server", **server)
    broker = Broker(folder, extra=[f"cafile {authority.file}", f"certfile {certificate}",
                                   f"keyfile {key}", "require_certificate true",
                                   f"listener {plain} 127.0.0.1"])
    broker.plain_port = plain
    return start_both(broker, plain)


def tls_options(authority, **changes):
    certificate, key = authority.issue("client", alt="DNS:client")
    return {"tls": True, "ca_file": str(authority.file), "cert_file": str(certificate),
            "key_file": str(key), **changes}


def test_tls_with_client_certificate(tmp_path, authority, make_node):
    broker = tls_broker(tmp_path / "broker", authority, {})
    make_node(broker_port=broker.port, mqtt=tls_options(authority))
    client = Client(broker.plain_port)
    client.wait("status", online, timeout=10)
    client.close()
    broker.stop()


REFUSED = {
    "wrong CA": ({}, {"ca_file": "other"}, "from an authority that is not trusted here"),
    "wrong name": ({"alt": "DNS:elsewhere"}, {}, "is for another name"),
    "expired": ({"days": 0}, {}, "has expired"),
    "no certificate of the node": ({}, {"cert_file": "", "key_file": ""}, "asks for a certificate of this node"),
}


@pytest.mark.parametrize("server,options,reason", REFUSED.values(), ids=REFUSED)
def test_tls_that_cannot_be_verified_is_refused(tmp_path, authority, make_node, server, options, reason):
    broker = tls_broker(tmp_path / "broker", authority, server)
    if options.get("ca_file"):
        options = {"ca_file": str(Authority(tmp_path / "other").file)}
    node = make_node(broker_port=broker.port, mqtt=tls_options(authority, **options))
    node.wait_log(reason, timeout=10)
    line = next(line for line in node.log.splitlines() if reason in line)
    assert f"broker 127.0.0.1:{broker.port}: TLS: " in line
    client = Client(broker.plain_port)
    assert not client.all("status") and node.get("/cam/cam0/snapshot.jpg").ok
    client.close()
    broker.stop()


def test_a_port_without_tls_is_said(broker, make_node):
    node = make_node(broker_port=broker.port, mqtt={"tls": True})
    node.wait_log("is this its port for TLS?")


# Limits and access

@pytest.mark.parametrize("limit", [2_000_000, 200_000])
def test_pictures_fit_the_limit_that_the_broker_tells(tmp_path, make_node, limit):
    broker = Broker(tmp_path / "broker", extra=[f"max_packet_size {limit}"]).start()
    node = make_node(broker_port=broker.port, mqtt={"max_picture_kb": 60000},
                     cameras=[camera(size="1920x1080", fps=5, pattern={"noise": 100}, jpeg={"quality": 100})])
    client = Client(broker.port)
    client.wait("cam/cam0/status", online, timeout=10)
    for _ in range(2):
        reply = client.command("cam/cam0/snapshot/set", "", timeout=20)
        assert reply["ok"] and limit / 4 < reply["data"]["bytes"] < limit, reply
    client.wait("cam/cam0/snapshot", lambda m: len(m.payload) < limit)
    assert node.log.count(": connected (MQTT") == 1, "it was never dropped"
    client.close()
    broker.stop()


def test_what_the_acl_forbids_is_said_in_words(tmp_path, make_node):
    folder = tmp_path / "broker"
    path = passwords(folder, node1="n", tester="t")
    acl = folder / "acl"
    acl.write_text("user tester\ntopic readwrite #\nuser node1\ntopic write camnode/node1/status\n")
    broker = Broker(folder, anonymous=False, extra=[f"password_file {path}", f"acl_file {acl}"]).start()
    node = make_node(broker_port=broker.port, mqtt={"username": "node1", "password": "n"})
    client = Client(broker.port, username="tester", password="t")
    client.wait("status", online, timeout=10)
    node.wait_log("the broker refuses ")
    assert re.search(r"the broker refuses \S+: not authorised", node.log), node.log
    assert not client.all("info") and node.get("/cam/cam0/snapshot.jpg").ok
    client.close()
    broker.stop()


# 3.1.1 only

class OldBroker(threading.Thread):
    """A listener that speaks 3.1.1 only, as brokers before 2018: refuses MQTT 5 by CONNACK 1, and
    hands all else to a real broker behind it."""

    def __init__(self, behind):
        super().__init__(daemon=True)
        self.behind = behind
        self.versions = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection):
        head = connection.recv(4096)
        version = head[head.index(b"MQTT") + 4]
        self.versions.append(version)
        if version > 4:
            connection.sendall(b"\x20\x02\x00\x01")
            connection.close()
            return
        real = socket.create_connection(("127.0.0.1", self.behind))
        real.sendall(head)
        threading.Thread(target=self.pump, args=[real, connection], daemon=True).start()
        self.pump(connection, real)

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def check_3_1_1(node, client):
    client.wait("status", online, timeout=10)
    client.publish("cam/cam0/record/set", {"state": "ON", "id": "old"})
    assert client.wait("reply", lambda m: m.json["id"] == "old").json["ok"]
    client.wait("cam/cam0/record", lambda m: m.json["active"], timeout=10)
    client.publish("cam/cam0/record/set", "OFF")
    client.wait("event", lambda m: m.json["event_type"] == "recording_finished", timeout=10)
    client.publish("cam/cam0/snapshot/set", "PRESS")
    client.wait("cam/cam0/snapshot")
    HomeAssistant(client).wait_discovery()
    assert "connected (MQTT 3.1.1)" in node.log


def test_a_broker_that_knows_3_1_1_only(broker, make_node, make_client):
    old = OldBroker(broker.port)
    node = make_node(broker_port=old.port)
    check_3_1_1(node, make_client())
    assert old.versions == [5, 4], "asked once for 5, at once for 3.1.1"
    old.listener.close()


@pytest.mark.skipif(mosquitto_version() < (2, 1), reason="mosquitto refuses versions from 2.1 on")
def test_mosquitto_that_accepts_3_1_1_only(tmp_path, make_node):
    plain = free_port()
    broker = start_both(Broker(tmp_path / "broker", extra=[
        "accept_protocol_versions 4", f"listener {plain} 127.0.0.1", "allow_anonymous true"]), plain)
    node = make_node(broker_port=broker.port)
    client = Client(plain)
    check_3_1_1(node, client)
    client.close()
    broker.stop()


# Names

@waits
@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_two_nodes_of_one_name_do_not_fight(broker, make_node, version):
    nodes = [make_node(broker_port=broker.port, mqtt={"version": version, "reconnect_max_s": 60})
             for _ in range(2)]
    # With MQTT 5 mosquitto gives the reason from 2.1 on; else short connections are counted.
    told = version == "5" and mosquitto_version() >= (2, 1)
    said = "another client has connected as" if told else "is there another client"

    def connections():
        """How many there were by then at most, once it is said."""
        text = broker.log.read_text()
        return any(f'{said} "camnode-node1"' in node.log for node in nodes) and text.count(" as camnode-node1 ")

    connects = wait_until(connections, 60, "it is said by name")
    print(f"{connects} connections until it was said")
    assert connects <= (3 if told else 2 * 3 + 2)
    assert all(node.get("/healthz").ok for node in nodes)


def test_a_name_that_moves_is_looked_up_again(tmp_path, make_node):
    hosts = shutil.which("unshare") and os.geteuid() == 0
    if not hosts:
        pytest.skip("an /etc/hosts of one's own needs root")
    table = tmp_path / "hosts"
    table.write_text("127.0.0.2 broker.test\n")
    port = free_port()
    first = BrokerAt("127.0.0.2", tmp_path / "first", port).start()
    wrapper = tmp_path / "camnode"
    wrapper.write_text("#!/bin/sh\nexec unshare -m sh -c 'mount --bind \"$0\" /etc/hosts; exec \"$@\"' "
                       f"{table} {os.environ.get('CAMNODE_BIN', ROOT / 'build/dev/camnode')} \"$@\"\n")
    wrapper.chmod(0o755)
    node = make_node(start=False, broker_port=port, mqtt={"host": "broker.test"})
    node.start(binary=wrapper)
    client = Client(port, host="127.0.0.2")
    client.wait("status", online, timeout=10)
    client.close()
    first.stop()
    second = BrokerAt("127.0.0.3", tmp_path / "second", port).start()
    table.write_text("127.0.0.3 broker.test\n")
    client = Client(port, host="127.0.0.3")
    client.wait("status", online, timeout=15)
    client.close()
    node.stop()
    second.stop()


class BrokerAt(Broker):
    def __init__(self, host, folder, port):
        super().__init__(folder, port=port)
        self.host = host
        self.config.write_text(self.config.read_text().replace("127.0.0.1", host))


def test_a_host_name_is_made_into_an_id(tmp_path, broker, make_node, make_client):
    if os.geteuid() != 0:
        pytest.skip("a host name of one's own needs root")
    wrapper = tmp_path / "camnode"
    wrapper.write_text("#!/bin/sh\nexec unshare -u sh -c 'hostname Cam.Garage-1.LOCAL; exec \"$@\"' - "
                       f"{os.environ.get('CAMNODE_BIN', ROOT / 'build/dev/camnode')} \"$@\"\n")
    wrapper.chmod(0o755)
    node = make_node(start=False, broker_port=broker.port)
    del node.config["node"]["id"], node.config["node"]["name"]
    node.start(binary=wrapper)
    client = make_client(node="+")
    status = wait_until(lambda: [m for m in client.messages if re.fullmatch(
        "camnode/[^/]+/status", m.topic)], 10, "it has a name")[0]
    name = status.topic.split("/")[1]
    assert re.fullmatch("[a-z0-9_-]{1,64}", name) and name.startswith("cam"), name
    HomeAssistant(client, node=name).wait_discovery()
    node.stop()


# Restarts

@waits  # a sanitizer has memory of its own
def test_restarts_of_the_broker_leak_nothing(client, node, broker, soak):
    def cycle():
        times = node.log.count(": connected (MQTT")
        broker.kill()
        since = client.mark()
        broker.start()
        node.wait_log(": connected (MQTT", timeout=15, count=times + 1)
        client.wait("info", since=since, timeout=15)

    for _ in range(3):
        cycle()
    before = node.descriptors(), node.threads(), node.rss_kb()
    for _ in range(100 if soak else 4):
        cycle()
    wait_until(lambda: (node.descriptors(), node.threads()) <= before[:2], 10,
               f"descriptors and threads are back at {before[:2]}")
    print(f"memory: {before[2]} kB, then {node.rss_kb()} kB")
    assert node.rss_kb() < before[2] + 3000
