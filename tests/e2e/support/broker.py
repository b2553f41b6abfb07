"""A real mosquitto on a port of its own."""

import atexit
import os
import shutil
import signal
import subprocess

from .ports import free_port, is_open
from .wait import wait_until

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


class Broker:
    def __init__(self, folder, extra=(), port=None, anonymous=True):
        self.port = port or free_port()
        self.folder = folder
        self.config = folder / "mosquitto.conf"
        self.log = folder / "mosquitto.log"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"listener {self.port} 127.0.0.1", f"allow_anonymous {str(anonymous).lower()}"]
        if os.geteuid() == 0:
            lines.append("user root")  # else it becomes "mosquitto" and cannot read the test's files
        self.config.write_text("\n".join([*lines, *extra, ""]))
        self.process = None
        atexit.register(self.kill)  # also after a test that failed before it stopped its broker

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [MOSQUITTO, "-v", "-c", str(self.config)], stdout=log, stderr=log)
        wait_until(lambda: is_open(self.port), 10, "mosquitto listens")
        return self

    def kill(self):
        """As a crash: no DISCONNECT, no last words."""
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def _end(self, signum):
        if self.process:
            self.process.send_signal(signum)
            self.process.wait(10)
            self.process = None
