"""Free TCP ports on the loopback interface."""

import itertools
import os
import socket

# Below those that the kernel hands out by itself, so that no connection takes one before its server
# does; each process counts from a place of its own, so that tests side by side do not meet.
FIRST, COUNT = 20000, 12000
_counter = itertools.count(os.getpid() * 97)


def free_port():
    while True:
        port = FIRST + next(_counter) % COUNT
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def is_open(port, host="127.0.0.1"):
    with socket.socket() as sock:
        sock.settimeout(0.5)
        return sock.connect_ex((host, port)) == 0
