"""The node as a service of the guest's systemd, installed as the build installs it."""

import json
import os
import subprocess

import yaml
from support.node import BINARY, Node, merge
from support.wait import wait_until

from guest import HOST
from guest_node import usb_camera

CONFIG = "/etc/camnode/node.yaml"
RECORDINGS = "/var/lib/camnode/recordings"


class Service(Node):
    def __init__(self, guest, http_port, broker_port, **changes):
        self.guest = guest
        super().__init__(
            guest.folder / "service", broker_port=broker_port,
            **merge({"mqtt": {"host": HOST}, "node": {"state_dir": "/var/lib/camnode/state"},
                     "http": {"bind": "0.0.0.0", "anonymous": True, "port": http_port},
                     "record": {"dir": RECORDINGS}, "cameras": [usb_camera()]}, changes))

    def run(self, command, timeout=120):
        """What it prints; its success is required."""
        status, output = self.guest.run(command, timeout)
        assert status == 0, f"{command}: {status}: {output}"
        return output

    def install(self):
        tree = self.folder / "installed"
        subprocess.run(["cmake", "--install", BINARY.parent, "--prefix", "/usr"], check=True,
                       stdout=subprocess.DEVNULL, env={**os.environ, "DESTDIR": str(tree)})
        self.run(f"cp -r {tree}/usr / && systemd-sysusers camnode.conf && systemctl daemon-reload")

    def write_config(self):
        """As the package has it: the user may read it, and nobody else."""
        self.path.write_text(yaml.safe_dump(self.config))
        self.run(f"install -d -m 750 -g camnode $(dirname {CONFIG}) && "
                 f"install -m 640 -g camnode {self.path} {CONFIG}")

    def write_guest_file(self, path, text, mode="644"):
        shared = self.folder / "file"
        shared.write_text(text)
        self.run(f"install -D -m {mode} {shared} {path}")

    def start(self, wait=True, env=None, binary=None):
        self.write_config()
        self.run("systemctl start camnode")
        return self

    def show(self, *names):
        output = self.run(f"systemctl show camnode -p {','.join(names)}")
        return dict(line.split("=", 1) for line in output.splitlines())

    @property
    def pid(self):
        return int(self.show("MainPID")["MainPID"])

    def wait_status_text(self, accept, timeout=15):
        return wait_until(lambda: [text for text in [self.show("StatusText")["StatusText"]]
                                   if accept(text)], timeout, "the status line")[0]

    def wait_restarted(self, pid, timeout):
        wait_until(lambda: self.show("MainPID", "ActiveState") != {"MainPID": str(pid)}
                   and self.show("ActiveState")["ActiveState"] == "active"
                   and self.pid not in (0, pid), timeout, "the service runs again", interval=0.5)

    def journal(self, *matches):
        """Entries of the service, each a dictionary."""
        output = self.run(f"journalctl -u camnode -o json {' '.join(matches)}")
        return [json.loads(line) for line in output.splitlines() if line.startswith("{")]

    @property
    def log(self):
        return self.run("journalctl -u camnode -o cat")

    def files(self, pattern):
        return self.run(f"find {RECORDINGS} -name '{pattern}'").split()
