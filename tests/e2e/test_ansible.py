"""deploy/ansible's settings, secrets and check, on this machine, with other folders: packages and
services are not touched."""

import grp
import os
import re
import stat
import subprocess

import pytest
import yaml

from support.broker import Broker, passwords
from support.node import BINARY, CAMERA, ROOT, run
from support.ports import free_port
from support.wait import SLOWNESS, wait_until

pytestmark = pytest.mark.skipif(SLOWNESS > 1, reason="of configurations: no sanitizer looks at them")

FOLDER = ROOT / "deploy/ansible"
HOSTS = ("garage", "porch")


class Fleet:
    def __init__(self, folder):
        self.folder = folder
        self.inventory = folder / "inventory.yml"
        self.ports = {host: free_port() for host in HOSTS}
        self.credentials = folder / "credentials"

    def write(self, broker, **extra):
        """The example with this machine's places, and a camera of its own for each."""
        whole = yaml.safe_load((FOLDER / "inventory.example.yml").read_text())
        del whole["all"]["children"]["brokers"]
        whole["all"]["vars"] = {
            "ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": "/usr/bin/python3",
            "camnode_credentials": str(self.credentials), "camnode_program": str(BINARY), "camnode_group": grp.getgrgid(os.getgid()).gr_name,
            "camnode_folder": f"{self.folder}/{{{{ inventory_hostname }}}}", "camnode_health_tries": 1, **extra}
        nodes = whole["all"]["children"]["nodes"]
        nodes["vars"]["camnode_broker"] = {"host": "127.0.0.1", "port": broker}
        nodes["vars"]["camnode_users"][0]["hash"] = run("--hash-password", text="of the page\n").stdout.strip()
        for host, values in nodes["hosts"].items():
            (self.folder / host).mkdir(exist_ok=True)
            values["camnode_own_settings"] = {
                "http": {"port": self.ports[host]}, "cameras": [CAMERA], "governor": {"enabled": False},
                "node": {"state_dir": f"{self.folder}/{host}/state"},
                "record": {"dir": f"{self.folder}/{host}/recordings"}}
        self.inventory.write_text(yaml.safe_dump(whole))

    def play(self, *options):
        result = subprocess.run(
            ["ansible-playbook", "-i", self.inventory, FOLDER / "site.yml", *options], text=True, cwd=self.folder,
            capture_output=True, timeout=110, check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8", "ANSIBLE_HOME": str(self.folder / "home"),
                 "ANSIBLE_LOCAL_TEMP": str(self.folder / "home/tmp"),
                 "ANSIBLE_REMOTE_TEMP": str(self.folder / "home/tmp"), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_PIPELINING": "1"})
        return result.returncode, result.stdout + result.stderr


@pytest.fixture
def fleet(tmp_path):
    return Fleet(tmp_path)


def test_each_node_has_credentials_of_its_own_and_is_checked(fleet, tmp_path, make_node):
    port = free_port()
    fleet.write(port)
    status, told = fleet.play("--tags", "config")
    assert status == 0, told
    secrets = {host: (fleet.credentials / host / "mqtt").read_text().strip() for host in HOSTS}
    assert secrets["garage"] != secrets["porch"] and all(len(text) == 24 for text in secrets.values())
    assert not [text for text in secrets.values() if text in told]
    for host in HOSTS:
        for name in ("mqtt-password", "node.yaml", "user-admin.hash"):
            assert stat.S_IMODE((fleet.folder / host / name).stat().st_mode) == 0o640
    config = yaml.safe_load((fleet.folder / "garage/node.yaml").read_text())
    assert config["node"]["name"] == "The garage" and config["record"]["keep_days"] == 30

    file = passwords(tmp_path / "broker", **secrets)
    broker = Broker(tmp_path / "broker", [f"password_file {file}"], port=port, anonymous=False).start()
    try:
        status, told = fleet.play("--tags", "check")
        assert status != 0 and told.count("TASK [camnode : It is well]") == 1, "the second is left alone when the first is not well"
        nodes = []
        for host in HOSTS:
            node = make_node(start=False)
            node.config = yaml.safe_load((fleet.folder / host / "node.yaml").read_text())
            nodes.append(node.start())
        for node in nodes:
            wait_until(lambda node=node: '"ok"' in node.get("/healthz").text, 20, "it is well")
        status, told = fleet.play("--tags", "config,check")
        assert status == 0, told
        assert re.findall(r"changed=(\d+)", told) == ["0", "0"], "a second run changes nothing"
    finally:
        broker.stop()


def test_wrong_settings_are_not_put_in_place(fleet):
    fleet.write(free_port(), camnode_name="x" * 65)
    whole = yaml.safe_load(fleet.inventory.read_text())
    del whole["all"]["children"]["nodes"]["hosts"]["garage"]["camnode_name"]
    fleet.inventory.write_text(yaml.safe_dump(whole))
    status, told = fleet.play("--tags", "config", "--limit", "garage")
    assert status != 0 and "node.name" in told and not (fleet.folder / "garage/node.yaml").exists()
