"""A real Firefox, driven by its own Marionette protocol: Debian has no geckodriver.

A message is its length, a colon and JSON: [0, id, command, parameters], answered by
[1, id, error, result]."""

import json
import shutil
import socket
import subprocess

from .browser import Page
from .ports import free_port, is_open
from .wait import PATIENCE, wait_until

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

PREFERENCES = {
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.tabs.warnOnClose": False,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.systemAddon.update.enabled": False,
    "media.autoplay.default": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.http.speculative-parallel-limit": 0,
    "security.sandbox.content.level": 0,  # tests run as root, in containers
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "ui.primaryPointerCapabilities": 6,  # a mouse, which hovers
    "ui.allPointerCapabilities": 6,
}


class Firefox(Page):
    def __init__(self, profile):
        profile.mkdir(parents=True)
        port = free_port()
        lines = {**PREFERENCES, "marionette.port": port}
        (profile / "user.js").write_text("".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
                                                 for name, value in lines.items()))
        with open(profile / "firefox.log", "wb") as log:
            self.process = subprocess.Popen(
                [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", profile,
                 "--window-size", "1100,900", "about:blank"], stdout=log, stderr=log)
        wait_until(lambda: is_open(port), 60, "Firefox listens")
        self.count = 0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60 * PATIENCE)
        self.stream = self.socket.makefile("rb")
        self._read()  # its greeting
        self._command("WebDriver:NewSession", acceptInsecureCerts=True)

    def _read(self):
        length = b""
        while (byte := self.stream.read(1)) != b":":
            assert byte, "Firefox has gone"
            length += byte
        return json.loads(self.stream.read(int(length)))

    def _command(self, name, **parameters):
        self.count += 1
        text = json.dumps([0, self.count, name, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        _, number, error, result = self._read()
        assert number == self.count
        assert not error, f"{name}: {error['error']}: {error['message']}"
        return result

    def open(self, url):
        self._command("WebDriver:Navigate", url=url)

    def has(self, selector):
        return self._command("WebDriver:FindElements", using="css selector", value=selector)

    def find(self, selector):
        """Once it is seen: a page takes its time to show what a click asked for."""
        seen = "return !!document.querySelector(arguments[0])?.checkVisibility()"
        wait_until(lambda: self.run(seen, selector), 10, f"{selector} is seen")
        return self._command("WebDriver:FindElement", using="css selector", value=selector)["value"]

    def run(self, script, *arguments):
        return self._command("WebDriver:ExecuteScript", script=script, args=list(arguments))["value"]

    def click(self, selector):
        """As a person does: once it is not greyed out."""
        wait_until(lambda: self.is_enabled(selector), 10, f"{selector} can be pressed")
        self._command("WebDriver:ElementClick", id=self.find(selector)[ELEMENT])

    def write(self, selector, text):
        self._command("WebDriver:ElementSendKeys", id=self.find(selector)[ELEMENT], text=text)

    def hover(self, selector):
        move = {"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": self.find(selector)}
        self._command("WebDriver:PerformActions", actions=[
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [move]}])

    def picture(self):
        return self._command("WebDriver:TakeScreenshot", full=False)["value"]

    def close(self):
        self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
