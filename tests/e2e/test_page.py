"""The page in a real Chromium: live pictures, recording and playing by a person's clicks."""

import pytest

from support.browser import Browser
from support.node import run
from support.pattern import codes_of_file
from support.wait import wait_until


@pytest.fixture
def browser(tmp_path):
    browser = Browser(tmp_path / "chromium")
    yield browser
    browser.close()


@pytest.fixture
def node(make_node):
    node = make_node(mqtt={"enabled": False})
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    return node


def wait_live(browser):
    """The picture's frame number grows: what is seen is live."""
    first = wait_until(lambda: browser.code("article img"), 15, "a picture with a block code")
    wait_until(lambda: (browser.code("article img") or 0) > first + 10, 15, "the picture moves on")


def test_live_picture_without_a_complaint(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    assert not browser.errors()


def test_record_and_play_by_clicking(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    wait_until(lambda: browser.find("button.record").is_enabled(), 10, "the button is ready")
    browser.find("button.record").click()
    wait_until(lambda: browser.find("button.record").get_attribute("aria-pressed") == "true", 10,
               "the button shows the recording")
    node.wait_state("cam/cam0/record", lambda record: record["active"])
    browser.find("button.record").click()
    record = node.wait_state("cam/cam0/record", lambda record: record["state"] == "OFF" and
                             not record["finishing"] and record.get("file"))
    path = node.recordings / record["file"]
    browser.open(f"{node.url}/recordings/{record['file']}")
    wait_until(lambda: browser.has("video"), 10, "Chromium takes it as a video")
    ready = "const v = document.querySelector('video'); v.muted = true; v.play(); return v.readyState"
    wait_until(lambda: browser.run(ready) >= 2, 15, "the video plays")
    duration = browser.run("return document.querySelector('video').duration")
    assert abs(duration - len(codes_of_file(path)) / 30) < 0.2
    browser.run("document.querySelector('video').currentTime = arguments[0]", duration / 2)
    wait_until(lambda: browser.run("return document.querySelector('video').seeking") is False, 10,
               "it seeks")


def test_login(make_node, browser):
    hashed = run("--hash-password", text="secret\n").stdout.strip()
    node = make_node(mqtt={"enabled": False},
                     http={"users": [{"name": "op", "hash": hashed, "role": "operator"}]})
    browser.open(node.url + "/")
    wait_until(lambda: browser.find("#login").is_displayed(), 10, "the login form")
    browser.find("#login [name=user]").send_keys("op")
    browser.find("#login [name=password]").send_keys("secret")
    browser.find("#login button").click()
    wait_live(browser)


def test_a_lost_node_looks_lost(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    node.stop()
    wait_until(lambda: browser.find("#state").text.strip().lower() != "live", 15,
               "the page says that the node is gone")
