"""The node's page before a node that lies: HTML in names, broken and huge messages, a flood. No code
runs, the page goes on, and what is good is still shown."""

import http.server
import json
import threading

import pytest

from support.paths import ROOT
from support.wait import SLOWNESS, wait_until

pytestmark = pytest.mark.skipif(SLOWNESS > 1, reason="the page is the same in every build")

PAGE = ROOT / "node/http/page"
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
# As node/http/page.c has it.
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; "
          "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'")
HTML = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script><b>bold</b>"
FLOOD = 20_000


def envelope(topic, payload):
    return json.dumps({"topic": f"camnode/n1/{topic}", "payload": payload})


def info(name):
    return envelope("info", {"proto": 1, "name": name, "version": name, "started_at": name, "capabilities": [name],
                             "cameras": [{"id": "cam0", "name": name, "source": name}, {"id": "../..", "name": name, "source": "x"}]})


def telemetry(**more):
    return envelope("telemetry", {"ts": "2026-11-26T00:00:00Z", "uptime_s": 1, "time_synced": True, **more})


def lies():
    """What this node says, an event a line; the last ones are good."""
    yield info(HTML)
    yield envelope("status", HTML)
    yield envelope("cam/cam0/status", "online")
    yield telemetry(cpu_pct=-1e308, temp_c=1e300, mem_pct=HTML, disk_free_gb=1e14, throttled=1e15)
    yield envelope("cam/cam0/record", {"state": "ON", "active": True, "finishing": False, "file": HTML, "started_at": "-1", "error": HTML})
    yield envelope("cam/cam0/profile", HTML)
    yield envelope("cam/cam0/controls", {"controls": {HTML: {"type": "enum", "values": [HTML] * 5000, "value": HTML},
                                                      "__proto__": {"type": "float", "min": 1, "max": 0}, "x": None}})
    yield envelope("cam/cam0/stats", {"ts": "x", "fps": 1e14, "viewers": -5, "bitrate_mbps": 1e14, "error": HTML})
    yield envelope("event", {"event_type": HTML, "ts": HTML, "camera": HTML, "error": HTML, "file": "javascript:window.hacked=1"})
    yield envelope("event", {"event_type": "recording_finished", "ts": "x", "camera": "cam0", "file": "javascript:window.hacked=1"})
    for broken in ("{", "null", "[]", "7", '"x"', "{" * 4000, '{"topic": 5}', '{"topic": "camnode/n1/info"}',
                   '{"topic": "camnode/../x/status", "payload": "online"}', '{"topic": "other/n1/status", "payload": "online"}'):
        yield broken
    for name in ("info", "telemetry", "event", "cam/cam0/record", "cam/cam0/stats", "cam/cam0/controls", "cam/cam0/snapshot/meta"):
        for payload in (None, [], 7, "x", {}, {"__proto__": {"cpu_pct": 1}}, [[[[]]]]):
            yield envelope(name, payload)
    for i in range(FLOOD):
        yield telemetry(cpu_pct=i % 100)
    for i in range(40):
        yield envelope(f"cam/c{i}/status", "online")
    yield telemetry(cpu_pct=42)


class Liar(http.server.BaseHTTPRequestHandler):
    """Serves the real page; everything else it makes up."""

    protocol_version = "HTTP/1.1"
    too_long = 0  # connections that send an event without an end first

    def log_message(self, *_):
        pass

    def reply(self, body, kind="application/json", status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.split("?")[0]
        file = PAGE / ("index.html" if path == "/" else path[1:])
        if path == "/api/v1/session":
            self.reply(b'{"role": "operator", "login": false}')
        elif path == "/api/v1/state":
            self.reply(b'{"prefix": "camnode", "node": "n1", "topics": {}}')
        elif path == "/api/v1/events":
            self.events()
        elif path == "/recordings/":
            self.reply(json.dumps({"total": 1e300, "items": [
                {"file": HTML, "camera": HTML, "label": HTML, "started_at": HTML, "duration_s": 1e14, "bytes": -1, "protected": False,
                 "thumbnail_url": "javascript:window.hacked=1"}, {"file": 7}, None]}).encode())
        elif path == "/recordings/days":
            self.reply(json.dumps({"month": "2026-11", "days": [{"day": HTML, "count": 1e14, "duration_s": -1, "bytes": 0}, 7,
                                                               {"day": "2026-11-02", "count": 1e14, "duration_s": 1e14, "bytes": 1}],
                                   "labels": [HTML, 5, "x" * 100_000], "newest": HTML, "oldest": HTML}).encode())
        elif path.startswith("/cam/"):
            self.reply(f"<svg xmlns='http://www.w3.org/2000/svg' onload='window.hacked=1'>{HTML}</svg>".encode(), "image/jpeg")
        elif file.parent == PAGE and file.exists():
            self.reply(file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream"))
        else:
            self.reply(b"no", "text/plain", 404)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.reply(json.dumps({"ok": False, "command": HTML, "code": "__proto__", "message": HTML}).encode())

    def events(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            if Liar.too_long:
                Liar.too_long -= 1
                self.wfile.write(b"data: " + b"x" * 10_000_000)
                return
            for line in lies():
                self.wfile.write(f"data: {line}\n\n".encode())
            while not self.server.ending.wait(2):
                self.wfile.write(b":\n\n")
        except OSError:
            pass


@pytest.fixture
def liar():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    server.ending = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.ending.set()
    server.shutdown()
    server.server_close()


def assert_unharmed(browser):
    assert browser.run("return window.hacked") is None
    assert not browser.run("return document.querySelectorAll('#app b, #app script, img[onerror]').length")
    assert not browser.run("return [...document.querySelectorAll('[href], [src]')].some(e => /^javascript:/i.test(e.href || e.src))")


def test_a_lying_node_does_no_harm(liar, browser):
    Liar.too_long = 1
    browser.open(liar + "/")
    wait_until(lambda: "42" in browser.text(".reading dd"), 60, "the last reading, behind all the lies")
    assert "onerror" in browser.text("#name"), "HTML is shown as what it is"
    assert "onerror" in browser.text(".events")
    assert len(browser.has("article.camera")) <= 16
    browser.click("button.more")
    wait_until(lambda: browser.has(".camera-settings"), 10, "its settings")
    browser.click("button.record")
    wait_until(lambda: "onerror" in browser.text("[role=status] .problem"), 10, "the refusal")
    assert_unharmed(browser)
    browser.run("location.hash = '#/recordings'")
    wait_until(lambda: browser.has(".recording-tile") and browser.has(".day-cell"), 10, "the library")
    browser.click(".recording-tile")
    wait_until(lambda: browser.has("dialog"), 10, "the player")
    assert_unharmed(browser)
    assert browser.run("return document.querySelectorAll('*').length") < 2000
