"""Waiting for conditions with a deadline; tests never sleep and hope."""

import os
import time

# Sanitizer builds and busy CI machines are slower; deadlines of set-up steps stretch by this.
SLOWNESS = float(os.environ.get("CAMNODE_TEST_SLOWNESS", "1"))
# Waits take this times as long before they fail as what they wait for is promised to take: a busy
# machine stalls now and then. What is judged by its time is measured and asserted by itself.
PATIENCE = 2 * SLOWNESS


def wait_until(condition, timeout, what, interval=0.02):
    """Calls `condition` until it returns something true, which is returned; fails after `timeout` s."""
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(interval)
