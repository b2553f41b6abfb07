"""Reading the pattern camera's block code (node/capture/pattern.h) from pictures and recordings."""

import json
import subprocess
from datetime import datetime
from typing import NamedTuple

from .stalls import stood_still
from .wait import SLOWNESS

BLOCK = 8
PER_ROW = 32
ROWS = 2
WIDTH = BLOCK * PER_ROW
HEIGHT = BLOCK * ROWS


class Code(NamedTuple):
    frame: int
    time_ms: int


def decode(luma, stride):
    """The code in a luma plane (bytes); fails when the checksum is wrong."""
    bits = ""
    for row in range(ROWS):
        y = row * BLOCK + BLOCK // 2
        for column in range(PER_ROW):
            bits += "1" if luma[y * stride + column * BLOCK + BLOCK // 2] > 125 else "0"
    return decode_bits(bits)


def decode_bits(bits):
    """The code of a string of bits."""
    data = int(bits, 2).to_bytes(8, "big")
    checksum = 0x5A
    for byte in data[:7]:
        checksum ^= byte
    assert checksum == data[7], f"block code {data.hex()} is damaged"
    return Code(int.from_bytes(data[:4], "big"), int.from_bytes(data[4:7], "big"))


def _luma(arguments, stdin=None):
    command = ["ffmpeg", "-nostdin", "-v", "error", *arguments, "-map", "0:v:0", "-fps_mode", "passthrough",
               "-enc_time_base", "-1",
               "-vf", f"crop={WIDTH}:{HEIGHT}:0:0", "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    result = subprocess.run(command, input=stdin, capture_output=True, timeout=600, check=False)
    assert result.returncode == 0, result.stderr.decode()
    assert not result.stderr, result.stderr.decode()
    return result.stdout


def codes_of_file(path):
    """The code of every frame of a recording, in order."""
    luma = _luma(["-i", str(path)])
    size = WIDTH * HEIGHT
    assert luma and len(luma) % size == 0
    return [decode(luma[i:i + size], WIDTH) for i in range(0, len(luma), size)]


def code_of_jpeg(data):
    return decode(_luma(["-f", "mjpeg", "-i", "-"], stdin=data), WIDTH)


def is_of_camera(part):
    """Whether a part of a stream shows the pattern, and no picture of the node's own."""
    try:
        return code_of_jpeg(part.data) is not None
    except AssertionError:
        return False


def probe(path):
    """ffprobe's words on a file: (stream, format, list of pts in seconds)."""
    result = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format",
         "-show_entries", "packet=pts_time", str(path)],
        capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0 and not result.stderr, result.stderr
    data = json.loads(result.stdout)
    times = [float(packet["pts_time"]) for packet in data["packets"]]
    return data["streams"][0], data["format"], times


def check_whole(path, event, fps=30):
    """Every frame there once, in order, with its own time; what is missing was owned up to.

    A machine that is busy may lose some (half a second's in all beside those of the time that it stood still;
    more in a build that a sanitizer slows down), but has to say so; that none is lost is measured in
    tests/bench. Returns the codes.
    """
    codes = codes_of_file(path)
    _stream, _format, times = probe(path)
    numbers = [code.frame for code in codes]
    assert len(codes) == len(times) == event["frames"]
    assert numbers == sorted(set(numbers)), f"frames double or out of order: {numbers}"
    missing = numbers[-1] - numbers[0] + 1 - len(numbers)
    behind = event["dropped"] - missing  # between the last and the end, which is not to be seen here
    assert 0 <= behind <= fps, f"{missing} frames missing, {event['dropped']} owned up to"
    began = datetime.fromisoformat(event["started_at"]).timestamp()
    stood = stood_still(began, began + event["duration_s"] + 1)
    assert event["dropped"] <= fps * (0.5 + stood) or SLOWNESS > 1, f"frames lost: {numbers}"
    for code, time in zip(codes, times):
        elapsed = ((code.time_ms - codes[0].time_ms) % (1 << 24)) / 1000
        assert abs((time - times[0]) - elapsed) <= 1 / fps, f"frame {code.frame} at {time} s, not {elapsed}"
    return codes
