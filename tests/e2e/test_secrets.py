"""A network camera's login stays between the node and the camera."""

import contextlib
import json
import socket
import threading

import pytest

from support.node import camera, run
from support.ports import free_port

SECRET = "s3cret"
SOURCES = {
    "login": "replay:rtsp://admin:{0}@{0}@127.0.0.1:{1}/x",
    "query": "replay:http://127.0.0.1:{1}/x?user=admin&pwd={0}",
    "path": "replay:rtsp://127.0.0.1:{1}/user=admin_password={0}_channel=1.sdp",
    "broken": "replay:rtsp://admin:/{0}@127.0.0.1:{1}/x",
}


@pytest.fixture
def refusing_port():
    """Of a camera that answers every request, of HTTP or RTSP, with 401, as for a wrong password."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer(client):
        with client:
            client.settimeout(10)
            request = client.recv(4096).decode(errors="replace")
            number = [line for line in request.splitlines() if line.startswith("CSeq")] or ["X: 1"]
            version = "RTSP/1.0" if "RTSP" in request else "HTTP/1.0"
            client.sendall(f"{version} 401 Unauthorized\r\n{number[0]}\r\n\r\n".encode())

    def serve():
        while True:
            try:
                client = server.accept()[0]
            except OSError:
                return
            with contextlib.suppress(OSError):  # who has asked may be gone already
                answer(client)

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


@pytest.mark.parametrize("answers", [False, True], ids=["away", "refusing"])
def test_nobody_hears_a_cameras_secrets(broker, make_node, make_client, refusing_port, answers):
    port = refusing_port if answers else free_port()
    cameras = [camera(id=name, source=source.format(SECRET, port)) for name, source in SOURCES.items()]
    node = make_node(broker_port=broker.port, cameras=cameras)
    client = make_client()
    client.wait("status", lambda message: message.text == "online", timeout=10)
    shown = []
    for name in SOURCES:
        stats = node.wait_state(f"cam/{name}/stats", lambda stats: stats.get("error"), timeout=15)
        assert "://" in stats["error"], "it says which camera is away"
        for command, payload in (("snapshot/set", ""), ("record/set", "ON"), ("record/set", "OFF"),
                                 ("controls/set", {"Brightness": 1}), ("profile/set", "none")):
            shown.append(json.dumps(client.command(f"cam/{name}/{command}", payload)))
    shown += [node.get(path).text for path in ("/healthz", "/api/v1/state", "/metrics")]
    shown += [message.payload.decode(errors="replace") for message in client.messages]
    assert any("replay:rtsp://127.0.0.1" in text for text in shown), "sources are told without them"
    assert "camera is away" in node.log and (not answers or "libav: " in node.log)
    for text in [*shown, node.log]:
        assert SECRET not in text, text[max(text.find(SECRET) - 300, 0):][:600]


def test_the_command_line_does_not_print_them_either(tmp_path):
    path = tmp_path / "node.yaml"
    for name, source in SOURCES.items():
        source = source.format(SECRET, 554)
        path.write_text(f"cameras: [{{id: {name}, source: '{source}'}}]\n")
        for option in ("--check-config", "--print-config"):
            result = run(option, "--config", path)
            assert result.returncode == 0 and SECRET not in result.stdout + result.stderr, result
        assert f"{source[:14]}" in result.stdout
        path.write_text(f"cameras: [{{id: {name}, source: '{source.removeprefix('replay:')}'}}]\n")
        result = run("--check-config", "--config", path)
        assert result.returncode == 2 and SECRET not in result.stderr, result
        assert "cameras[0].source" in result.stderr and "replay:" in result.stderr


def test_the_setup_does_not_either(tmp_path):
    path = tmp_path / "node.yaml"
    source = SOURCES["login"].format(SECRET, free_port())
    path.write_text(f"{{mqtt: {{enabled: false}}, cameras: [{{source: '{source}'}}], node: {{id: a}}}}\n")
    result = run("--setup", "--yes", "--node-id=b", "--config", path)
    assert "id: b" in path.read_text() and SECRET in path.read_text(), result
    assert "rtsp://127.0.0.1" in result.stdout and SECRET not in result.stdout + result.stderr, result
