"""Fixtures: one guest with its USB cameras for all tests, a broker on the host, and the node in the
guest, which the tests reach as if it ran here."""

import os
import sys
from pathlib import Path

os.environ.setdefault("CAMNODE_TEST_SLOWNESS", "3")  # as tests/CMakeLists.txt has it
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import pytest  # noqa: E402
from support.broker import Broker  # noqa: E402
from support.client import Client  # noqa: E402
from support.ports import free_port  # noqa: E402

from guest import Guest, UsbCamera, missing  # noqa: E402
from guest_node import GuestNode  # noqa: E402

SOAK = bool(os.environ.get("CAMNODE_SOAK"))


@pytest.fixture(scope="session")
def soak():
    """True for the full counts (tests/run --soak)."""
    return SOAK


@pytest.fixture(scope="session")
def figure(record_testsuite_property):
    """figure(name, value): measured, not judged; it stands in the report."""
    return record_testsuite_property


@pytest.fixture(scope="session")
def http_port():
    """Of the node: the guest's is forwarded before the node starts."""
    return free_port()


@pytest.fixture(scope="session")
def guest(tmp_path_factory, http_port):
    if missing():
        pytest.skip(missing())
    guest = Guest(tmp_path_factory.mktemp("guest"), ports=[http_port])
    try:
        yield guest.start()
    finally:
        guest.stop()


@pytest.fixture(scope="session")
def port_camera(guest):
    """At the first USB port, and known to the guest's udev."""
    camera = UsbCamera(guest)
    guest.wait_for_camera()
    yield camera
    camera.stop()


@pytest.fixture
def usb_camera(port_camera):
    """Plugged in and sound, before and after each test."""
    yield port_camera
    port_camera.command("heal")
    port_camera.command("plug")


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    broker = Broker(tmp_path_factory.mktemp("broker")).start()
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def make_node(request, guest, port_camera, broker, http_port):
    """make_node(**configuration): a started node. There is one at a time: it ends the one before."""
    nodes = []

    def end():
        try:
            nodes[-1].stop()
        finally:
            nodes[-1].kill()

    def make(**changes):
        if nodes:
            end()
        name = f"{request.module.__name__}-{len(nodes)}"
        nodes.append(GuestNode(guest, name, http_port, broker.port, **changes))
        return nodes[-1].start()

    yield make
    if nodes:
        end()


@pytest.fixture(scope="module")
def node(make_node):
    """With the camera at the first USB port, which sends JPEGs of 640x480."""
    return make_node()


@pytest.fixture
def client(node, broker):
    """A client that hears everything, once the camera is online."""
    client = Client(broker.port)
    client.wait("cam/cam0/status", lambda message: message.text == "online", timeout=20)
    yield client
    client.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failing test shows the ends of the node's log and of the guest's console."""
    outcome = yield
    report = outcome.get_result()
    funcargs = getattr(item, "funcargs", {})
    if report.failed and "guest" in funcargs:
        report.sections.append(("console", funcargs["guest"].console_tail()))
    if report.failed and "node" in funcargs:
        report.sections.append(("camnode.log", funcargs["node"].log[-6000:]))
