"""The README's first command, as a new user runs it: in a terminal, ended by Ctrl-C."""

import re
import shlex
import subprocess

import pytest
import requests

from support.node import ROOT
from support.pattern import codes_of_file
from support.ports import is_open
from support.terminal import Terminal
from support.wait import SLOWNESS, wait_until

PAGE = "http://127.0.0.1:8080"

pytestmark = [
    pytest.mark.skipif(SLOWNESS > 1, reason="builds its own binary, without a sanitizer"),
    pytest.mark.skipif(is_open(8080), reason="port 8080 is in use"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def demo():
    had_broker = is_open(1883)
    terminal = Terminal(ROOT / "deploy/demo", folder=ROOT)
    terminal.wait_for("Ctrl-C stops the demo", 500)
    yield terminal
    terminal.press_ctrl_c()
    assert terminal.wait(20) == 130
    assert not is_open(8080), "the node has ended"
    assert is_open(1883) == had_broker, "and the broker, if the demo had started it"


def hear(subscriber):
    """What it shows within 2 s; None while it is not all there."""
    text = subprocess.run([*subscriber, "-W", "2"], capture_output=True, text=True, check=False).stdout
    return text if "/status online" in text and "/cam/cam0/record {" in text else None


def test_the_lines_that_it_prints_work(demo):
    lines = re.findall(r"^  (mosquitto_\w+ .*)$", demo.text, re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["mosquitto_sub", "mosquitto_pub", "mosquitto_pub"]
    subscriber, switch_on, switch_off = map(shlex.split, lines)
    heard = wait_until(lambda: hear(subscriber), 20, "what is retained is heard")
    assert "\xff\xd8" not in heard, "no picture on the terminal"

    def items():
        return requests.get(PAGE + "/recordings/?format=json", timeout=20).json()["items"]

    before = {item["file"] for item in items()}
    subprocess.run(switch_on, check=True)
    state = requests.get(PAGE + "/api/v1/state", timeout=20).json()
    record = f"{state['prefix']}/{state['node']}/cam/cam0/record"
    wait_until(lambda: requests.get(PAGE + "/api/v1/state", timeout=20).json()["topics"][record]["active"],
               10, "it records")
    subprocess.run(switch_off, check=True)
    new = wait_until(lambda: [i for i in items() if i["file"] not in before], 10, "it is listed")
    path = ROOT / "recordings" / new[0]["file"]
    assert len(codes_of_file(path)) == new[0]["frames"]
    path.unlink()


def test_the_page_is_there(demo):
    assert f"The page:  {PAGE}/" in demo.text
    assert "<title>camnode</title>" in requests.get(PAGE + "/", timeout=20).text
