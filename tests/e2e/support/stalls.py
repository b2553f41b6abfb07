"""How long this machine stood still: somebody who means to look at the clock every 10 ms notes it. What is
judged by its time is judged without that."""

import threading
import time

TICK_S = 0.01
LATE_S = 0.05  # less is nothing


class Stalls:
    def __init__(self):
        self._ends = threading.Event()
        self._found = []  # (when it went on, s)
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self):
        last = time.monotonic()
        while not self._ends.wait(TICK_S):
            now = time.monotonic()
            if now - last > TICK_S + LATE_S:
                self._found.append((now, now - last - TICK_S))
            last = now

    def within(self, begin, end):
        """Seconds, in all; a stall counts for as much of it as lies between those moments."""
        return sum(max(0, min(end, went_on) - max(begin, went_on - lasted)) for went_on, lasted in list(self._found))

    def stop(self):
        self._ends.set()
        self._thread.join()


_ALWAYS = Stalls()


def stood_still(begin, end):
    """Seconds in which the whole machine did, between those moments of the wall clock."""
    ahead = time.time() - time.monotonic()
    return _ALWAYS.within(begin - ahead, end - ahead)
