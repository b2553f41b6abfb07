"""The HTTP side by itself: state, events, commands, who may do what, limits, HTTPS."""

import json
import socket
import subprocess
import threading
import time

import pytest
import requests

from support import contract
from support.node import run
from support.wait import PATIENCE, SLOWNESS, wait_until


@pytest.fixture
def node(make_node):
    node = make_node(mqtt={"enabled": False})
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    return node


def hash_of(password):
    result = run("--hash-password", text=password + "\n")
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


class SourceAddress(requests.adapters.HTTPAdapter):
    """Requests that come from another address of this machine."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=(self.address, 0), **kwargs)


class Events:
    """Server-sent events, read on a thread of its own."""

    def __init__(self, node, **kwargs):
        self.items = []
        self.last_id = None
        self.answer = requests.get(node.url + "/api/v1/events", stream=True, timeout=30, **kwargs)
        assert self.answer.headers["Content-Type"].startswith("text/event-stream")
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        try:
            for line in self.answer.iter_lines():
                if line.startswith(b"data:"):
                    self.items.append(json.loads(line[5:]))
                elif line.startswith(b"id:"):
                    self.last_id = line[3:].strip().decode()
        except (requests.RequestException, ValueError, AttributeError):
            pass  # closed while a line came

    def wait(self, suffix, predicate=lambda payload: True, timeout=5):
        def found():
            return [i["payload"] for i in list(self.items)
                    if i["topic"].endswith("/" + suffix) and predicate(i["payload"])]
        return wait_until(found, timeout, f"event on {suffix}")[0]

    def close(self):
        """Ends, and holds all that came against the contract."""
        self.answer.close()
        for item in self.items:
            contract.check_http(item["topic"], item["payload"], "camnode/node1/")


def test_state_is_what_the_broker_would_see(node):
    state = node.state()
    assert state["status"] == "online" and state["cam/cam0/status"] == "online"
    assert state["cam/cam0/record"]["state"] == "OFF"
    assert state["info"]["cameras"][0]["id"] == "cam0"
    assert "http_url" not in state["info"], "loopback: nobody else could reach it"
    node.wait_state("telemetry", lambda telemetry: telemetry["rss_mb"] > 1)


def test_events_begin_with_the_state_and_go_on(node):
    events = Events(node)
    events.wait("info")
    events.wait("cam/cam0/record", lambda record: record["state"] == "OFF")
    assert node.post("/api/v1/set/cam/cam0/record/set", {"state": "ON", "duration_s": 1}).ok
    events.wait("cam/cam0/record", lambda record: record["active"])
    events.wait("event", lambda event: event["event_type"] == "recording_finished", timeout=15)
    events.close()


def test_the_state_has_the_latest_events(node):
    assert node.get("/api/v1/state").json()["events"] == []
    for _ in range(26):
        node.post("/api/v1/set/enabled/set", "OFF")
        node.post("/api/v1/set/enabled/set", "ON")
    events = node.get("/api/v1/state").json()["events"]
    assert [event["event_type"] for event in events] == ["camera_disabled", "camera_enabled"] * 25
    for event in events:
        contract.check_value("event", event, "state")


def test_events_after_a_break_begin_with_the_state_again(node):
    """Whatever Last-Event-ID says: the full state first, so that no state is missed (events are)."""
    events = Events(node)
    events.wait("telemetry")
    events.close()
    again = Events(node, headers={"Last-Event-ID": events.last_id})
    for suffix in ("info", "status", "cam/cam0/status", "cam/cam0/record", "telemetry"):
        again.wait(suffix)
    again.close()


def test_set_answers_with_the_reply(node):
    answer = node.post("/api/v1/set/cam/cam0/record/set", "ON")
    assert answer.status_code == 200 and answer.json()["ok"]
    assert node.post("/api/v1/set/cam/cam0/record/set", "OPEN").status_code == 400
    assert node.post("/api/v1/set/cam/nope/record/set", "ON").status_code == 404
    assert node.post("/api/v1/set/cam/cam0/record/set", "x" * 5000).json()["code"] == "bad_json"
    assert node.post("/api/v1/set/nothing", "ON").status_code in (400, 404)
    assert node.post("/api/v1/set/record/set", {"state": "OFF", "id": "q"}).json()["id"] == "q"


def test_snapshot_url_serves_that_picture(make_node):
    node = make_node(mqtt={"enabled": False}, http={"public_url": "http://127.0.0.1:1"})
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    meta = node.post("/api/v1/set/cam/cam0/snapshot/set").json()["data"]
    picture = node.get(meta["url"].removeprefix("http://127.0.0.1:1"))
    assert picture.ok and len(picture.content) == meta["bytes"]
    assert picture.headers["Content-Type"] == "image/jpeg"


def test_healthz_and_metrics(node):
    assert node.get("/healthz").json()["status"] in ("ok", "degraded")
    text = node.get("/metrics").text
    seen = set()
    for line in text.splitlines():
        if line.startswith("# TYPE"):
            _, _, name, kind = line.split()
            assert name not in seen and kind in ("counter", "gauge")
            seen.add(name)
        elif not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            float(value)
            assert name.partition("{")[0] in seen
    assert any(name.startswith("camnode_camera") for name in seen)


def test_healthz_tells_that_recording_fails(make_node):
    node = make_node(mqtt={"enabled": False}, record={"min_free_mb": 100_000_000})
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    node.wait_state("telemetry", lambda telemetry: "disk_free_gb" in telemetry)

    def reasons():
        health = node.get("/healthz").json()
        assert health["status"] == "degraded"
        return health["reasons"]
    assert len(reasons()) == 1 and "record.min_free_mb" in reasons()[0]
    assert node.post("/api/v1/set/cam/cam0/record/set", "ON").json()["code"] == "no_space"
    wait_until(lambda: any(r.startswith("recording of cam0: no_space") for r in reasons()), 5,
               "the refused recording is told")


def test_too_long_a_payload_is_told_by_its_size(node):
    for size in (4097, 5000, 8192):
        reply = node.post("/api/v1/set/cam/cam0/record/set", "x" * size)
        assert reply.status_code == 400 and reply.json()["code"] == "bad_json"
        assert f"payload of {size} bytes" in reply.json()["message"]
        assert (reply.json()["command"], reply.json()["camera"]) == ("record", "cam0")


@pytest.fixture
def recording(node):
    """The address of a recording."""
    node.post("/api/v1/set/cam/cam0/record/set", {"state": "ON", "duration_s": 1})
    items = wait_until(lambda: node.get("/recordings/?format=json").json()["items"], 20,
                       "a recording")
    return items[0]["url"]


def test_a_recording_that_is_held_is_not_sent_again(node, recording):
    whole = node.get(recording)
    etag = whole.headers["ETag"]
    held = node.get(recording, headers={"If-None-Match": f'"x", W/{etag}', "Range": "bytes=0-9"})
    assert held.status_code == 304 and not held.content
    assert held.headers["ETag"] == etag
    assert node.get(recording, headers={"If-None-Match": '"x"'}).content == whole.content


def test_a_path_does_not_end_in_its_middle(node, recording):
    assert node.get(recording + "%00.txt").status_code == 400
    assert node.get("/healthz%00").status_code == 400
    assert node.get("/healthz%0a").status_code == 400
    assert node.get("/recordings/?offset=1%00x").status_code == 400
    assert node.get(recording.replace("cam0_", "cam0%5f")).ok


def test_recordings_without_a_slash(node):
    answer = node.get("/recordings", allow_redirects=False)
    assert answer.status_code == 301 and answer.headers["Location"] == "/recordings/"
    assert "Recordings" in node.get("/recordings").text


def test_methods(node):
    assert node.post("/cam/cam0/stream").status_code == 405
    assert node.get("/api/v1/set/record/set").status_code == 405
    head = requests.head(node.url + "/healthz", timeout=15 * PATIENCE)
    assert head.status_code == 200 and not head.content


def test_page_needs_no_inline_script(node):
    answer = node.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy and "default-src" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script>" not in answer.text and " onclick=" not in answer.text


@pytest.fixture(scope="module")
def hashes():
    return {name: hash_of(name) for name in ("secret", "look", "token")}


@pytest.fixture
def guarded(make_node, hashes):
    return make_node(mqtt={"enabled": False}, http={
        "users": [{"name": "op", "hash": hashes["secret"], "role": "operator"},
                  {"name": "see", "hash": hashes["look"], "role": "viewer"}],
        "tokens": [{"name": "bot", "hash": hashes["token"], "role": "operator"}]})


def test_basic_and_bearer(guarded):
    url = guarded.url
    answer = requests.get(url + "/api/v1/state", timeout=10 * PATIENCE)
    assert answer.status_code == 401 and "Basic" in answer.headers["WWW-Authenticate"]
    assert requests.get(url + "/api/v1/state", auth=("op", "secret"), timeout=10 * PATIENCE).ok
    assert requests.get(url + "/api/v1/state", timeout=10 * PATIENCE,
                        headers={"Authorization": "Bearer token"}).ok
    assert requests.get(url + "/api/v1/state", auth=("op", "wrong"), timeout=10 * PATIENCE).status_code == 401
    assert requests.get(url + "/healthz", timeout=10 * PATIENCE).ok


def test_a_viewer_sees_and_does_not_command(guarded):
    see = ("see", "look")
    assert guarded.get("/api/v1/state", auth=see).ok
    answer = guarded.post("/api/v1/set/record/set", "ON", auth=see)
    assert answer.status_code == 403
    assert guarded.post("/api/v1/set/record/set", "OFF", auth=("op", "secret")).ok


def test_failures_back_off(guarded):
    statuses = [guarded.get("/api/v1/state", auth=("op", f"guess{i}")).status_code
                for i in range(15)]
    assert 429 in statuses and statuses[0] == 401


def test_invented_users_lock_out_nobody(guarded):
    for i in range(12):
        assert guarded.get("/api/v1/state", auth=(f"user{i}", "guess")).status_code == 401
    assert guarded.get("/api/v1/state", auth=("op", "secret")).ok


def test_failed_logins_are_logged(guarded):
    guarded.get("/api/v1/state", auth=('o"p', "guess"))
    guarded.wait_log('failed login from 127.0.0.1 as "o?p" (1 so far)')
    guarded.post("/login", {"user": "a\nb\x7f", "password": "guess"})
    guarded.wait_log('failed login from 127.0.0.1 as "a?b?" (2 so far)')
    guarded.get("/api/v1/state", headers={"Authorization": "Bearer third"})
    guarded.get("/api/v1/state", headers={"Authorization": "Bearer fourth"})
    guarded.wait_log("failed login from 127.0.0.1 with a token (4 so far)")
    assert "guess" not in guarded.log and guarded.log.count("failed login") == 3


def test_cookie_session(guarded):
    session = requests.Session()
    assert session.post(guarded.url + "/login", json={"user": "op", "password": "no"},
                        timeout=10 * PATIENCE).status_code == 401
    answer = session.post(guarded.url + "/login", json={"user": "op", "password": "secret"}, timeout=10 * PATIENCE)
    assert answer.ok
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert session.get(guarded.url + "/api/v1/state", timeout=10 * PATIENCE).ok
    assert session.post(guarded.url + "/logout", timeout=10 * PATIENCE).ok
    assert session.get(guarded.url + "/api/v1/state", timeout=10 * PATIENCE).status_code == 401


def test_dns_rebinding_and_cross_site(node):
    assert node.get("/healthz", headers={"Host": "evil.example"}).status_code in (403, 421)
    assert node.post("/api/v1/set/record/set", "OFF",
                     headers={"Origin": "http://evil.example"}).status_code == 403
    assert node.post("/api/v1/set/record/set", "OFF",
                     headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    port = node.config["http"]["port"]
    assert node.post("/api/v1/set/record/set", "OFF",
                     headers={"Origin": f"http://127.0.0.1:{port}"}).ok


def test_a_slow_header_is_cut_off(make_node):
    node = make_node(mqtt={"enabled": False}, http={"header_timeout_s": 2})
    with socket.create_connection(("127.0.0.1", node.config["http"]["port"])) as sock:
        sock.settimeout(1)
        started = time.monotonic()
        sock.sendall(b"GET / HTTP/1.1\r\n")
        while time.monotonic() - started < 30:
            try:
                sock.sendall(b"X: y\r\n")
                if sock.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - started < 15 * SLOWNESS


def test_too_large_a_header_is_refused(node):
    try:
        answer = node.get("/healthz", headers={"X-Large": "x" * 100_000})
        assert answer.status_code in (400, 413, 431)
    except requests.ConnectionError:
        pass
    assert node.get("/healthz").ok


def connect(node):
    return socket.create_connection(("127.0.0.1", node.config["http"]["port"]))


def fill(node, sockets):
    """Connects until the node refuses: it may not yet have seen the end of an earlier connection."""
    def refused():
        sockets.append(connect(node))
        return node.get("/healthz").status_code == 503

    wait_until(refused, 10, "one connection too many of one address refused")


def test_connections_are_limited(make_node):
    node = make_node(mqtt={"enabled": False}, http={"max_connections": 20,
                                                    "max_connections_per_address": 10})
    sockets = [connect(node) for _ in range(9)]
    wait_until(lambda: node.get("/healthz").ok, 10, "the tenth connection of one address")
    fill(node, sockets)
    for sock in sockets:
        sock.close()
    wait_until(lambda: node.get("/healthz").ok, 10, "room again")


def test_idle_connections_of_one_address_keep_nobody_out(make_node):
    node = make_node(mqtt={"enabled": False}, http={"max_connections": 60, "header_timeout_s": 60})
    sockets = [connect(node) for _ in range(99)]
    fill(node, sockets)
    started = time.monotonic()
    assert node.get("/healthz").status_code == 503
    assert time.monotonic() - started < 10 * SLOWNESS, "refused, but at once"
    other = requests.Session()
    other.mount("http://", SourceAddress("127.0.0.2"))
    assert other.get(node.url + "/healthz", timeout=15 * SLOWNESS).ok, "another address is served"
    for sock in sockets:
        sock.close()


def test_https(make_node, tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)
    node = make_node(mqtt={"enabled": False}, http={"tls_cert_file": str(certificate),
                                                    "tls_key_file": str(key)})
    assert requests.get(node.url + "/healthz", verify=str(certificate), timeout=10 * PATIENCE).ok
    answer = requests.get(node.url + "/cam/cam0/stream", verify=str(certificate), stream=True,
                          timeout=10 * PATIENCE)
    assert b"image/jpeg" in answer.raw.read(4000)
    answer.close()


def test_an_open_bind_without_users_is_refused(make_node):
    node = make_node(start=False, mqtt={"enabled": False}, http={"bind": "0.0.0.0"})
    node.write_config()
    result = run("--config", node.path)
    assert result.returncode == 2
    assert "anonymous" in result.stderr and "http.bind" in result.stderr
    node.config["http"]["anonymous"] = True
    node.start()
    assert node.wait_state("info", lambda info: True)


def test_port_in_use_is_waited_for(make_node):
    node = make_node(start=False, mqtt={"enabled": False})
    with socket.socket() as blocker:
        blocker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        blocker.bind(("127.0.0.1", node.config["http"]["port"]))
        blocker.listen()
        node.start(wait=False)
        node.wait_log("in use")
    node.wait_ready()
    assert node.log.count("in use") <= 2, "said once"


