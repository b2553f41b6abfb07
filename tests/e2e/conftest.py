"""Fixtures: a real mosquitto and the real binary, each in a folder of its own."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support import contract  # noqa: E402
from support.broker import Broker  # noqa: E402
from support.client import Client  # noqa: E402
from support.node import Node  # noqa: E402
from support.report import add_log_tails  # noqa: E402

SOAK = bool(os.environ.get("CAMNODE_SOAK"))


@pytest.fixture(scope="session")
def soak():
    """True for the full counts (tests/run --soak)."""
    return SOAK


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path / "broker").start()
    yield broker
    broker.stop()


@pytest.fixture
def make_node(tmp_path):
    """make_node(broker_port=…, **configuration): a started node, stopped and checked afterwards."""
    nodes = []

    def make(start=True, **changes):
        node = Node(tmp_path / f"node{len(nodes)}", **changes)
        nodes.append(node)
        return node.start() if start else node

    yield make
    failure = None
    for node in nodes:
        try:
            node.stop()
        except AssertionError as error:
            node.kill()
            failure = failure or error
    if failure:
        raise failure


@pytest.fixture
def node(broker, make_node):
    """A node with one pattern camera, connected to the broker."""
    return make_node(broker_port=broker.port)


@pytest.fixture
def make_client(broker):
    clients = []

    def make(port=broker.port, **kwargs):
        clients.append(Client(port, **kwargs))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(node, make_client):
    """A client that hears everything, once the node is connected and its camera is online."""
    client = make_client()
    client.wait("status", lambda message: message.text == "online", timeout=10)
    client.wait("cam/cam0/status", lambda message: message.text == "online", timeout=10)
    return client


@pytest.fixture
def browser(tmp_path):
    from support.browser import Browser  # not every machine that runs tests has one

    browser = Browser(tmp_path / "chromium")
    yield browser
    browser.close()


@pytest.fixture
def site(tmp_path):
    """The fleet's page behind nginx, not started yet."""
    from support.site import Site  # as above

    site = Site(tmp_path / "site")
    yield site
    site.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failing test shows the tail of its nodes' logs."""
    outcome = yield
    add_log_tails(item, outcome.get_result())


def pytest_terminal_summary(terminalreporter):
    """What was held against the contract."""
    if contract.COUNTS:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(contract.COUNTS.items()))
        terminalreporter.write_line(f"messages validated: {sum(contract.COUNTS.values())} "
                                    f"of {len(contract.COUNTS)} kinds: {kinds}")
