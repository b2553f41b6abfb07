"""Both pages in a real Firefox: that what Chromium shows is not only Chromium's."""

import pytest

from support.firefox import FIREFOX, Firefox
from support.site import PAGE, Site
from support.wait import SLOWNESS, wait_until

pytestmark = [
    pytest.mark.skipif(SLOWNESS > 1, reason="the page is the same in every build"),
    pytest.mark.skipif(not FIREFOX, reason="no Firefox"),
]
TOKEN = "nginx-only"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Firefox(tmp_path_factory.mktemp("firefox") / "profile")
    yield browser
    browser.close()


def wait_moving(browser, picture):
    first = wait_until(lambda: browser.code(picture), 20, "a picture with a block code")
    wait_until(lambda: (browser.code(picture) or 0) > first + 3, 20, "the picture moves on")


def test_live_record_and_play(make_node, browser):
    node = make_node(mqtt={"enabled": False})
    browser.open(node.url + "/")
    wait_moving(browser, "article img")
    browser.click("button.record")
    running = "return document.querySelector('.badge.recording')?.textContent >= '0:01'"
    wait_until(lambda: browser.run(running), 15, "it records")
    browser.click("button.record")
    wait_until(lambda: browser.has("article .note a"), 15, "the file is finished")
    browser.click("button.snapshot")
    wait_until(lambda: browser.code(".taken img"), 10, "the snapshot")
    browser.click("article .note a")
    wait_until(lambda: browser.run("const v = document.querySelector('video'); v?.play(); return v?.readyState >= 2"), 20,
               "the recording plays")
    assert browser.run("return document.querySelector('video').duration") > 0.9
    browser.run("document.querySelector('video').currentTime = 0.5")
    wait_until(lambda: browser.run("return !document.querySelector('video').seeking"), 10, "it seeks")
    wait_until(lambda: browser.has(".day-cell"), 10, "the calendar")
    browser.keep("firefox-library")


@pytest.mark.skipif(not (PAGE / "index.html").exists(), reason="built by the label web, with npm")
def test_the_fleet_and_its_live_pictures(make_node, browser, tmp_path):
    site = Site(tmp_path / "site", TOKEN)
    try:
        site.start_with(make_node)
        browser.open(site.url_with_login)
        browser.open(site.url)
        wait_until(lambda: browser.code(".tile img"), 30, "the node's tile with its snapshot")
        browser.hover(".tile")
        wait_moving(browser, ".tile img[data-mode=stream]")
        browser.click(".tile > a")
        wait_moving(browser, ".node-page img[data-mode=stream]")
        browser.click(".log-in")
        browser.write("#login [name=user]", "operator")
        browser.write("#login [name=password]", "secret")
        browser.click("#login button.primary")
        wait_until(lambda: browser.run("return document.querySelector('.node-page .record')?.disabled === false"), 20, "an operator may")
        browser.click(".node-page .snapshot")
        wait_until(lambda: browser.code(".taken img"), 20, "the node's reply, and the picture")
        browser.keep("firefox-fleet")
    finally:
        site.stop()
