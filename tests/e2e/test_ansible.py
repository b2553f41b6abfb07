"""deploy/ansible's settings, secrets and check, on this machine, with other folders: packages and
services are not touched."""

import grp
import os
import pathlib
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
    status, told = fleet.play("--tags", "config", "--skip-tags", "check")
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
        whole = yaml.safe_load(fleet.inventory.read_text())
        whole["all"]["children"]["nodes"]["hosts"]["porch"]["camnode_own_settings"]["telemetry"] = {"interval_s": 7}
        fleet.inventory.write_text(yaml.safe_dump(whole))
        status, told = fleet.play("--tags", "config", "-e", "camnode_health_tries=5")
        assert status == 0, told
        assert re.findall(r"changed=(\d+)", told) == ["0", "1"], "a second run changes only what is new"
        assert re.findall(r"\[camnode : (Restart camnode|It is well)\]", told) == [
            "It is well", "Restart camnode", "It is well"], "each is checked, after its restart"
    finally:
        broker.stop()


def test_wrong_settings_are_not_put_in_place(fleet):
    fleet.write(free_port(), camnode_name="x" * 65)
    whole = yaml.safe_load(fleet.inventory.read_text())
    del whole["all"]["children"]["nodes"]["hosts"]["garage"]["camnode_name"]
    fleet.inventory.write_text(yaml.safe_dump(whole))
    status, told = fleet.play("--tags", "config", "--limit", "garage")
    assert status != 0 and "node.name" in told and not (fleet.folder / "garage/node.yaml").exists()


def test_settings_may_name_files_beside_them(fleet):
    fleet.write(free_port(), camnode_settings={"http": {"tls_cert_file": "http-cert.pem", "tls_key_file": "http-key.pem"}})
    whole = yaml.safe_load(fleet.inventory.read_text())
    del whole["all"]["children"]["nodes"]["vars"]["camnode_settings"]
    fleet.inventory.write_text(yaml.safe_dump(whole))
    folder = fleet.folder / "garage"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=garage", "-keyout", folder / "http-key.pem", "-out", folder / "http-cert.pem"],
                   check=True, capture_output=True)
    status, told = fleet.play("--tags", "config", "--skip-tags", "check", "--limit", "garage")
    assert status == 0, told
    assert yaml.safe_load((folder / "node.yaml").read_text())["http"]["tls_cert_file"] == "http-cert.pem"
    assert not (folder / "node.yaml.new").exists()


RELEASE = re.search(r'VERSION_ID="?(\d+)', pathlib.Path("/etc/os-release").read_text())[1]


@pytest.mark.parametrize("versions,newest", [
    (("0.9.0-1", "0.10.0-1", "0.1.0-1", "0.1.0~git20261126214800.6034135-1"), "0.10.0-1"),
    (("0.1.0-1", "0.1.0~git20261101000000.fffffff-1"), "0.1.0-1")])
def test_a_first_look_changes_nothing_and_names_the_newest_package(fleet, versions, newest):
    packages = fleet.folder / "packages"
    packages.mkdir()
    mine = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()
    names = [f"camnode_{version}~deb{RELEASE}u1_{mine}.deb" for version in versions]
    for name in (*names, f"camnode_9.0.0-1~deb{RELEASE}u1_other.deb", f"camnode_9.0.0-1~deb1u1_{mine}.deb"):
        (packages / name).touch()
    fleet.write(free_port(), camnode_packages=str(packages))
    status, told = fleet.play("--check", "--diff", "-v", "--limit", "garage")
    assert status == 0, told
    assert f'"stdout": "camnode_{newest}~deb{RELEASE}u1_{mine}.deb"' in told
    assert not list((fleet.folder / "garage").iterdir())
