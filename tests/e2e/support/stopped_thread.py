#!/usr/bin/python3
"""A debugger's hold on one thread: it stands still while the others of its process go on.

As a program, `stopped_thread.py PID NAME` holds it until one of both ends; it prints when it has."""

import ctypes
import os
import sys
import threading
from pathlib import Path

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WAIT_ALL = 0x40000000  # __WALL: threads too


def find_thread(pid, name):
    return next(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir() if name_of(task) == name)


def name_of(task):
    try:
        return (task / "comm").read_text().strip()
    except OSError:  # it has ended meanwhile
        return None


def ptrace(request, tid):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(request, tid, None, None) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace: {os.strerror(ctypes.get_errno())}")


def stop_thread(tid):
    """For as long as the thread that calls this lives, or until it detaches."""
    ptrace(PTRACE_SEIZE, tid)
    ptrace(PTRACE_INTERRUPT, tid)
    os.waitpid(tid, WAIT_ALL)  # whoever lets go before it stands leaves it a deadly SIGTRAP


class StoppedThread:
    """with StoppedThread(pid, name): the thread stands still."""

    def __init__(self, pid, name):
        self._tid = find_thread(pid, name)
        self._done, self._end = threading.Event(), threading.Event()
        self._error = None
        self._tracer = threading.Thread(target=self._hold, daemon=True)

    def __enter__(self):
        self._tracer.start()
        self._done.wait()
        if self._error:
            raise self._error

    def _hold(self):
        try:
            stop_thread(self._tid)
        except OSError as error:
            self._error = error
        self._done.set()
        self._end.wait()
        if not self._error:
            ptrace(PTRACE_DETACH, self._tid)

    def __exit__(self, *_):
        self._end.set()
        self._tracer.join()


def wait_for_end(tid):
    """Who traces hears first of the end, and keeps it from everybody else until it has heard."""
    while os.WIFSTOPPED(os.waitpid(tid, WAIT_ALL)[1]):
        pass


if __name__ == "__main__":
    thread = find_thread(sys.argv[1], sys.argv[2])
    stop_thread(thread)
    print("stopped", flush=True)
    wait_for_end(thread)
