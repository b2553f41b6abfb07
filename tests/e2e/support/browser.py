"""A real Chromium, driven by chromedriver."""

import base64
import os
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import (ElementClickInterceptedException, ElementNotInteractableException,
                                        StaleElementReferenceException)
from selenium.webdriver.chrome.service import Service

from .wait import PATIENCE, wait_until

AXE = Path(__file__).resolve().parents[3] / "dashboard/node_modules/axe-core/axe.min.js"

MOVED = ElementClickInterceptedException, ElementNotInteractableException, StaleElementReferenceException

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--window-size=1100,900"]

# The block code of a picture that the page shows (node/capture/pattern.h), as a string of bits;
# null while it is not there. In one step: the page may replace the picture at any time.
READ_CODE = """
const picture = typeof arguments[0] === 'string' ? document.querySelector(arguments[0]) : arguments[0];
if (!picture || picture.naturalWidth === 0)
    return null;
const canvas = document.createElement('canvas');
canvas.width = 256; canvas.height = 16;
const context = canvas.getContext('2d');
context.drawImage(picture, 0, 0);
const {data} = context.getImageData(0, 0, 256, 16);
let bits = '';
for (let row = 0; row < 2; row++)
    for (let column = 0; column < 32; column++)
        bits += data[((row * 8 + 4) * 256 + column * 8 + 4) * 4] > 125 ? '1' : '0';
return bits;
"""


# Where screenshots of a run are kept.
PICTURES = os.environ.get("CAMNODE_SCREENSHOTS")


class Page:
    """What the tests ask of any browser; `has`, `run` and `picture` are each browser's own."""

    def code(self, selector):
        """The frame number in a picture of the page, or None while it cannot be read."""
        bits = self.run(READ_CODE, selector)
        if not bits:
            return None
        data = int(bits, 2).to_bytes(8, "big")
        checksum = 0x5A
        for byte in data[:7]:
            checksum ^= byte
        return int.from_bytes(data[:4], "big") if checksum == data[7] else None

    def is_enabled(self, selector):
        return self.run("const e = document.querySelector(arguments[0]); return !!e && !e.closest(':disabled')", selector)

    def text(self, selector):
        """What is written there; "" while there is nothing."""
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def reason(self, selector):
        """What is seen, and read aloud with it, of why it is greyed out; "" for none."""
        return self.run("""
            const line = document.getElementById(document.querySelector(arguments[0])?.getAttribute('aria-describedby'));
            return line?.checkVisibility() ? line.textContent : '';
            """, selector)

    def fits(self):
        """Nothing of the page is cut off at the side; innerWidth would not tell on a telephone: it grows with what does not fit."""
        return self.run("const root = document.documentElement; return root.scrollWidth <= root.clientWidth")

    def keep(self, name):
        """Keeps a screenshot among the results of the run."""
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            (Path(PICTURES) / f"{name}.png").write_bytes(base64.b64decode(self.picture()))


class Browser(Page):
    def __init__(self, profile, trace=""):
        options = webdriver.ChromeOptions()
        options.accept_insecure_certs = True
        options.binary_location = "/usr/bin/chromium"
        for argument in [*ARGUMENTS, f"--user-data-dir={profile}"]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", **({"performance": "ALL"} if trace else {})})
        if trace:  # Chromium's own categories: what is traced is in get_log("performance")
            options.add_experimental_option("perfLoggingPrefs", {"traceCategories": trace})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(30 * PATIENCE)

    def open(self, url):
        self.driver.get(url)

    def find(self, selector):
        """Once it is there: a page takes its time to show what a click asked for."""
        return wait_until(lambda: self.has(selector), 5, f"{selector} in the page")[0]

    def click(self, selector):
        """As a person does: once it is not greyed out, and again, where the page has just put another thing
        under the pointer or has yet to show it."""
        def pressed():
            try:
                return self.is_enabled(selector) and (self.find(selector).click() or True)
            except MOVED:
                return False
        wait_until(pressed, 10, f"{selector} can be pressed")

    def log_in(self, user, password):
        """By the form of either page."""
        for field, value in (("user", user), ("password", password)):
            self.find(f"#login [name={field}]").clear()
            self.find(f"#login [name={field}]").send_keys(value)
        self.click("#login button.primary")

    def has(self, selector):
        return self.driver.find_elements("css selector", selector)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def picture(self):
        return self.driver.get_screenshot_as_base64()

    def hover(self, selector):
        webdriver.ActionChains(self.driver).move_to_element(self.find(selector)).perform()

    def mouse(self):
        """Headless Chromium has no pointing device, by which pages tell telephones."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "hover", "value": "hover"}]})

    def phone(self, on_its_side=False):
        """The window of a telephone."""
        width, height = (844, 390) if on_its_side else (390, 844)
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 2, "mobile": True})

    def appearance(self, name):
        """"dark" or "light", as the system would have it."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": name}]})

    def keys(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def accessibility(self):
        """What axe-core finds serious or worse: its rule and the elements."""
        # Not by a <script>: the page's policy would refuse it.
        self.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text()})
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run({resultTypes: ['violations']}).then(done)")
        return [(item["id"], [node["html"] for node in item["nodes"]]) for item in found["violations"]
                if item["impact"] in ("serious", "critical")]

    def errors(self):
        """What the browser complained of; not that a network came or went, also one of another test."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING") and "net::ERR_NETWORK_CHANGED" not in entry["message"]]

    def close(self):
        self.driver.quit()
