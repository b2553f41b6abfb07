"""The whole node, built for 64-bit ARM and emulated: pattern camera, MQTT, HTTP, recording; and that
its codecs run on the processor's vector unit. What is seen is printed, for the report."""

import os
import re
import subprocess
import time

from support.broker import Broker
from support.client import Client
from support.mjpeg import Viewer, jpeg_size
from support.node import BINARY, ROOT, Node, run
from support.pattern import check_whole, code_of_jpeg, probe

CODECS = os.environ.get("CODECS", "").split()
# Instructions of the vector unit that a discrete cosine transform is made of, and that no compiler
# makes of the same code in C.
VECTOR = re.compile(r"\b(sqdmulh|trn1|trn2|ushl) +v")
BEGAN = time.monotonic()


def tell(text):
    print(f"{time.monotonic() - BEGAN:6.1f} s  {text}")


def test_it_is_a_program_for_arm():
    program = BINARY.parents[2] / "camnode"
    header = subprocess.run(["readelf", "-h", program], capture_output=True, text=True, check=True).stdout
    machine = next(line.split(":")[1].strip() for line in header.splitlines() if "Machine:" in line)
    tell(f"{program.name}: {machine}, {program.stat().st_size} bytes with symbols")
    assert machine == "AArch64"
    tell(run("--version").stdout.strip())
    assert run("--check-config", "--config", ROOT / "node.yaml").returncode == 0


def test_a_day_of_a_node(tmp_path):
    broker = Broker(tmp_path / "broker").start()
    node = Node(tmp_path / "node", broker_port=broker.port).start()
    client = Client(broker.port)
    tell(f"the node answers at {node.url}")
    client.wait("status", lambda message: message.text == "online", timeout=20)
    client.wait("cam/cam0/status", lambda message: message.text == "online", timeout=20)
    info = client.wait("info").json
    tell(f"MQTT: online, version {info['version']}, {len(info['cameras'])} camera")

    with Viewer(node) as viewer:
        parts = viewer.parts(20)
    numbers = [code_of_jpeg(part.data).frame for part in parts]
    # One may be shown again while none comes for a second, as under an emulator.
    assert numbers == sorted(numbers) and numbers[0] < numbers[-1]
    assert jpeg_size(parts[0].data) == (320, 240)
    seconds = parts[-1].timestamp - parts[0].timestamp
    tell(f"HTTP: {len(parts)} pictures of 320x240 in {seconds:.2f} s, "
         f"{sum(len(part.data) for part in parts) // len(parts)} bytes each")

    reply = client.command("cam/cam0/snapshot/set", {"id": "smoke"})
    assert reply["ok"], reply
    picture = client.wait("cam/cam0/snapshot", lambda message: message.payload, timeout=20).payload
    assert code_of_jpeg(picture).frame > numbers[-1]
    tell(f"snapshot over MQTT: {len(picture)} bytes")

    for codec in ("h264", "mjpeg"):
        since = client.mark()
        client.publish("cam/cam0/record/set", {"state": "ON", "duration_s": 3, "format": codec})
        event = client.wait("event", lambda message: message.json["event_type"] == "recording_finished",
                            timeout=30, since=since).json
        path = node.recordings / event["file"]
        codes = check_whole(path, event)
        stream, container, _ = probe(path)
        assert stream["codec_name"] == codec
        tell(f"recording: {path.name}, {codec}, {len(codes)} frames, {event['dropped']} dropped, "
             f"{float(container['duration']):.2f} s, {event['bytes']} bytes; each frame once, in order")

    node.stop()
    client.wait("status", lambda message: message.text == "offline", timeout=10)
    tell("SIGTERM: exit status 0, the broker says offline")
    client.close()
    broker.stop()


def vector_instructions(tmp_path, codec, **environment):
    """How many of them the emulator met while the node's encoder made a picture."""
    log = tmp_path / "instructions"
    command = [CODECS[0], "-d", "in_asm", "-D", str(log), *CODECS[1:], codec]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False,
                            env={**os.environ, **environment})
    assert result.returncode == 0 and "bytes" in result.stdout, result
    with open(log, encoding="ascii", errors="replace") as lines:
        count = sum(1 for line in lines if VECTOR.search(line))
    log.unlink()
    return count


def test_jpegs_are_made_by_neon(tmp_path):
    """libjpeg-turbo's own switch takes it away."""
    with_neon = vector_instructions(tmp_path, "jpeg")
    without = vector_instructions(tmp_path, "jpeg", JSIMD_FORCENONE="1")
    tell(f"JPEG: {with_neon} such instructions, {without} without libjpeg-turbo's NEON code")
    assert with_neon > 10 and without == 0


def test_h264_is_made_by_neon():
    result = subprocess.run([*CODECS, "h264"], capture_output=True, text=True, timeout=120, check=True)
    line = next(line for line in result.stderr.splitlines() if "cpu capabilities" in line)
    tell(line)
    assert "NEON" in line
