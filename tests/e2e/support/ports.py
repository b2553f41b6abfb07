"""Free TCP ports on the loopback interface."""

import os
import socket

# Below those that the kernel hands out by itself, so that no connection takes one before its server
# does. Each process has blocks of its own, so that tests side by side do not meet: also a port whose
# server is just being started again is nobody else's.
FIRST, COUNT, BLOCK = 20000, 12000, 50
_claims = {}


def _claim(block):
    """Held by a socket of that name until this process ends; False: another process has it."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0camnode-test-ports-{block}")
    except OSError:
        claim.close()
        return False
    _claims[block] = claim
    return True


def _ports():
    block = os.getpid()
    while True:
        block = (block + 1) % (COUNT // BLOCK)
        if block in _claims or _claim(block):
            yield from range(FIRST + block * BLOCK, FIRST + (block + 1) * BLOCK)


_own = _ports()


def free_port():
    for port in _own:
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
