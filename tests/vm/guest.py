"""A QEMU guest on the host's own root, with USB ports for test cameras.

The guest sees all that the host has installed and built, at the same paths; what it writes is gone
with it, but for one folder that both share, at the same path too. There is no KVM: its processor is
some 20 times slower than the host's.
"""

import os
import platform
import shutil
import socket
import subprocess
import threading
import time
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / "build/vm-cache"
BINARY = Path(os.environ.get("CAMNODE_BIN", ROOT / "build/dev/camnode"))
CAMERA = BINARY.parent / "tests/vm/vm_camera"
QEMU = "qemu-system-x86_64"
HOST = "10.0.2.2"  # the host's 127.0.0.1, as the guest sees it
USB_PORTS = (1, 2)
KERNEL_OPTIONS = ("console=ttyS0 loglevel=4 panic=-1 mitigations=off random.trust_cpu=on audit=0 "
                  "apparmor=0 no_timer_check tsc=reliable cryptomgr.notests fstab=no "
                  "systemd.gpt_auto=0 systemd.show_status=0 systemd.firstboot=off")
BOOT_S = 300
STOP_S = 30


def camera_id(port):
    """libcamera's id of the camera at that USB port."""
    return rf"\_SB_.PCI0.SE8_-{port}:1.0-1d6b:0102"


def missing():
    """Why there can be no guest on this machine; None if there can."""
    if platform.machine() != "x86_64":
        return f"the guest needs an x86_64 machine, this is {platform.machine()}"
    if not shutil.which(QEMU):
        return f"{QEMU} is not installed (package qemu-system-x86)"
    return None


def connect(path, deadline, process):
    """A connection to a Unix socket that `process` is about to open."""
    while True:
        try:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(path))
            return connection
        except OSError:
            connection.close()
            assert process.poll() is None and time.monotonic() < deadline, f"no {path}"
            time.sleep(0.02)


class Guest:
    """Booted by start(); then run() executes commands as root."""

    def __init__(self, folder, ports=(), main="guest-main"):
        """`ports` of the host's 127.0.0.1 lead to the same ones of the guest; `main` is its process
        1: "guest-systemd" is systemd."""
        self.folder = folder.resolve()
        self.ports = ports
        self.main = main
        self.console = self.folder / "console.txt"
        self.process = None
        self._shell = None
        self._lock = threading.Lock()

    def start(self):
        subprocess.run([HERE / "prepare", CACHE], check=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + BOOT_S
        with open(self.folder / "qemu.txt", "wb") as log:
            self.process = subprocess.Popen([QEMU, *self._machine(), *self._devices()],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._shell = connect(self.folder / "shell.sock", deadline, self.process)
        self.run("true", timeout=BOOT_S)
        return self

    def _machine(self):
        return ["-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "max", "-smp", "2",
                "-m", "1536", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                "-serial", f"file:{self.console}", "-kernel", f"{CACHE}/vmlinuz",
                "-initrd", f"{CACHE}/initramfs.gz", "-append",
                f"{KERNEL_OPTIONS} GUEST_MAIN={HERE}/{self.main} GUEST_FOLDER={self.folder}"]

    def _devices(self):
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{port}-:{port}" for port in self.ports)
        return [*self._share("root", "/", "readonly=on"),
                *self._share("layer", CACHE / "layer", "readonly=on"),
                *self._share("folder", self.folder, "readonly=off"),
                "-device", "virtio-serial-pci",
                "-chardev", f"socket,id=shell,path={self.folder}/shell.sock,server=on,wait=off",
                "-device", "virtserialport,chardev=shell",
                "-netdev", f"user,id=net{forwards}", "-device", "virtio-net-pci,netdev=net,romfile=",
                "-device", "qemu-xhci,id=usb,addr=0x1d",
                *[option for port in USB_PORTS for option in self._usb_port(port)]]

    def camera_socket(self, port):
        return self.folder / f"camera{port}.sock"

    def _usb_port(self, port):
        path = self.camera_socket(port)
        return ["-chardev", f"socket,id=camera{port},path={path},server=on,wait=off",
                "-device", f"usb-redir,chardev=camera{port},bus=usb.0,port={port}"]

    @staticmethod
    def _share(tag, path, access):
        return ["-virtfs", f"local,path={path},mount_tag={tag},security_model=none,{access},"
                           "multidevs=remap"]

    def run(self, command, timeout=60):
        """Runs a line of shell in the shared folder: its exit status and all that it printed."""
        token = uuid.uuid4().hex
        with self._lock:
            self._shell.sendall(f"{token} {command}\n".encode())
            text = self._read_answer(token.encode() + b" ", time.monotonic() + timeout)
        output, _, status = text.rpartition(token.encode())
        return int(status), output.decode(errors="replace")

    def wait_for_camera(self, timeout=60):
        """Until udev knows the camera, and with it libcamera."""
        status, output = self.run("until ls /run/udev/data/c81:* 2>/dev/null; do sleep 0.1; done; "
                                  "udevadm settle", timeout)
        assert status == 0, output

    def _read_answer(self, mark, deadline):
        text = b""
        while mark not in text or not text.endswith(b"\n"):
            self._shell.settimeout(max(deadline - time.monotonic(), 0.01))
            try:
                data = self._shell.recv(65536)
            except TimeoutError:
                data = b""
            assert data, f"no answer from the guest; {text!r}; {self.console_tail()}"
            text += data
        return text

    def console_tail(self):
        return self.console.read_text(errors="replace")[-2000:] if self.console.exists() else ""

    def stop(self):
        """Ends the guest, by closing its shell; whatever still runs in it is lost."""
        if self._shell:
            self._shell.close()
        if not self.process:
            return
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


class UsbCamera:
    """The camera at a USB port of the guest; plugged in, unless told otherwise."""

    def __init__(self, guest, port=1, *commands):
        self.process = subprocess.Popen(
            [str(CAMERA), str(guest.camera_socket(port)), *commands], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)

    def command(self, line):
        """"unplug", "plug", "stall", …: see vm_camera. Returns what it answers behind "ok"."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        status, _, answer = self.process.stdout.readline().strip().partition(" ")
        assert status == "ok", f"{line}: {status}"
        return answer

    def report(self):
        """Its state, as a dictionary: streaming, format, size, frame, and its controls' values."""
        pairs = (pair.split("=") for pair in self.command("report").split())
        return {name: int(value) if value.lstrip("-").isdigit() else value for name, value in pairs}

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)
