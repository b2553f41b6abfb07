"""Waiting for conditions with a deadline; tests never sleep and hope."""

import os
import time

# Sanitizer builds and busy CI machines are slower; deadlines of set-up steps stretch by this.
SLOWNESS = float(os.environ.get("CAMNODE_TEST_SLOWNESS", "1"))


def wait_until(condition, timeout, what, interval=0.02):
    """Calls `condition` until it returns something true, which is returned; fails after `timeout` s."""
    deadline = time.monotonic() + timeout * SLOWNESS
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(interval)
