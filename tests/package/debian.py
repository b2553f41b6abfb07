"""A Debian tree, what runs in it, and packages, as the tests use them."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def run(*command, check=True, **options):
    """The completed process; its output is in the message of a failure."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)
    assert not check or done.returncode == 0, f"{command}: status {done.returncode}\n{done.stdout[-6000:]}"
    return done


class Network:
    """A namespace with nothing but its loopback device: the ports of packages' defaults are free there."""

    def __init__(self, name):
        self.name = f"{name}{os.getpid()}"
        self.prefix = ["ip", "netns", "exec", self.name]
        run("ip", "netns", "add", self.name)
        run(*self.prefix, "ip", "link", "set", "lo", "up")

    def close(self):
        run("ip", "netns", "del", self.name)


class Tree:
    def __init__(self, path):
        self.path = path
        self.network = None
        self.services = []

    @classmethod
    def make(cls, suite, path):
        unfinished = path.with_name(path.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        run(HERE / "tree", suite, unfinished)
        unfinished.rename(path)
        return cls(path)

    def command(self, *words, binds=()):
        mounts = [word for folder, place in binds for word in ("--bind", folder, place)]
        return [str(word) for word in (HERE / "enter", *mounts, self.path, *words)]

    def run(self, *words, binds=(), **options):
        """As root, with the network of this machine."""
        return run(*self.command(*words, binds=binds), **options)

    def run_alone(self, *words, **options):
        """In the network of the services."""
        return run(*self.network.prefix, *self.command(*words), **options)

    def apt(self, *words, **options):
        return self.run("apt-get", "-y", "-q", "-o", "Dpkg::Use-Pty=0", *words, **options)

    def install(self, *packages, options=()):
        """`packages`: files on this machine, or names."""
        names = []
        for package in packages:
            if isinstance(package, Path):
                shutil.copy(package, self.path / "tmp")
                package = f"/tmp/{package.name}"
            names.append(package)
        return self.apt(*options, "install", *names).stdout

    def start(self, log, *words):
        service = Service([*self.network.prefix, *self.command(*words)], log)
        self.services.append(service)
        return service

    def stop_all(self):
        for service in self.services:
            service.kill()

    def file(self, path):
        return self.path / path.lstrip("/")

    def owner(self, path):
        """As "root:camnode 640", by the tree's names."""
        return self.run("stat", "-c", "%U:%G %a", path).stdout.strip()


class Service:
    """A program of the tree that keeps running; enter's own process is the parent of it."""

    def __init__(self, command, log):
        self.log_path = log
        with open(log, "ab") as file:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def is_running(self):
        return self.process.poll() is None

    def terminate(self, timeout=20):
        """SIGTERM to the program; returns its exit status."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self):
        self.process.kill()
        self.process.wait(10)


def field(package, name):
    return run("dpkg-deb", "--field", package, name).stdout.strip()


def contents(package):
    """Mode, owner and size by path, as "/usr/bin/camnode"."""
    lines = run("dpkg-deb", "--contents", package).stdout.splitlines()
    found = {}
    for line in lines:
        mode, owner, size, _, _, path = line.split(None, 5)
        found[path.split(" -> ")[0].lstrip(".").rstrip("/")] = (mode, owner, int(size))
    return found


def repack(package, folder, version, changes=None):
    """The same package by another version; `changes`: files by path, each a function of its text."""
    with tempfile.TemporaryDirectory() as temporary:
        inside = Path(temporary) / "package"
        run("dpkg-deb", "--raw-extract", package, inside)
        control = inside / "DEBIAN/control"
        control.write_text(re.sub(r"^Version: .*", f"Version: {version}", control.read_text(), flags=re.MULTILINE))
        for path, change in (changes or {}).items():
            file = inside / path.lstrip("/")
            file.write_text(change(file.read_text()))
        made = folder / f"camnode_{version}.deb"
        run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", inside, made)
    return made
