"""A service manager's side of sd_notify(3), and a debugger's hold on one thread."""

import ctypes
import errno
import os
import select
import socket
import threading
import time
from pathlib import Path

import pytest

from .wait import SLOWNESS

PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207


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
        deadline = time.monotonic() + timeout * SLOWNESS
        while True:
            said = self._hear(deadline - time.monotonic())
            assert said is not None, f"no {name} within {timeout} s; heard {self.heard[-10:]}"
            if name in said and accept(said[name]):
                return said

    def silent_since(self, name, silence_s, timeout):
        """Waits until `name` was not said for so long; when it was said last."""
        last = time.monotonic()
        deadline = last + timeout * SLOWNESS
        while time.monotonic() < last + silence_s:
            assert time.monotonic() < deadline, f"{name} is still said"
            said = self._hear(last + silence_s - time.monotonic())
            if said and name in said:
                last = time.monotonic()
        return last

    def close(self):
        self._socket.close()


class StoppedThread:
    """with StoppedThread(pid, name): one thread of a process stands still while the others go on, as
    for a debugger. Who traces is itself a thread, so it is one of its own."""

    def __init__(self, pid, name):
        self.tid = next(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()
                        if (task / "comm").read_text().strip() == name)
        self._ready, self._end = threading.Event(), threading.Event()
        self._error = None
        self._tracer = threading.Thread(target=self._hold, daemon=True)

    def __enter__(self):
        self._tracer.start()
        self._ready.wait(10)
        if self._error == errno.EPERM:
            pytest.skip("this machine lets nobody trace threads")
        assert not self._error, f"ptrace: {os.strerror(self._error)}"

    def _hold(self):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
            if libc.ptrace(request, self.tid, None, None) < 0:
                self._error = ctypes.get_errno()
        self._ready.set()
        self._end.wait()

    def __exit__(self, *_):
        """The kernel lets it go when its tracer ends."""
        self._end.set()
        self._tracer.join()
