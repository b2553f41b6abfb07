"""camnode and ustreamer with the same pictures, started for one measurement and stopped after it."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from support.node import Node
from support.ports import free_port, is_open
from support.wait import wait_until


def cpu_s(pid):
    """CPU time that a process has used, in s; exact to the scheduler's clock, not to ticks."""
    return time.clock_gettime(~pid << 3 | 2)


def rss_mb(pid, without=()):
    """Resident memory, without mappings in whose path one of the texts is."""
    total_kb, counts = 0, True
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        name, _, rest = line.partition(":")
        if "-" in name.split(" ")[0]:  # a mapping's first line, "7f00-7f01 r--p ... PATH"
            counts = not any(text in line for text in without)
        elif name == "Rss" and counts:
            total_kb += int(rest.split()[0])
    return total_kb / 1000


class Setup:
    """What all measurements share: the tools, the pictures, the broker."""

    width, height, fps, quality = 1280, 720, 30, 80
    noise = 62  # of the pattern: JPEGs of 150 KB

    def __init__(self, build, folder, broker):
        self.tools = build / "tests/bench"
        self.folder = folder
        self.broker = broker
        self.pictures = 30

    @property
    def size(self):
        return f"{self.width}x{self.height}"

    def tool(self, name, *arguments, **options):
        return subprocess.run([self.tools / name, *map(str, arguments)], check=True, text=True,
                              stdout=subprocess.PIPE, **options).stdout


class Camnode:
    name = "camnode"

    def __init__(self, setup, cameras=1):
        self.setup = setup
        self.cameras = [f"cam{i}" for i in range(cameras)]
        self.folder = setup.folder / "camnode"
        self.node = None

    def __enter__(self):
        setup = self.setup
        cameras = [{"id": camera, "source": "pattern", "size": setup.size, "fps": setup.fps,
                    "jpeg": {"quality": setup.quality}, "pattern": {"noise": setup.noise}}
                   for camera in self.cameras]
        self.node = Node(self.folder, setup.broker.port, cameras=cameras,
                         telemetry={"interval_s": 10}, governor={"enabled": False},
                         http={"max_connections_per_address": 600}).start()  # all from here
        for camera in self.cameras:
            self.node.wait_state(f"cam/{camera}/status", lambda status: status == "online")
        return self

    def __exit__(self, *_):
        self.node.stop()
        shutil.rmtree(self.folder)

    @property
    def pid(self):
        return self.node.process.pid

    def url(self, camera="cam0"):
        return f"{self.node.url}/cam/{camera}/stream"

    def rss_mb(self):
        return rss_mb(self.pid)


class Ustreamer:
    name = "ustreamer"

    def __init__(self, setup):
        self.setup = setup
        self.port = free_port()
        self.process = None

    def __enter__(self):
        setup = self.setup
        pictures = str(setup.folder / "pictures.yuyv")
        environment = {**os.environ, "LD_PRELOAD": str(setup.tools / "v4l2_shim.so"),
                       "V4L2_SHIM_PICTURES": pictures, "V4L2_SHIM_SIZE": setup.size,
                       "V4L2_SHIM_FPS": str(setup.fps)}
        command = ["ustreamer", "--device", pictures, "--resolution", setup.size,
                   "--format", "YUYV", "--desired-fps", str(setup.fps),
                   "--quality", str(setup.quality), "--port", str(self.port)]
        with open(setup.folder / "ustreamer.log", "ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        wait_until(lambda: is_open(self.port), 10, "ustreamer listens")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    @property
    def pid(self):
        return self.process.pid

    def url(self):
        return f"http://127.0.0.1:{self.port}/stream"

    def rss_mb(self):
        """Without the camera's memory, which a kernel would hold."""
        return rss_mb(self.pid, without=("pictures.yuyv", "v4l2_shim"))
