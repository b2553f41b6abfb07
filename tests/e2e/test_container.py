"""deploy/container's configurations and health check, with other paths and ports: no engine is at hand."""

import os
import subprocess

import pytest
import yaml

from support.broker import Broker, passwords
from support.node import CAMERA, ROOT, run
from support.ports import free_port
from support.wait import SLOWNESS, wait_until

pytestmark = pytest.mark.skipif(SLOWNESS > 1, reason="of configurations: no sanitizer looks at them")

FOLDER = ROOT / "deploy/container"


def healthcheck(port):
    return subprocess.run([FOLDER / "healthcheck", str(port)], capture_output=True, timeout=30, check=False).returncode


@pytest.fixture
def secrets(tmp_path):
    folder = tmp_path / "secrets"
    folder.mkdir()
    passwords(folder, camnode="of the node").rename(folder / "mosquitto-passwords")
    (folder / "mqtt-password").write_text("of the node\n")
    (folder / "admin-hash").write_text(run("--hash-password", text="of the page\n").stdout)
    for path in folder.iterdir():
        path.chmod(0o600)
    return folder


@pytest.fixture
def broker(tmp_path, secrets):
    broker = Broker(tmp_path / "mosquitto")
    text = (FOLDER / "mosquitto.conf").read_text()
    for old, new in {"/run/secrets/": f"{secrets}/", "listener 1883": f"listener {broker.port} 127.0.0.1",
                     "/mosquitto/data/": f"{broker.folder}/"}.items():
        assert old in text
        text = text.replace(old, new)
    broker.config.write_text(text + ("user root\n" if os.geteuid() == 0 else ""))
    yield broker.start()
    broker.stop()


def test_node_and_broker_work_together(tmp_path, secrets, broker, make_node):
    node = make_node(start=False)
    text = (FOLDER / "node.yaml").read_text().replace("/run/secrets/", f"{secrets}/")
    node.config = yaml.safe_load(text.replace("/var/lib/camnode", str(tmp_path / "lib")))
    assert node.config["http"]["port"] == 8080, "what the health check asks by itself"
    node.config["mqtt"] |= {"host": "127.0.0.1", "port": broker.port}
    node.config["http"]["port"] = port = free_port()
    node.config["cameras"] = [CAMERA]
    assert healthcheck(port) != 0
    node.start()
    assert healthcheck(port) == 0
    wait_until(lambda: '"ok"' in node.get("/healthz").text, 15, "healthy, and the broker is reached")
    assert node.get("/api/v1/state").status_code == 401
    assert node.get("/api/v1/state", auth=("admin", "of the page")).ok
