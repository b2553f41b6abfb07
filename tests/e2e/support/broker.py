"""A real mosquitto on a port of its own."""

import atexit
import os
import shutil
import signal
import subprocess

from .ports import free_port, is_open
from .wait import PATIENCE, wait_until

# CAMNODE_MOSQUITTO: another version than the installed one.
MOSQUITTO = os.environ.get("CAMNODE_MOSQUITTO") or shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def passwords(folder, **users):
    """A password file for mosquitto."""
    path = folder / "passwords"
    folder.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.chmod(0o600)
    for user, password in users.items():
        subprocess.run(["mosquitto_passwd", "-b", str(path), user, password], check=True,
                       capture_output=True)
    return path


class Broker:
    def __init__(self, folder, extra=(), port=None, anonymous=True, namespace=None):
        """`namespace`: a Namespace (support/network.py) to run in."""
        self.port = port or free_port()
        self.host = namespace.inner if namespace else "127.0.0.1"
        self.prefix = namespace.prefix if namespace else []
        self.folder = folder
        self.config = folder / "mosquitto.conf"
        self.log = folder / "mosquitto.log"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"listener {self.port} {self.host}", f"allow_anonymous {str(anonymous).lower()}"]
        if os.geteuid() == 0:
            lines.append("user root")  # else it becomes "mosquitto" and cannot read the test's files
        self.config.write_text("\n".join([*lines, *extra, ""]))
        self.process = None
        atexit.register(self.kill)  # also after a test that failed before it stopped its broker

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, MOSQUITTO, "-v", "-c", str(self.config)], stdout=log, stderr=log)
        wait_until(lambda: is_open(self.port, self.host), 10, "mosquitto listens")
        return self

    def kill(self):
        """As a crash: no DISCONNECT, no last words."""
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def _end(self, signum):
        if self.process:
            self.process.send_signal(signum)
            self.process.wait(10 * PATIENCE)
            self.process = None
