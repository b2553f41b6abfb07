"""Fixtures: a broker, and the node with libcamera's virtual cameras (tests/virtual/prepare)."""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import pytest  # noqa: E402
from support.broker import Broker  # noqa: E402
from support.client import Client  # noqa: E402
from support.node import BINARY, ROOT, Node, camera  # noqa: E402
from support.report import add_log_tails  # noqa: E402

LIBCAMERA = Path(os.environ.get("CAMNODE_LIBCAMERA", ROOT / "build/libcamera"))
ENVIRONMENT = {"LD_PRELOAD": str(LIBCAMERA / "lib/fake-udmabuf.so"),
               "LIBCAMERA_PIPELINES_MATCH_LIST": "virtual"}


def virtual_camera(**changes):
    """Of a configuration: the first one, 640x480 and 320x240 of colour bars."""
    return camera(**{"source": "libcamera:Virtual0", "size": "640x480", "format": "NV12", **changes})


@pytest.fixture(scope="session")
def figure(record_testsuite_property):
    """figure(name, value): measured, not judged; it stands in the report."""
    return record_testsuite_property


@pytest.fixture(scope="session")
def listing():
    """What `--list-cameras` says."""
    run = subprocess.run([str(BINARY), "--list-cameras"], capture_output=True, text=True, timeout=30,
                         check=True, env={**os.environ, **ENVIRONMENT})
    assert "Virtual0" in run.stdout, f"no build of cmake --preset virtual? {run}"
    return run.stdout


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    broker = Broker(tmp_path_factory.mktemp("broker")).start()
    yield broker
    broker.stop()


@pytest.fixture
def make_node(tmp_path, broker, listing):
    """make_node(**configuration): a started node with the first virtual camera."""
    nodes = []

    def make(**changes):
        changes.setdefault("cameras", [virtual_camera()])
        nodes.append(Node(tmp_path / f"node{len(nodes)}", broker_port=broker.port, **changes))
        return nodes[-1].start(env=ENVIRONMENT)

    yield make
    for node in nodes:
        try:
            node.stop()
        finally:
            node.kill()


@pytest.fixture
def node(make_node):
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
    """A failing test shows the ends of its nodes' logs."""
    outcome = yield
    add_log_tails(item, outcome.get_result())
