"""The real binary in the guest, with the interface of support.node.Node."""

import shlex
import subprocess

from support.node import BINARY, Node, camera, merge
from support.wait import wait_until

from guest import HOST, camera_id


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


def usb_camera(**changes):
    """Of a configuration: the camera at the first USB port, whose JPEGs are passed through."""
    return camera(**{"source": f"libcamera:{camera_id(1)}", "size": "640x480", "format": "MJPEG",
                     **changes})


class GuestNode(Node):
    """Its folder is shared with the host; recordings and state stay in the guest's memory."""

    def __init__(self, guest, name, http_port, broker_port, **changes):
        self.guest = guest
        super().__init__(
            guest.folder / name, broker_port=broker_port,
            **merge({"mqtt": {"host": HOST}, "node": {"state_dir": f"/run/{name}/state"},
                     "http": {"bind": "0.0.0.0", "anonymous": True, "port": http_port},
                     "record": {"dir": f"/run/{name}/recordings"},
                     "cameras": [usb_camera()]}, changes))

    def start(self, wait=True, env=None):
        self.write_config()
        self.guest.run(f"mkdir -p {self.recordings.parent}")
        self.process = GuestProcess(
            self.guest, [str(BINARY), "--config", str(self.path), "--log-level", "debug"],
            self.folder, self.log_path)
        if wait:
            self.wait_ready()
        return self

    def rss_kb(self):
        """By the pages themselves: the kernel's own count misses a driver's buffers when they come
        and not when they go, so that it falls with each replug."""
        status, output = self.guest.run(f"grep ^Rss /proc/{self.process.pid}/smaps_rollup")
        assert status == 0, output
        return int(output.split()[1])

    def thread_cpu_s(self):
        """CPU time so far, by the thread's name."""
        status, output = self.guest.run(f"cd /proc/{self.process.pid}/task && grep -H . */comm */schedstat")
        lines = [line.split(":", 1) for line in output.splitlines()]
        names = {path.split("/")[0]: text for path, text in lines if path.endswith("comm")}
        times = {}
        for path, text in lines:
            if path.endswith("schedstat"):
                name = names[path.split("/")[0]]
                times[name] = times.get(name, 0) + int(text.split()[0]) / 1e9
        return times

    def metric(self, name):
        """The first value of that metric."""
        for line in self.get("/metrics").text.splitlines():
            if line.startswith(name):
                return float(line.split()[-1])
        raise AssertionError(f"no metric {name}")

    def _count(self, folder):
        status, output = self.guest.run(f"ls /proc/{self.process.pid}/{folder} | wc -l")
        assert status == 0, output
        return int(output)

    def descriptors(self):
        return self._count("fd")

    def threads(self):
        return self._count("task")
