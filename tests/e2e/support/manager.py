"""A service manager's side of sd_notify(3)."""

import select
import socket
import time

from .wait import PATIENCE


class Manager:
    """Hears what a node says to NOTIFY_SOCKET, with the time."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "notify.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self.heard = []

    def environment(self, watchdog_s=None):
        result = {"NOTIFY_SOCKET": str(self.path)}
        if watchdog_s:
            result["WATCHDOG_USEC"] = str(int(watchdog_s * 1e6))
        return result

    def _hear(self, timeout):
        """The next datagram as a dictionary; None within the time."""
        if not select.select([self._socket], [], [], max(timeout, 0))[0]:
            return None
        text = self._socket.recv(4096).decode()
        self.heard.append(dict(line.split("=", 1) for line in text.split("\n")))
        return self.heard[-1]

    def wait(self, name, accept=lambda value: True, timeout=10):
        """The next one that says `name` with a value that is as wanted."""
        deadline = time.monotonic() + timeout * PATIENCE
        while True:
            said = self._hear(deadline - time.monotonic())
            assert said is not None, f"no {name} within {timeout} s; heard {self.heard[-10:]}"
            if name in said and accept(said[name]):
                return said

    def silent_since(self, name, silence_s, timeout):
        """Waits until `name` was not said for so long; when it was said last."""
        last = time.monotonic()
        deadline = last + timeout * PATIENCE
        while time.monotonic() < last + silence_s:
            assert time.monotonic() < deadline, f"{name} is still said"
            said = self._hear(last + silence_s - time.monotonic())
            if said and name in said:
                last = time.monotonic()
        return last

    def close(self):
        self._socket.close()
