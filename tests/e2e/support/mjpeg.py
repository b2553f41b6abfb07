"""A viewer of a multipart MJPEG stream over a plain socket: sees every byte as it comes."""

import socket
import time

from .stalls import stood_still
from .wait import PATIENCE


def jpeg_size(data):
    """(width, height) by the frame header."""
    position = 2
    while data[position + 1] not in (0xC0, 0xC1, 0xC2):
        position += 2 + int.from_bytes(data[position + 2:position + 4], "big")
    return (int.from_bytes(data[position + 7:position + 9], "big"),
            int.from_bytes(data[position + 5:position + 7], "big"))


class Part:
    def __init__(self, headers, data):
        self.headers = headers
        self.data = data
        self.time = time.monotonic()

    @property
    def timestamp(self):
        return float(self.headers["x-timestamp"])


def longest_gap(parts):
    """The longest time without a picture, s, by when they were taken: whoever reads a little late misses none.
    Without that in which the whole machine stood still."""
    times = [part.timestamp for part in parts]
    return max(b - a - stood_still(a, b) for a, b in zip(times, times[1:]))


class Viewer:
    def __init__(self, node, path="/cam/cam0/stream", headers=(), receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(10 * PATIENCE)
        port = node.config["http"]["port"]
        self.socket.connect(("127.0.0.1", port))
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.buffer = b""
        self.status = None

    def read_headers(self):
        lines = self._until(b"\r\n\r\n").decode().split("\r\n")
        self.status = lines[0]
        self.headers = {key.lower(): value.strip()
                        for key, value in (line.split(":", 1) for line in lines[1:])}
        self.boundary = self.headers.get("content-type", "").partition("boundary=")[2]
        return self

    def _fill(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise EOFError
        self.buffer += data

    def _until(self, mark):
        while mark not in self.buffer:
            self._fill()
        head, _, self.buffer = self.buffer.partition(mark)
        return head

    def parts(self, count):
        """The next `count` parts, each checked for its framing."""
        if self.status is None:
            self.read_headers()
        result = []
        while len(result) < count:
            line = self._until(b"\r\n")
            if not line:
                continue
            assert line == b"--" + self.boundary.encode(), line[:80]
            head = self._until(b"\r\n\r\n").decode()
            assert all(len(header) < 128 for header in head.split("\r\n"))
            headers = {key.lower(): value.strip()
                       for key, value in (header.split(":", 1) for header in head.split("\r\n"))}
            length = int(headers["content-length"])
            while len(self.buffer) < length:
                self._fill()
            data, self.buffer = self.buffer[:length], self.buffer[length:]
            result.append(Part(headers, data))
        return result

    def next_taken(self):
        """The first part with a picture that was taken after this call: what has piled up is passed over."""
        now = time.time()
        while (part := self.parts(1)[0]).timestamp < now:
            pass
        return part

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
