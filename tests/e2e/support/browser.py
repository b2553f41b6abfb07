"""A real Chromium, driven by chromedriver."""

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from .wait import SLOWNESS

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--window-size=1100,900"]

# The block code of a picture that the page shows (node/capture/pattern.h), as a string of bits.
READ_CODE = """
const [picture] = arguments;
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


class Browser:
    def __init__(self, profile):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in [*ARGUMENTS, f"--user-data-dir={profile}"]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(30 * SLOWNESS)

    def open(self, url):
        self.driver.get(url)

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def has(self, selector):
        return self.driver.find_elements("css selector", selector)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def code(self, selector):
        """The frame number in a picture of the page, or None while it cannot be read."""
        elements = self.has(selector)
        if not elements or not self.run("return arguments[0].naturalWidth", elements[0]):
            return None
        data = int(self.run(READ_CODE, elements[0]), 2).to_bytes(8, "big")
        checksum = 0x5A
        for byte in data[:7]:
            checksum ^= byte
        return int.from_bytes(data[:4], "big") if checksum == data[7] else None

    def errors(self):
        """What the browser complained of."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]

    def close(self):
        self.driver.quit()
