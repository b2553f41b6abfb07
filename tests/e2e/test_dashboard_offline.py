"""The fleet's page with a node whose camera is gone, with a lost broker, and with words too long for a telephone."""

import json

import paho.mqtt.client as paho
import pytest
from selenium.webdriver.common.keys import Keys

from support.site import PAGE, become_operator, record_one, state_of
from support.wait import SLOWNESS, wait_until

pytestmark = [
    pytest.mark.skipif(SLOWNESS > 1, reason="the page is the same in every build"),
    pytest.mark.skipif(not (PAGE / "index.html").exists(), reason="built by the label web, with npm"),
]


@pytest.fixture
def node(site, make_node):
    return site.start_with(make_node)


@pytest.fixture
def publish(node, site):
    """Says something at the broker, and waits until that has it."""
    client = paho.Client(client_id="beside", protocol=paho.MQTTv5)
    client.connect("127.0.0.1", site.broker.port)
    client.loop_start()

    def say(suffix, payload, retain=False):
        text = payload if isinstance(payload, str) else json.dumps(payload)
        client.publish(f"camnode/{suffix}", text, qos=1, retain=retain).wait_for_publish(10)

    yield say
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def page(node, site, browser):
    browser.mouse()
    site.show(browser)
    wait_until(lambda: browser.has(".tile img"), 20, "the node's tile with its snapshot")
    return browser


def test_a_camera_that_is_gone_is_told_with_its_reason_and_stopped(node, page, publish):
    become_operator(page)
    publish("node1/cam/cam0/controls/set", {"Fault": "Disconnect"})
    wait_until(lambda: page.text(".tile .tile-facts").startswith("offline: "), 20, "the tile says why")
    publish("node1/cam/cam0/snapshot", "", retain=True)
    wait_until(lambda: page.text(".tile .veil") == "The camera is offline", 10, "and not that a picture will come")
    page.click(".tile > a")
    wait_until(lambda: page.text(".node-page .facts.problem").startswith("offline: "), 10, "so does its page")
    page.keep("fleet-camera-gone")
    page.click(".node-page .record")
    wait_until(lambda: state_of(node, "cam/cam0/record")["state"] == "ON" and page.text(".node-page .record") == "Stop", 10, "it waits for the camera")
    page.click(".node-page .record")
    wait_until(lambda: state_of(node, "cam/cam0/record")["state"] == "OFF", 10, "and no longer")


def test_an_event_leads_to_its_recording(page):
    become_operator(page)
    page.click(".tile > a")
    record_one(page)
    wait_until(lambda: "Recording finished" in page.text(".node-page .feed"), 20, "the event")
    assert len(page.has(".node-page .feed a")) == 1, "no link to where one is"
    page.click(".node-page .feed a")
    wait_until(lambda: page.run("return document.querySelector('video')?.readyState >= 2"), 15, "it plays")
    page.keys(Keys.ESCAPE)
    page.click("nav a[href='#/events']")
    wait_until(lambda: page.has(".feed a[href='#/node/node1']"), 10, "others lead to their node")
    assert page.has(".feed a[href^='#/node/node1/recordings/cam0/']")


def test_a_snapshot_is_shown_and_downloaded_and_a_picture_fills_the_screen(page):
    become_operator(page)
    page.click(".tile > a")
    wait_until(lambda: page.is_enabled(".node-page .snapshot"), 15, "the node's page")
    page.click(".node-page .snapshot")
    wait_until(lambda: page.code(".taken img"), 20, "the snapshot")
    link = page.find(".taken a.button")
    assert link.get_attribute("download").startswith("cam0_")
    assert link.get_attribute("href") == page.find(".taken img").get_attribute("src")
    page.keep("fleet-snapshot")
    page.run("document.querySelector('.node-page .full').focus()")
    page.keys(Keys.ENTER)
    wait_until(lambda: page.run("return document.fullscreenElement?.dataset.camera") == "cam0", 10, "the picture fills the screen")
    moving = ".node-page img[data-mode=stream]"
    first = wait_until(lambda: page.code(moving), 15, "it is live")
    wait_until(lambda: (page.code(moving) or 0) > first + 3, 15, "and moves")
    assert page.run("return document.querySelector(arguments[0]).clientWidth === innerWidth", moving)
    assert not page.errors()


def test_the_bar_of_what_is_selected_stays_when_the_broker_is_lost(site, page):
    page.run("document.querySelector('.tile-select input').click()")
    below = "return innerHeight - document.querySelector('.bulk').getBoundingClientRect().bottom"
    wait_until(lambda: page.has(".bulk") and 0 <= page.run(below) < 40, 5, "at the lower edge of the window")
    site.broker.kill()
    wait_until(lambda: page.has(".link-is-lost"), 15, "the broker is lost")
    assert 0 <= page.run(below) < 40
    page.keep("fleet-lost-selected")


def test_endless_words_fit_a_telephone(page, publish):
    publish("long/info", {
        "proto": 1, "name": "W" * 64, "version": "9" * 32, "ip": "192.0.2.1", "model": "M" * 64, "started_at": "2026-11-27T00:00:00Z",
        "capabilities": [], "cameras": [{"id": "cam0", "name": "C" * 64, "source": "auto"}]}, True)
    publish("long/status", "online", True)
    publish("long/cam/cam0/status", "online", True)
    publish("long/event", {"event_type": "recording_failed", "ts": "2026-11-27T00:00:00.000Z", "camera": "cam0", "error": "E" * 200})
    wait_until(lambda: len(page.has(".tile")) == 2 and page.has("[name=version]"), 10, "it is found, and has another version")
    page.phone()
    for place, there in (("#/", ".tile"), ("#/events", ".feed .bad"), ("#/node/long", ".node-page h3")):
        page.run("location.hash = arguments[0]", place)
        wait_until(lambda: page.has(there), 10, place)
        assert page.fits(), place
    page.keep("fleet-long-words")
    assert page.run("const name = document.querySelector('.node-page h3'); return name.scrollWidth <= name.parentElement.clientWidth")
    page.phone(on_its_side=True)
    height = "return document.querySelector('.node-page .picture').getBoundingClientRect().height"
    wait_until(lambda: 190 < page.run(height) < 390, 5, "a picture is seen as a whole")
