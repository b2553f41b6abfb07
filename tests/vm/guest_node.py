"""The real binary in the guest, with the interface of support.node.Node."""

import shlex
import subprocess

from support.node import BINARY, Node, camera
from support.wait import wait_until

from guest import HOST


class GuestProcess:
    """A process in the guest, as subprocess.Popen: its pid and exit status are files in the shared
    folder."""

    def __init__(self, guest, command, folder, log):
        self._guest = guest
        self._pid = folder / "pid"
        self._status = folder / "status"
        self._pid.unlink(missing_ok=True)
        self._status.unlink(missing_ok=True)
        inner = f"cd {folder}; echo $$ >{self._pid}; exec {shlex.join(command)}"
        guest.run(f"(sh -c {shlex.quote(inner)} >>{log} 2>&1; echo $? >{self._status}) &")
        wait_until(lambda: self._pid.exists() and self._pid.read_text(), 10, "the process's id")

    @property
    def pid(self):
        return int(self._pid.read_text())

    def poll(self):
        text = self._status.read_text() if self._status.exists() else ""
        return int(text) if text else None

    def send_signal(self, signum):
        self._guest.run(f"kill -{int(signum)} {self.pid}")

    def kill(self):
        self.send_signal(9)

    def wait(self, timeout):
        try:
            wait_until(lambda: self.poll() is not None, timeout, "the process ends")
        except AssertionError:
            raise subprocess.TimeoutExpired("camnode", timeout) from None
        return self.poll()


class GuestNode(Node):
    """Its folder is shared with the host; recordings and state stay in the guest's memory."""

    def __init__(self, guest, http_port, broker_port, **changes):
        self.guest = guest
        super().__init__(
            guest.folder / "node", broker_port=broker_port,
            **{"mqtt": {"host": HOST}, "node": {"state_dir": "/run/state"},
               "http": {"bind": "0.0.0.0", "anonymous": True, "port": http_port},
               "record": {"dir": "/run/recordings"},
               "cameras": [camera(source="libcamera", size="640x480", format="MJPEG")], **changes})

    def start(self, wait=True, env=None):
        self.write_config()
        self.process = GuestProcess(
            self.guest, [str(BINARY), "--config", str(self.path), "--log-level", "debug"],
            self.folder, self.log_path)
        if wait:
            self.wait_ready()
        return self

    def _count(self, folder):
        status, output = self.guest.run(f"ls /proc/{self.process.pid}/{folder} | wc -l")
        assert status == 0, output
        return int(output)

    def descriptors(self):
        return self._count("fd")

    def threads(self):
        return self._count("task")
