"""The fleet's page in a real Chromium, behind nginx, with a real mosquitto and a real node."""

import json
import signal
import subprocess

import paho.mqtt.client as paho
import pytest
import requests
import urllib3
from selenium.webdriver.common.keys import Keys

from support.browser import AXE
from support.site import NGINX, PAGE, become_operator, record_one, state_of
from support.wait import SLOWNESS, wait_until

pytestmark = [
    pytest.mark.skipif(SLOWNESS > 1, reason="the page is the same in every build"),
    pytest.mark.skipif(not (PAGE / "index.html").exists(), reason="built by the label web, with npm"),
]

urllib3.disable_warnings()


@pytest.fixture
def browser(browser):
    browser.mouse()
    return browser


@pytest.fixture
def node(site, make_node):
    """A node that nginx knows, with a token for it."""
    return site.start_with(make_node)


@pytest.fixture
def page(node, site, browser):
    """The browser with the page open, past nginx's login, and the node found."""
    site.show(browser)
    wait_until(lambda: browser.has(".tile img"), 20, "the node's tile with its snapshot")
    return browser


def wait_moving(browser, picture):
    first = wait_until(lambda: browser.code(picture), 20, "a picture with a block code")
    wait_until(lambda: (browser.code(picture) or 0) > first + 3, 20, "the picture moves on")


def link_state(browser):
    return browser.text("#state").strip().lower()


def test_finds_a_node_and_shows_it_live(node, site, page):
    assert requests.get(site.url, verify=False, timeout=10).status_code == 401
    wait_until(lambda: "Test node" in page.text(".tile-name"), 10, "its name")
    wait_until(lambda: page.code(".tile img"), 10, "the retained snapshot")
    page.hover(".tile")
    wait_moving(page, ".tile img[data-mode=stream]")
    page.hover(".search")
    wait_until(lambda: not page.has(".tile img[data-mode=stream]"), 5, "it ends with the pointer gone")
    page.click(".tile > a")
    wait_moving(page, ".node-page img[data-mode=stream]")
    wait_until(lambda: len(page.has(".plot canvas")) == 4, 10, "the charts")
    assert not page.errors()
    # Nothing else of the node is reached through nginx.
    for path in ("node/node1/metrics", "node/node1/api/v1/state", "node/other/cam/cam0/stream",
                 "node/node1/cam/cam0/../../metrics"):
        answer = requests.get(site.url + path, auth=("eye", "look"), verify=False, timeout=10)
        assert answer.status_code == 404, path


def test_an_operator_commands_and_others_may_not(node, site, page):
    page.click(".tile > a")
    wait_until(lambda: page.has(".node-page .record"), 10, "the node's page")
    assert not page.is_enabled(".node-page .record")
    assert_refused(site, node)
    page.click(".log-in")
    page.log_in("operator", "wrong")
    wait_until(lambda: page.has("dialog #login [role=alert]"), 15, "the broker refuses")
    wait_until(lambda: link_state(page) == "live" and page.has(".node-page"), 10, "and who looks on goes on doing so")
    page.log_in("operator", "secret")
    wait_until(lambda: page.is_enabled(".node-page .record"), 15,
               "an operator may")
    page.click(".node-page .record")
    wait_until(lambda: page.has(".badge.recording"), 10, "it records")
    assert state_of(node, "cam/cam0/record")["state"] == "ON"
    page.click(".node-head a")
    wait_until(lambda: page.has(".tile .badge.recording"), 10, "the tile shows it")
    page.run("document.querySelector('.tile-select input').click()")
    page.click(".bulk .stop")
    wait_until(lambda: "Done" in page.text(".results"), 10, "the node's reply")
    wait_until(lambda: state_of(node, "cam/cam0/record")["state"] == "OFF", 10, "it has stopped")
    page.keys(Keys.ESCAPE)
    page.click("nav a[href='#/events']")
    wait_until(lambda: "Recording finished" in page.text(".feed"), 15, "the event")
    assert "secret" not in page.run("return location.href + JSON.stringify({...localStorage, ...sessionStorage})")


def assert_refused(site, node):
    """Without login, the broker lets no command through."""
    client = paho.Client(client_id="intruder", transport="websockets")
    client.connect("127.0.0.1", site.web_socket_port)
    client.loop_start()
    client.publish("camnode/node1/cam/cam0/record/set", "ON", qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
    assert state_of(node, "cam/cam0/record")["state"] == "OFF"


def test_a_nodes_settings(node, site, page):
    page.click(".tile > a")
    wait_until(lambda: page.has(".node-page .more"), 10, "the node's page")
    page.click(".node-page .more")
    wait_until(lambda: page.has(".node-page input[type=range]"), 10, "what the camera offers")
    assert not page.is_enabled(".node-page [role=switch]")
    become_operator(page)
    wait_until(lambda: page.is_enabled(".node-page [role=switch]"), 10, "an operator may")
    page.click(".node-page [role=switch]")
    wait_until(lambda: state_of(node, "cam/cam0/enabled") == "OFF", 10, "it is off")
    wait_until(lambda: page.text(".node-page .veil") == "Switched off" and not page.has(".node-page .picture img"), 10,
               "no picture is shown of it")
    page.run("location.hash = ''")
    wait_until(lambda: page.text(".tile .veil") == "Switched off" and not page.has(".tile img, .tile .age"), 10,
               "nor in its tile")
    page.run("history.back()")
    wait_until(lambda: page.has(".node-page .more"), 10, "the node's page")
    page.click(".node-page .more")
    page.click(".node-page [role=switch]")
    wait_moving(page, ".node-page img[data-mode=stream]")
    page.click(".node-page .camera-settings select option[value=low]")
    wait_until(lambda: state_of(node, "cam/cam0/profile") == "low", 10, "the profile")
    slide = "arguments[0].value = 0.5; arguments[0].dispatchEvent(new Event('change', {bubbles: true}))"
    page.run(slide, page.find(".node-page input[type=range][min='-1']"))
    wait_until(lambda: state_of(node, "cam/cam0/controls")["controls"]["Brightness"]["value"] == 0.5, 10, "the brightness")
    page.click(".node-page .camera-settings button")
    wait_until(lambda: state_of(node, "cam/cam0/controls")["controls"]["Brightness"]["value"] == 0, 10, "as it was")
    assert not page.accessibility()
    assert not page.errors()


def test_a_nodes_recordings(node, site, page):
    become_operator(page)
    page.run("location.hash = '#/node/node1'")
    record_one(page)
    page.click(".tabs a[href$=recordings]")
    wait_until(lambda: page.run("return document.querySelector('.thumbnail img')?.naturalWidth > 0"), 20, "the thumbnail of the recording")
    assert page.has(".day-cell")
    page.click(".recording-tile")
    wait_until(lambda: page.run("return document.querySelector('video')?.readyState >= 2"), 15, "it plays")
    page.click(".edit-label")
    page.keys("Fox", Keys.ENTER)
    wait_until(lambda: page.text(".label-line .label") == "Fox", 10, "its label")
    page.keep("fleet-recording")
    page.click("dialog .danger")
    wait_until(lambda: len(page.has("dialog")) == 2, 5, "the question")
    page.has("dialog .danger")[-1].click()
    wait_until(lambda: not page.has("dialog") and not page.has(".recording-tile"), 10, "it is gone")
    assert not page.errors()
    # Through nginx recordings are only read.
    address = site.url + "node/node1/recordings/"
    assert requests.get(address, auth=("eye", "look"), verify=False, timeout=10).status_code == 200
    for change in (requests.delete, requests.post, requests.put):
        assert change(address + "x.mp4", auth=("eye", "look"), verify=False, timeout=10).status_code == 403


def broker_connections(site):
    """How many WebSockets the broker has."""
    port = f":{site.web_socket_port:04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:
        lines = [line.split() for line in table]
    return sum(1 for line in lines if line[1].endswith(port) and line[3] == "01")


def test_a_hidden_tab_is_silent_and_knows_nothing_old_afterwards(node, site, page):
    wait_until(lambda: broker_connections(site) == 1, 10, "the page is connected, and nothing before it any more")
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    wait_until(lambda: broker_connections(site) == 0, 20, "the broker is left")
    node.kill()
    client = paho.Client(client_id="watch", protocol=paho.MQTTv5)
    heard = []
    client.on_message = lambda _client, _user, message: heard.append(message.payload)
    client.connect("127.0.0.1", site.broker.port)
    client.subscribe("camnode/node1/status")
    client.loop_start()
    wait_until(lambda: b"offline" in heard, 60, "the broker knows that the node is gone")
    client.publish("camnode/node1/status", b"", retain=True, qos=1).wait_for_publish(10)  # as if it was never there
    client.disconnect()
    client.loop_stop()
    page.driver.switch_to.window(first)
    wait_until(lambda: link_state(page) == "live", 15, "connected again")
    wait_until(lambda: page.has(".tile.is-offline"), 10, "a node that nobody vouches for is not online")
    node.start()
    wait_until(lambda: page.has(".tile") and not page.has(".tile.is-offline"), 30, "it is back")


def test_what_arrives_is_counted_and_a_lost_site_told(node, site, page):
    client = paho.Client(client_id="site", protocol=paho.MQTTv5)
    client.connect("127.0.0.1", site.broker.port)
    client.loop_start()
    client.publish("sites/harbour", b"0", retain=True, qos=1).wait_for_publish(10)
    wait_until(lambda: "harbour" in page.text(".sites-bar"), 10, "the site without a line")
    client.publish("sites/harbour", b"1", retain=True, qos=1).wait_for_publish(10)
    wait_until(lambda: not page.has(".sites-bar"), 10, "it has one")
    event = {"event_type": "snapshot", "ts": "2026-11-26T00:00:00.000Z", "camera": "cam0"}
    for i in range(3):
        client.publish("camnode/node1/event", json.dumps(event), qos=1).wait_for_publish(10)
    wait_until(lambda: page.text(".unseen") == "3", 10, "three new events")
    client.publish("camnode/node1/telemetry", b"{broken", qos=1).wait_for_publish(10)
    page.click("nav a[href='#/events']")
    wait_until(lambda: "3 events" in page.text(".arrivals") and "1 refused" in page.text(".arrivals"), 10, "the counts")
    assert not page.has(".unseen")
    client.disconnect()
    client.loop_stop()


def test_it_can_be_installed(site, page):
    found = page.driver.execute_cdp_cmd("Page.getAppManifest", {})
    assert found["url"].endswith("/manifest.webmanifest") and not found["errors"]
    assert page.driver.execute_cdp_cmd("Page.getInstallabilityErrors", {})["installabilityErrors"] == []


def test_what_is_lost_looks_lost(node, site, page):
    node.kill()
    wait_until(lambda: page.has(".tile.is-offline"), 60, "the tile of the lost node")
    node.start()
    wait_until(lambda: page.has(".tile") and not page.has(".tile.is-offline"), 20, "it is back")
    site.broker.kill()
    wait_until(lambda: page.has(".page.link-is-lost .link-bar"), 15, "the page says that it is cut off")
    assert link_state(page) == "connection lost"
    site.broker.start()
    wait_until(lambda: link_state(page) == "live", 20, "connected again")
    wait_until(lambda: page.has(".tile:not(.is-offline) img"), 30, "and the node is there")


def test_a_picture_from_which_nothing_comes_is_not_live(make_node, site, browser):
    node = site.start_with(make_node, mqtt={"keep_alive_s": 3600})  # the broker does not notice
    site.show(browser)
    wait_until(lambda: browser.has(".tile img"), 20, "the node's tile")
    browser.run("location.hash = '#/node/node1'")
    wait_moving(browser, ".node-page img[data-mode=stream].shown")
    node.signal(signal.SIGSTOP)
    try:
        wait_until(lambda: not browser.has(".node-page img[data-mode=stream].shown"), 30, "the frozen picture is gone")
        wait_until(lambda: "ago" in browser.text(".node-page .badges"), 5, "the snapshot with its age")
    finally:
        node.signal(signal.SIGCONT)
    wait_moving(browser, ".node-page img[data-mode=stream].shown")


def open_as_operator(page):
    become_operator(page)
    page.run("location.hash = '#/node/node1'")
    wait_until(lambda: page.is_enabled(".node-page .record"), 15, "an operator may")


def said(page):
    """What the page says of the last command to the node's camera."""
    return page.text(".node-page .actions ~ [role=status]")


@pytest.mark.parametrize("between", ["nginx", "broker"])
def test_a_command_that_failed_is_not_carried_out_later(node, site, page, between):
    open_as_operator(page)
    process, kill, start = {"nginx": (site.process, site.kill_nginx, site.start_nginx),
                            "broker": (site.broker.process, site.broker.kill, site.broker.start)}[between]
    process.send_signal(signal.SIGSTOP)
    page.click(".node-page .record")
    wait_until(lambda: "no answer" in said(page), 20, "it has failed")
    kill()
    wait_until(lambda: link_state(page) == "connection lost", 30, "the page is cut off")
    start()
    wait_until(lambda: link_state(page) == "live", 30, "connected again")
    wait_until(lambda: page.is_enabled(".node-page .snapshot"), 30, "and the node is")
    page.click(".node-page .snapshot")  # behind all that came with the new connection
    wait_until(lambda: page.has(".node-page .taken"), 20, "the node's reply, and the picture")
    assert state_of(node, "cam/cam0/record")["state"] == "OFF"


def test_a_command_outlives_a_broker_that_is_soon_back(node, site, page):
    open_as_operator(page)
    site.broker.process.send_signal(signal.SIGSTOP)
    page.click(".node-page .record")
    wait_until(lambda: "Sending" in said(page), 5, "it waits")
    site.broker.kill()
    site.broker.start()
    wait_until(lambda: said(page) and "Sending" not in said(page), 20, "its end")
    if "no answer" in said(page):
        pytest.skip("the machine is so busy that the command's 10 s were over")
    assert "Done" in said(page)
    assert state_of(node, "cam/cam0/record")["state"] == "ON"
    wait_until(lambda: page.has(".node-page .badge.recording"), 15, "and it is shown")


def test_a_tile_says_how_old_it_is_until_it_moves(node, site, page):
    site.nodes["node1"] = "127.0.0.1:1"
    site.kill_nginx()
    site.start_nginx()
    wait_until(lambda: link_state(page) == "live" and page.has(".tile .age"), 30, "connected again")
    page.hover(".tile")
    wait_until(lambda: page.has(".tile img[data-mode=stream]"), 10, "the live picture is asked for")
    refused = "return performance.getEntriesByType('resource').some(e => e.name.includes('/stream') && e.responseEnd)"
    wait_until(lambda: page.run(refused), 10, "in vain")
    assert page.has(".tile .age")


HOSTILE = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script><b>bold</b>"


def test_hostile_payloads_do_no_harm(node, site, page):
    client = paho.Client(client_id="hostile", protocol=paho.MQTTv5)
    client.connect("127.0.0.1", site.broker.port)
    client.loop_start()

    def say(topic, payload, retain=True):
        client.publish(f"camnode/{topic}", payload, qos=1, retain=retain).wait_for_publish(20)

    say("evil/status", "online")
    say("evil/info", json.dumps({
        "proto": 1, "name": HOSTILE, "version": HOSTILE, "model": HOSTILE, "ip": HOSTILE, "started_at": HOSTILE,
        "http_url": "javascript:window.hacked=1", "capabilities": [HOSTILE],
        "cameras": [{"id": "cam0", "name": HOSTILE, "source": "x"}, {"id": "../..", "name": "x", "source": "x"}]}))
    say("evil/telemetry", json.dumps({"ts": HOSTILE, "uptime_s": 1e300, "time_synced": True, "cpu_pct": -1e308,
                                      "temp_c": 1e14, "disk_free_gb": HOSTILE}))
    odd = ["#", "+", "a/b", "", "twice", "twice", "__proto__", "constructor"]
    cameras = [{"id": camera, "name": "A", "source": "x"} for camera in odd]
    say("aaa/info", json.dumps({"proto": 1, "name": "AAA", "version": "1", "started_at": "x", "capabilities": [],
                                "cameras": cameras}))
    say("aaa/status", "online")
    say("evil/cam/cam0/status", HOSTILE)
    say("evil/cam/cam0/record", json.dumps({"state": "ON", "active": True, "finishing": False, "file": HOSTILE,
                                            "started_at": "-1", "error": HOSTILE}))
    say("evil/cam/cam0/snapshot/meta", json.dumps({"ts": "9" * 500, "bytes": 1, "width": 1, "height": 1, "quality": 1,
                                                   "trigger": HOSTILE}))
    say("evil/cam/cam0/snapshot", f"<svg xmlns='http://www.w3.org/2000/svg' onload='window.hacked=1'>{HOSTILE}</svg>")
    for broken in ("{", "null", "[]", "7", '"x"', "{" * 4000, '{"__proto__": {"cpu_pct": 1}}', b"\xff\xfe\x00"):
        for topic in ("info", "telemetry", "event", "reply", "cam/cam0/stats", "cam/cam0/record", "cam/cam0/controls"):
            client.publish(f"camnode/broken/{topic}", broken, qos=0)
    say("broken/status", "online")
    say("evil/event", json.dumps({"event_type": HOSTILE, "ts": HOSTILE, "camera": HOSTILE, "error": HOSTILE}), retain=False)
    say("node1/cam/cam0/snapshot", b"\xff\xd8" + bytes(10_000_000), retain=False)
    for i in range(20_000):
        client.publish("camnode/flood/telemetry", json.dumps({"ts": "x", "uptime_s": i, "time_synced": True}), qos=0)
    say("last/status", "online")
    wait_until(lambda: "of 6 nodes" in page.text(".counts"), 60, "the page goes on")
    page.click("nav a[href='#/events']")
    wait_until(lambda: "onerror" in page.text(".feed"), 20, "HTML is shown as what it is")
    page.run("location.hash = '#/node/evil'")
    wait_until(lambda: "onerror" in page.text(".node-head h2"), 10, "the hostile node's page")
    assert not page.run("return [...document.querySelectorAll('a')].some(a => a.href.startsWith('javascript:'))")
    page.run("location.hash = '#/'")
    wait_until(lambda: page.has(".tile"), 10, "the grid")
    assert page.run("return window.hacked") is None
    assert not page.run("return document.querySelectorAll('b, #app script, img[onerror]').length")
    wait_until(lambda: page.code(".tile img"), 20, "the good node's pictures still come")
    assert page.text(".tiles").count("AAA") == 3, "twice, __proto__, constructor"
    assert_commands_of_others_work(node, site, page)
    client.disconnect()
    client.loop_stop()


def assert_commands_of_others_work(node, site, page):
    """A command to all, with a hostile node among them, neither harms the page nor the others."""
    site.show(page)
    wait_until(lambda: page.code(".tile img"), 20, "the good node's pictures come to a page opened anew")
    become_operator(page)
    page.find(".search input").send_keys("a ")
    page.click(".select-all")
    page.click(".bulk .record")
    wait_until(lambda: "Done" in page.text(".results") and "Sending" not in page.text(".results"), 40, "all replies")
    wait_until(lambda: state_of(node, "cam/cam0/record")["state"] == "ON", 10, "the good one records")
    assert link_state(page) == "live"


@pytest.mark.skipif(not AXE.exists(), reason="axe-core comes by npm with the label web")
def test_accessible_by_keyboard_on_a_phone_and_in_korean(page, site):
    assert not page.accessibility()
    for _ in range(20):
        page.keys(Keys.TAB)
        if page.run("return document.activeElement.matches('.tile > a')"):
            break
    wait_moving(page, ".tile img[data-mode=stream]")  # the focus shows live video as the pointer does
    page.keys(Keys.ENTER)
    wait_until(lambda: page.has(".node-page"), 10, "the node's page")
    assert not page.accessibility()
    page.phone()
    page.appearance("dark")
    assert page.reason(".node-page .record") == "Log in to send commands"
    assert page.fits()
    assert not page.accessibility()
    page.click(".open-settings")
    page.click(".preferences label:nth-child(2) option[value=ko]")
    wait_until(lambda: "녹화" in page.text(".node-page .record"), 5, "Korean")
    assert page.reason(".node-page .snapshot") == "명령을 보내려면 로그인하세요"
    page.keys(Keys.ESCAPE)
    page.keep("fleet-phone-reason")
    page.run("location.hash = '#/'")
    wait_until(lambda: page.has(".tile"), 10, "the grid")
    assert page.fits()
    assert not page.accessibility()


def test_the_examples_are_valid(site):
    site.start()
    subprocess.run([NGINX, "-t", "-p", site.folder, "-c", site.folder / "nginx.conf"], check=True, capture_output=True)
