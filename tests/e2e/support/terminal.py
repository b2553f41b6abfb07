"""A program on a terminal of its own, as a person uses it."""

import codecs
import os
import pty
import select
import time

from .wait import PATIENCE


class Terminal:
    """`text` is what it showed, what was typed among it where the terminal echoes."""

    def __init__(self, *command, folder=None, env=None):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder or ".")
            os.execve(command[0], [str(word) for word in command], {**os.environ, **(env or {})})
        self.text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def read(self, timeout=0.2):
        """False when the program is gone."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other side is gone
            data = b""
        self.text += self._decoder.decode(data).replace("\r", "")
        return bool(data)

    def wait_for(self, text, timeout=10, since=0):
        """The place behind the text, once it has shown it."""
        deadline = time.monotonic() + timeout * PATIENCE
        while text not in self.text[since:]:
            assert self.read() and time.monotonic() < deadline, \
                f"{text!r} does not come: {self.text[-3000:]}"
        return self.text.index(text, since) + len(text)

    def type(self, text):
        os.write(self.fd, text.encode())

    def press_ctrl_c(self):
        self.type("\x03")

    def wait(self, timeout=10):
        """Its exit status."""
        deadline = time.monotonic() + timeout * PATIENCE
        while self.read():
            assert time.monotonic() < deadline, self.text[-3000:]
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
