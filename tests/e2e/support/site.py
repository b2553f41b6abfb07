"""The fleet's page as deploy/dashboard has it: nginx before mosquitto and the nodes."""

import re
import shutil
import subprocess
from pathlib import Path

from .broker import Broker
from .node import run
from .ports import free_port, is_open
from .wait import PATIENCE, wait_until

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "deploy/dashboard"
PAGE = ROOT / "dashboard/dist/fleet"
TOKEN = "nginx-only"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"

MAIN = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/tmp;
    proxy_temp_path {folder}/tmp;
    fastcgi_temp_path {folder}/tmp;
    uwsgi_temp_path {folder}/tmp;
    scgi_temp_path {folder}/tmp;
    include {folder}/site.conf;
}}
"""


def hashed(user, password):
    """A line of a password file of nginx."""
    made = subprocess.run(["openssl", "passwd", "-apr1", password], capture_output=True, text=True, check=True)
    return f"{user}:{made.stdout.strip()}\n"


class Site:
    def __init__(self, folder, token=TOKEN):
        self.folder = folder
        folder.mkdir(parents=True)
        self.token = token
        self.port, self.web_socket_port = free_port(), free_port()
        self.nodes = {}
        self.process = None
        (folder / "token.conf").write_text(f'proxy_set_header Authorization "Bearer {token}";\n')
        (folder / "htpasswd").write_text(hashed("eye", "look"))
        self._make_certificate()
        self._make_page()
        self.broker = self._make_broker()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}/"

    @property
    def url_with_login(self):
        return f"https://eye:look@127.0.0.1:{self.port}/"

    def _make_certificate(self):
        (self.folder / "tls").mkdir()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.folder / "tls/privkey.pem",
                        "-out", self.folder / "tls/fullchain.pem"], check=True, capture_output=True)

    def _make_page(self):
        shutil.copytree(PAGE, self.folder / "page")
        shutil.copy(EXAMPLE / "config.json", self.folder / "page")

    def _make_broker(self):
        folder = self.folder / "broker"
        broker = Broker(folder)
        shutil.copy(EXAMPLE / "dashboard.acl", folder)
        subprocess.run(["mosquitto_passwd", "-b", "-c", folder / "passwords", "operator", "secret"], check=True,
                       capture_output=True)
        example = (EXAMPLE / "mosquitto.conf").read_text().replace("listener 9001", f"listener {self.web_socket_port}")
        example = example.replace("/etc/mosquitto/", f"{folder}/")
        user = [line for line in broker.config.read_text().splitlines() if line.startswith("user ")]
        nodes = [f"listener {broker.port} 127.0.0.1", "allow_anonymous true"]
        broker.config.write_text("\n".join([*user, example, *nodes, ""]))
        return broker

    def start(self):
        example = (EXAMPLE / "nginx.conf").read_text()
        for old, new in (("listen 443", f"listen 127.0.0.1:{self.port}"), ("127.0.0.1:9001", f"127.0.0.1:{self.web_socket_port}"),
                         ("/etc/camnode", str(self.folder)), ("/usr/share/camnode/dashboard", f"{self.folder}/page")):
            assert old in example
            example = example.replace(old, new)
        (self.folder / "site.conf").write_text(re.sub(r"(?m)^# .*\n", "", example))
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder))
        self.broker.start()
        wait_until(lambda: is_open(self.web_socket_port), 10, "mosquitto's WebSockets")
        self.start_nginx()
        return self

    def start_with(self, make_node, **changes):
        """Starts all with node1, which nginx knows and may look at; the node."""
        hashed_token = run("--hash-password", text=self.token + "\n").stdout.strip()
        node = make_node(start=False, broker_port=self.broker.port,
                         http={"tokens": [{"name": "nginx", "hash": hashed_token, "role": "viewer"}]}, **changes)
        node.config["cameras"][0]["snapshot"] = {"on_start": True, "interval_s": 2}
        self.nodes["node1"] = f"127.0.0.1:{node.config['http']['port']}"
        self.start()
        return node.start()

    def show(self, browser):
        """Opens the page past nginx's login: the browser remembers it for the address without."""
        browser.open(self.url_with_login)
        browser.errors()
        browser.open(self.url)

    def start_nginx(self):
        (self.folder / "nodes.map").write_text("".join(f"{node} {address};\n" for node, address in self.nodes.items()))
        self.process = subprocess.Popen([NGINX, "-p", self.folder, "-c", self.folder / "nginx.conf"])
        wait_until(lambda: is_open(self.port), 10, "nginx listens")

    def kill_nginx(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10 * PATIENCE)
        self.broker.stop()


def state_of(node, suffix):
    """What the node has said last on a topic."""
    return node.get("/api/v1/state", headers={"Authorization": f"Bearer {TOKEN}"}).json()["topics"][
        f"camnode/node1/{suffix}"]


def become_operator(page):
    page.click(".log-in")
    page.log_in("operator", "secret")
    wait_until(lambda: not page.has(".log-in") and page.text("#state") == "Live", 15, "logged in")


def record_one(page):
    """Begins and ends a recording, by the node's page in the fleet."""
    wait_until(lambda: page.is_enabled(".node-page .record"), 15, "the node's page")
    page.click(".node-page .record")
    wait_until(lambda: page.text(".badge.recording") >= "0:01", 15, "it records")
    page.click(".node-page .record")
