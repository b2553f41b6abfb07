"""What the USB camera's pictures, and recordings of them, tell."""

import re
import time
import zlib

from support.pattern import codes_of_file, probe
from support.wait import PATIENCE

COMMENT = re.compile(rb"^\xff\xd8\xff\xfe..frame=(\d+) crc=(\d+)", re.DOTALL)


def frame_of(jpeg):
    """The number of a picture that is, bit for bit, as the camera sent it."""
    match = COMMENT.match(jpeg)
    assert match, f"not the camera's picture: {jpeg[:64]!r}"
    assert zlib.crc32(jpeg[match.end():]) == int(match.group(2)), "the picture was changed"
    return int(match.group(1))


def check_order(numbers):
    """They grow; a picture is shown again while none comes for a second, as on a busy machine."""
    assert numbers == sorted(numbers) and numbers[0] < numbers[-1]


def is_of_camera(jpeg):
    return COMMENT.match(jpeg) is not None


def wait_picture(viewer, accept, timeout):
    """Reads on until a picture is as wanted."""
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        part = viewer.parts(1)[0]
        if accept(part.data):
            return part
        assert time.monotonic() < deadline, f"not within {timeout} s"


def record(client, seconds, **options):
    """Records, and returns the events of the finished files."""
    since = client.mark()
    client.publish("cam/cam0/record/set", {"state": "ON", "duration_s": seconds, **options})
    return finished(client, since, lambda event: event["reason"] == "duration", seconds + 20)


def finished(client, since, is_last, timeout):
    client.wait("event", lambda m: m.json["event_type"] == "recording_finished" and is_last(m.json),
                timeout=timeout, since=since)
    return [m.json for m in client.all("event", since) if m.json["event_type"] == "recording_finished"]


def download(node, event, folder):
    path = folder / event["file"].replace("/", "_")
    path.write_bytes(node.get(f"/recordings/{event['file']}").content)
    assert path.stat().st_size == event["bytes"]
    return path


def check_recording(path, event):
    """It plays whole, and each of its frames is there once, in order; returns their numbers."""
    numbers = [code.frame for code in codes_of_file(path)]
    times = probe(path)[2]
    assert len(numbers) == len(times) == event["frames"]
    assert numbers == sorted(set(numbers)) and times == sorted(set(times))
    return numbers
