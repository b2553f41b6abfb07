"""Disks to break: tmpfs and loop-mounted ext4, for those tests that run as root."""

import array
import ctypes
import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
CLONE_NEWNS = 0x20000


def run(*command, check=True):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=60, check=check)


class Disk:
    """A file system of its own at `path`; `kind` is "tmpfs" or "ext4"."""

    def __init__(self, folder, kind, size_mb):
        self.path = folder / "disk"
        self.image = folder / "disk.img"
        self.kind, self.size_mb = kind, size_mb
        self.frozen = False
        self.path.mkdir(parents=True)
        if kind == "ext4":
            with open(self.image, "wb") as image:
                image.truncate(size_mb << 20)
            run("mkfs.ext4", "-q", "-F", "-m", 0, self.image)

    def mount(self):
        if self.kind == "tmpfs":
            run("mount", "-t", "tmpfs", "-o", f"size={self.size_mb}m", "tmpfs", self.path)
        else:
            run("mount", "-o", "loop", self.image, self.path)
        return self

    def unmount(self, lazy=False):
        run("umount", *(["-l"] if lazy else []), self.path)

    def remount(self, option):
        run("mount", "-o", f"remount,{option}", self.path)

    def freeze(self):
        run("fsfreeze", "-f", self.path)
        self.frozen = True

    def thaw(self):
        run("fsfreeze", "-u", self.path)
        self.frozen = False

    def fail_read_only(self):
        """As after an error of the medium (errors=remount-ro), also with files open for writing."""
        self.remount("errors=remount-ro")
        run("mount", "-o", "remount,abort", self.path, check=False)

    def cut_power(self):
        """All that the disk has not been told to keep is lost; every call fails from now on."""
        fd = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, array.array("I", [NO_LOG_FLUSH]))
        finally:
            os.close(fd)

    def check(self):
        """The words of fsck, which must not find anything."""
        result = run("e2fsck", "-f", "-n", self.image, check=False)
        assert result.returncode == 0, result.stdout + result.stderr

    def close(self):
        if self.frozen:
            self.thaw()
        while os.path.ismount(self.path):
            self.unmount(lazy=True)


def own_mounts():
    """Mounts of this process and its children are their own from now on: else whoever begins a namespace
    of mounts meanwhile, a container or a browser, keeps a disk alive that was unmounted here."""
    ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS)
    run("mount", "--make-rprivate", "/", check=False)


def make_disk(folder, kind, size_mb):
    """A mounted disk; skips the test where that cannot be had."""
    tools = ("mount", "umount", "mkfs.ext4", "fsfreeze", "e2fsck")
    missing = [tool for tool in tools if not shutil.which(tool)]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"needs root and {', '.join(missing or tools)}")
    own_mounts()
    disk = Disk(Path(folder), kind, size_mb)
    try:
        return disk.mount()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no {kind} can be mounted here: {error.stderr.strip()}")


class Shim:
    """The node's own writes below a folder fail on demand, without root (disk_shim.c)."""

    WORKS, NO_WRITE, NO_SYNC, SLOW, HANGS, READ_ONLY = b".", b"w", b"s", b"l", b"h", b"r"

    def __init__(self, folder, below):
        self.control = folder / "shim-control"
        self.set(self.WORKS)
        library = folder / "disk_shim.so"
        source = Path(__file__).parent / "disk_shim.c"
        run("cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl")
        self.environment = {"LD_PRELOAD": str(library), "DISK_SHIM_DIR": str(below),
                            "DISK_SHIM_CONTROL": str(self.control)}

    def set(self, state):
        self.control.write_bytes(state)
