"""Somebody who looks at the live view all the time and notes when each picture came."""

import threading
import time

from .mjpeg import Viewer
from .pattern import code_of_jpeg
from .stalls import Stalls


class Watch:
    def __init__(self, node, cam="cam0"):
        self.viewer = Viewer(node, path=f"/cam/{cam}/stream")
        self.parts = self.viewer.parts(1)
        self._thread = threading.Thread(target=self._look)
        self._ends = False
        self._stalls = Stalls()

    def _look(self):
        try:
            while not self._ends:
                self.parts += self.viewer.parts(1)
        except (OSError, EOFError):
            pass  # the node was killed

    def gap(self, begin=0, end=float("inf")):
        """The longest time without a new picture, s, between those moments; without that in which the whole
        machine stood still."""
        times = [part.time for part in self.parts if begin <= part.time <= end]
        return max((self.took(a, b) for a, b in zip(times, times[1:])), default=float("inf"))

    def took(self, begin, end):
        """The time between, s, without that in which the whole machine stood still."""
        return end - begin - self._stalls.within(begin, end)

    def frame(self, moment=None):
        """The number of the last frame that was seen by then."""
        parts = self.parts if moment is None else [p for p in self.parts if p.time <= moment]
        return code_of_jpeg(parts[-1].data).frame

    def lost(self):
        """How many frames it did not see."""
        return self.frame() - code_of_jpeg(self.parts[0].data).frame + 1 - len(self.parts)

    def wait(self, seconds):
        """Until so much more was seen."""
        end = time.monotonic() + seconds
        while self._thread.is_alive() and self.parts[-1].time < end:
            time.sleep(0.02)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends = True
        self._thread.join()
        self.viewer.close()
        self._stalls.stop()
