"""The real binary with a configuration of its own, in a folder of its own."""

import contextlib
import copy
import json
import os
import signal
import subprocess
from pathlib import Path

import requests
import yaml

from . import contract
from .paths import BINARY, ROOT  # noqa: F401
from .ports import free_port
from .wait import PATIENCE, wait_until

CAMERA = {"id": "cam0", "name": "Door", "source": "pattern", "size": "320x240", "fps": 30,
          "snapshot": {"on_start": False, "interval_s": 0}}

CONFIG = {
    "node": {"id": "node1", "name": "Test node"},
    "mqtt": {"host": "127.0.0.1", "reconnect_min_s": 1, "reconnect_max_s": 2},
    "http": {"bind": "127.0.0.1"},
    "record": {"min_free_mb": 1},
    "telemetry": {"interval_s": 1},
    "governor": {"enabled": False},  # tests load the machine
    "cameras": [CAMERA],
}


def merge(base, changes):
    """A copy of `base` with `changes` laid over it; dictionaries merge, everything else replaces."""
    result = copy.deepcopy(base)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merge(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def camera(**changes):
    return merge(CAMERA, changes)


class Node:
    def __init__(self, folder, broker_port=None, **changes):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.config = merge(CONFIG, changes)
        self.config["http"].setdefault("port", free_port())
        if broker_port:
            self.config["mqtt"].setdefault("port", broker_port)
        self.config["record"].setdefault("dir", str(folder / "recordings"))
        self.config["node"].setdefault("state_dir", str(folder / "state"))
        self.path = folder / "node.yaml"
        self.log_path = folder / "camnode.log"
        self.process = None

    @property
    def url(self):
        scheme = "https" if self.config["http"].get("tls_cert_file") else "http"
        return f"{scheme}://127.0.0.1:{self.config['http']['port']}"

    @property
    def recordings(self):
        return Path(self.config["record"]["dir"])

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""  # a line may be half there

    def write_config(self):
        self.path.write_text(yaml.safe_dump(self.config))

    def start(self, wait=True, env=None, binary=BINARY):
        self.write_config()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(binary), "--config", str(self.path), "--log-level", "debug"],
                stdout=log, stderr=log, cwd=self.folder, env={**os.environ, **(env or {})})
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        wait_until(self._is_ready, 20, "the node answers /healthz")

    def _is_ready(self):
        assert self.process.poll() is None, f"the node ended: {self.log[-2000:]}"
        try:
            return requests.get(f"{self.url}/healthz", timeout=2, verify=False).ok
        except requests.RequestException:
            return False

    def wait_log(self, text, timeout=10, count=1):
        wait_until(lambda: self.log.count(text) >= count, timeout, f"{text!r} in the log")

    def get(self, path, **kwargs):
        kwargs.setdefault("timeout", 15 * PATIENCE)
        return requests.get(self.url + path, **kwargs)

    def post(self, path, data="", **kwargs):
        kwargs.setdefault("timeout", 15 * PATIENCE)
        if isinstance(data, dict):
            data = json.dumps(data)
        answer = requests.post(self.url + path, data=data, **kwargs)
        if path.startswith("/api/v1/set/") and "json" in answer.headers.get("Content-Type", ""):
            contract.check_value("reply", answer.json(), path)
        return answer

    def state(self):
        """The last payload of every topic, by suffix."""
        answer = self.get("/api/v1/state").json()
        root = f"{answer['prefix']}/{answer['node']}/"
        for topic, payload in answer["topics"].items():
            contract.check_http(topic, payload, root)
        return {topic.removeprefix(root): value for topic, value in answer["topics"].items()}

    def wait_state(self, suffix, predicate, timeout=10):
        def check():
            value = self.state().get(suffix)
            return [value] if value is not None and predicate(value) else None
        return wait_until(check, timeout, f"state of {suffix}", interval=0.05)[0]

    def signal(self, signum):
        self.process.send_signal(signum)

    def stop(self, timeout=20):
        """SIGTERM; the exit status must be 0 and no sanitizer may have spoken."""
        if not self.process:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(10)
            raise AssertionError(f"the node did not stop: {self.log[-3000:]}") from None
        finally:
            self.process = None
        log = self.log
        assert "Sanitizer" not in log, log[log.index("Sanitizer") - 200:][:8000]
        assert status == 0, f"exit status {status}: {log[-3000:]}"

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait(10 * PATIENCE)
            self.process = None

    def rss_kb(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def saved(self):
        """What outlives it, by key: nothing yet while the file is not there."""
        path = self.folder / "state/state.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def thread_names(self):
        names = []
        for path in Path(f"/proc/{self.process.pid}/task").glob("*/comm"):
            with contextlib.suppress(OSError):  # it has just ended
                names.append(path.read_text().strip())
        return names

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))


def run(*arguments, text=None):
    """Runs the binary once; the completed process with stdout and stderr as text."""
    return subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True,
                          input=text, timeout=30 * PATIENCE, check=False)
