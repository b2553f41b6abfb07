"""deploy/mosquitto as it is deployed, with other paths and ports: nodes, dashboards, operators, Home
Assistant and a bridged site, each with what it may do and no more.
"""

import os
import shutil

import pytest

from support.broker import Broker, passwords
from support.certificates import Authority
from support.client import Client
from support.home_assistant import HomeAssistant
from support.node import ROOT
from support.ports import free_port, is_open
from support.wait import wait_until

DEPLOY = ROOT / "deploy/mosquitto"


def online(message):
    return message.text == "online"


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "certificates")


USERS = {"node1": "n1", "node2": "n2", "dashboard": "d", "operator": "o", "homeassistant": "h", "site1": "s"}


class FleetBroker(Broker):
    """deploy/mosquitto/fleet.conf with other paths and ports."""

    def __init__(self, folder, authority):
        super().__init__(folder)
        self.certificate_port, self.websocket_port = free_port(), free_port()
        text = (DEPLOY / "fleet.conf").read_text()
        certificate, key = authority.issue("server")
        shutil.copy(DEPLOY / "fleet.acl", folder / "fleet.acl")
        (folder / "fleet.acl").chmod(0o600)
        for old, new in {
                "/etc/mosquitto/passwords": passwords(folder, **USERS),
                "/etc/mosquitto/fleet.acl": folder / "fleet.acl",
                "/etc/mosquitto/certs/ca.crt": authority.file,
                "/etc/mosquitto/certs/server.crt": certificate,
                "/etc/mosquitto/certs/server.key": key,
                "listener 8883": f"listener {self.port}",
                "listener 8884": f"listener {self.certificate_port}",
                "listener 9001": f"listener {self.websocket_port}"}.items():
            assert old in text, f"fleet.conf has no {old}"
            text = text.replace(old, str(new))
        # Debian's own mosquitto.conf, which includes the fleet's.
        (folder / "conf.d").mkdir()
        (folder / "conf.d/fleet.conf").write_text(text)
        self.config.write_text(f"persistence true\npersistence_location {folder}/\nlog_dest file {folder}/debian.log\n"
                               f"include_dir {folder}/conf.d\n" + ("user root\n" if os.geteuid() == 0 else ""))
        self.tls = {"ca_certs": str(authority.file)}

    def start(self):
        super().start()
        for port in (self.certificate_port, self.websocket_port):
            wait_until(lambda port=port: is_open(port), 10, "every listener is there")
        return self


@pytest.fixture
def fleet(tmp_path, authority):
    broker = FleetBroker(tmp_path / "fleet", authority).start()
    yield broker
    broker.stop()


@pytest.fixture
def fleet_client(fleet):
    clients = []

    def make(user, **options):
        options.setdefault("port", fleet.port)
        options.setdefault("replies", f"reply/{user}/")
        clients.append(Client(username=user, password=USERS[user], tls=fleet.tls, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def fleet_node(make_node, fleet, authority, name, **options):
    return make_node(broker_port=options.pop("port", fleet.port), node={"id": name},
                     mqtt={"tls": True, "ca_file": str(authority.file), **options})


def test_a_node_works_with_the_fleets_broker(fleet, authority, fleet_client, make_node):
    node = fleet_node(make_node, fleet, authority, "node1", username="node1", password="n1")
    operator = fleet_client("operator")
    operator.wait("cam/cam0/status", online, timeout=10)
    assert operator.command("cam/cam0/snapshot/set", {"id": "1"})["ok"]
    operator.wait("cam/cam0/snapshot")
    home = HomeAssistant(fleet_client("homeassistant"))
    entities = home.wait_discovery()["entities"]
    home.press(entities["cam0_recording"], "ON")
    home.wait_state(entities["cam0_recording"], lambda state: state == "ON")
    since = home.client.mark()
    home.client.send(home.birth_topic, "online", qos=0)
    home.wait_discovery(since=since, timeout=15)
    assert "refuses" not in node.log, node.log


def test_a_node_with_a_certificate_needs_no_password(fleet, authority, fleet_client, make_node):
    certificate, key = authority.issue("node2", alt="DNS:node2")
    fleet_node(make_node, fleet, authority, "node2", port=fleet.certificate_port,
               cert_file=str(certificate), key_file=str(key))
    dashboard = fleet_client("dashboard", node="node2")
    dashboard.wait("cam/cam0/status", online, timeout=10)


def test_a_node_cannot_speak_for_another(fleet, authority, fleet_client, make_node):
    dashboard = fleet_client("dashboard", node="n1")
    node = fleet_node(make_node, fleet, authority, "node2", username="node1", password="n1")
    node.wait_log("the broker refuses ")
    fleet_client("site1", subscribe=False).send("camnode/n1/status", "online")
    dashboard.wait("status")
    assert not [m for m in dashboard.messages if "/node2/" in m.topic]


def test_a_dashboard_sees_all_and_changes_nothing(fleet, authority, fleet_client, make_node):
    fleet_node(make_node, fleet, authority, "node1", username="node1", password="n1")
    dashboard = fleet_client("dashboard", port=fleet.websocket_port, websockets=True)
    dashboard.wait("cam/cam0/status", online, timeout=10)
    operator = fleet_client("operator")
    since = operator.mark()
    for topic in ("camnode/node1/cam/cam0/record/set", "camnode/node1/status", "homeassistant/status",
                  "reply/operator/1", "camnode/dashboard/status"):
        dashboard.send(topic, "ON")
    assert operator.command("cam/cam0/record/set", "OFF")["data"]["already"] is True
    heard = {m.topic for m in operator.messages[since:]}
    assert not {"reply/operator/1", "camnode/dashboard/status"} & heard
    assert not [m for m in operator.all("status", since) if not online(m)]


def test_a_newcomer_gets_every_retained_message(fleet, fleet_client):
    """With mosquitto's own max_queued_messages a subscriber with QoS 1 lost most of them."""
    count = 5000
    site = fleet_client("site1", subscribe=False)
    for i in range(count):
        site.send(f"camnode/n{i}/status", "online", qos=0, retain=True, wait=False)
    site.send("camnode/end/status", "online", qos=1, retain=True)
    dashboard = fleet_client("dashboard", node="end")
    wait_until(lambda: len({m.topic for m in list(dashboard.messages)}) == count + 1, 30, "all of them")


def test_sites_are_bridged_to_a_central_broker(fleet, authority, fleet_client, tmp_path, make_node):
    text = (DEPLOY / "site-bridge.conf").read_text()
    for old, new in {"broker.example.org:8883": f"127.0.0.1:{fleet.port}", "change-me": "s",
                     "/etc/mosquitto/certs/ca.crt": authority.file, "restart_timeout 5 60": "restart_timeout 1"}.items():
        assert old in text
        text = text.replace(old, str(new))
    site = Broker(tmp_path / "site", extra=text.splitlines()).start()
    make_node(broker_port=site.port)
    operator = fleet_client("operator")
    operator.wait("cam/cam0/status", online, timeout=20)
    operator.wait("info")
    HomeAssistant(fleet_client("homeassistant")).wait_discovery()
    reply = operator.command("cam/cam0/snapshot/set", {"id": "far"})
    assert reply["ok"]
    operator.wait("cam/cam0/snapshot/meta", lambda m: m.json.get("id") == "far")
    operator.wait("cam/cam0/snapshot", lambda m: m.payload[:2] == b"\xff\xd8")
    since = operator.mark()
    fleet.kill()
    fleet.start()
    operator.wait("cam/cam0/status", online, since=since, timeout=30)
    assert operator.command("cam/cam0/record/set", "OFF")["ok"]
    assert line_of_site(operator) == "1"
    site.kill()
    wait_until(lambda: line_of_site(operator) == "0", 20, "the site's line is down")
    assert operator.all("status")[-1].text == "online", "nobody is left to say otherwise"


def line_of_site(client):
    """As the central broker retains it: a node counts only while its site's line is up."""
    heard = [m for m in client.messages if m.topic == "sites/site1"]
    return heard[-1].text if heard else None
