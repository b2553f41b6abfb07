"""The node as a service: what it tells a service manager, and its watchdog. The same under systemd
itself: tests/vm/test_systemd.py."""

import os
import signal
import time

import pytest
from support.manager import Manager
from support.mjpeg import Viewer
from support.node import camera
from support.stopped_thread import StoppedThread

CONTROL_S, HTTP_S = 10, 40  # without a beat, and they are late
BEAT_S = 10  # how often they beat with nothing to do
WATCHDOG_S = 4

slow = pytest.mark.skipif(os.environ.get("CAMNODE_SANITIZE", "") != "",
                          reason="waiting for what a sanitizer cannot see")


@pytest.fixture
def manager(tmp_path):
    manager = Manager(tmp_path / "manager")
    yield manager
    manager.close()


def test_it_tells_what_it_does(broker, make_node, make_client, manager):
    node = make_node(start=False, broker_port=broker.port, cameras=[camera(), camera(id="cam1")])
    node.start(env=manager.environment(), wait=False)
    manager.wait("READY", lambda value: value == "1")
    node.wait_ready()
    idle = "2 cameras online, 0 recording, 0 viewers, broker connected"
    manager.wait("STATUS", lambda status: status == idle)
    with Viewer(node):
        manager.wait("STATUS", lambda status: "1 viewer," in status)
        client = make_client()
        assert client.command("cam/cam0/record/set", "ON")["ok"]
        manager.wait("STATUS", lambda status: "1 recording" in status)
        assert client.command("cam/cam1/enabled/set", "OFF")["ok"]
        manager.wait("STATUS", lambda status: status.startswith("1 camera online (1 off)"))
    broker.stop()
    manager.wait("STATUS", lambda status: status.endswith("broker away"))
    assert not any("WATCHDOG" in said for said in manager.heard), "nobody asked"
    node.stop()
    said = manager.wait("STOPPING")
    assert said == {"STOPPING": "1", "STATUS": "stopping"}


def test_a_reload_is_told(make_node, manager):
    node = make_node(start=False, mqtt={"enabled": False}).start(env=manager.environment())
    manager.wait("READY")
    for text, outcome in (("", "reload: nothing has changed"), ("node: [", "nothing was changed")):
        node.path.write_text(node.path.read_text() + text)
        before = time.monotonic()
        node.signal(signal.SIGHUP)
        began = manager.wait("RELOADING")
        assert before <= int(began["MONOTONIC_USEC"]) / 1e6 <= time.monotonic()
        manager.wait("READY")
        node.wait_log(outcome)


def test_the_watchdog_is_fed_while_all_moves(broker, make_node, manager):
    node = make_node(start=False, broker_port=broker.port)
    node.start(env=manager.environment(WATCHDOG_S))
    for _ in range(3):
        manager.wait("WATCHDOG", lambda value: value == "1", timeout=WATCHDOG_S)
    # What is missing is no reason to starve.
    broker.stop()
    manager.wait("STATUS", lambda status: status.endswith("broker away"), timeout=20)
    manager.wait("WATCHDOG", timeout=WATCHDOG_S)


@pytest.fixture
def tracing(make_node):
    """Skips where nobody may trace a thread."""
    node = make_node(mqtt={"enabled": False})
    try:
        with StoppedThread(node.process.pid, "camnode"):
            pass
    except PermissionError as error:
        pytest.skip(str(error))


def check_starves(node, manager, thread, part, limit_s):
    manager.wait("WATCHDOG")
    with StoppedThread(node.process.pid, thread):
        began = time.monotonic()
        fed = manager.silent_since("WATCHDOG", 2 * WATCHDOG_S, limit_s + 20 + 5 * WATCHDOG_S)
        assert fed - began > limit_s - BEAT_S - WATCHDOG_S
        node.wait_log(f"watchdog: {part} has not moved for {limit_s} s")
    manager.wait("WATCHDOG", timeout=20)
    node.wait_log("watchdog: all parts of the node move again")


@slow
@pytest.mark.usefixtures("tracing")
def test_a_stopped_control_loop_starves_the_watchdog(make_node, manager):
    node = make_node(start=False, mqtt={"enabled": False})
    node.start(env=manager.environment(WATCHDOG_S))
    check_starves(node, manager, "camnode", "control", CONTROL_S)


@slow
@pytest.mark.usefixtures("tracing")
def test_a_stopped_server_starves_the_watchdog(make_node, manager, soak):
    """And one that nobody asks for anything does not."""
    if not soak:
        pytest.skip("takes two minutes")
    node = make_node(start=False, mqtt={"enabled": False})
    node.start(env=manager.environment(WATCHDOG_S))
    quiet = time.monotonic()
    while time.monotonic() < quiet + HTTP_S + WATCHDOG_S:
        manager.wait("WATCHDOG", timeout=WATCHDOG_S)
    check_starves(node, manager, "MHD-single", "HTTP", HTTP_S)
