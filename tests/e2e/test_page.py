"""The page in a real Chromium: live pictures, recording and playing by a person's clicks."""

import signal

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from support.browser import AXE
from support.node import camera, run
from support.pattern import probe
from support.wait import SLOWNESS, wait_until

# The page is the same in every build, and a browser takes long: the slow ones see what matters to
# the node, live video, recording and login.
QUESTION = "dialog + dialog"  # before the player's

once = pytest.mark.skipif(SLOWNESS > 1, reason="the page is the same in every build")


@pytest.fixture
def node(make_node):
    node = make_node(mqtt={"enabled": False})
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    return node


@pytest.fixture
def guarded(make_node):
    """A node with a password for an operator and one for a viewer."""
    hashed = run("--hash-password", text="secret\n").stdout.strip()
    return make_node(mqtt={"enabled": False},
                     http={"users": [{"name": name, "hash": hashed, "role": role}
                                     for name, role in (("op", "operator"), ("eye", "viewer"))]})


def wait_live(browser, picture="article img"):
    """The picture's frame number grows: what is seen is live."""
    first = wait_until(lambda: browser.code(picture), 15, "a picture with a block code")
    wait_until(lambda: (browser.code(picture) or 0) > first + 10, 15, "the picture moves on")


def wait_button(browser, selector):
    wait_until(lambda: browser.has(selector) and browser.find(selector).is_enabled(), 10,
               f"{selector} is ready")
    return browser.find(selector)


def is_recording(browser):
    return bool(browser.has("button.record[aria-pressed=true]"))


def record_one(node, browser):
    """Records by clicking; the finished file, relative to the folder of recordings."""
    browser.click("button.record")
    wait_until(lambda: is_recording(browser), 10, "the button shows the recording")
    node.wait_state("cam/cam0/record", lambda record: record["active"])
    running = "return document.querySelector('.badge.recording')?.textContent >= '0:01'"
    wait_until(lambda: browser.run(running), 10, "the time runs")
    browser.click("button.record")
    return node.wait_state("cam/cam0/record", lambda record: record["state"] == "OFF" and
                           not record["finishing"] and record.get("file"))["file"]


def test_live_picture_without_a_complaint(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    assert not browser.errors()


def test_record_and_play_by_clicking(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    file = record_one(node, browser)
    browser.click("article .note a")
    wait_until(lambda: browser.has("dialog video"), 10, "the player opens")
    ready = "const v = document.querySelector('video'); v.play(); return v.readyState"
    wait_until(lambda: browser.run(ready) >= 2, 15, "the video plays")
    duration = browser.run("return document.querySelector('video').duration")
    times = probe(node.recordings / file)[2]  # a busy machine drops frames
    assert abs(duration - (times[-1] - times[0]) - 1 / 30) < 0.2
    browser.run("document.querySelector('video').currentTime = arguments[0]", duration / 2)
    wait_until(lambda: browser.run("return document.querySelector('video').seeking") is False, 10,
               "it seeks")
    browser.keys(Keys.ESCAPE)
    wait_until(lambda: not browser.has("dialog"), 5, "the player closes")
    wait_until(lambda: len(browser.has(".recording-tile")) == 1, 10, "the recording is listed")
    drawn = "return document.querySelector('.thumbnail img')?.naturalWidth ?? 0"
    wait_until(lambda: browser.run(drawn) > 0, 10, "the recording's thumbnail")
    assert not browser.errors()
    assert_events_outlive_the_page(node, browser)


def assert_events_outlive_the_page(node, browser):
    shown = "return [...document.querySelectorAll('.events .event-type')].map(type => type.textContent)"
    for _ in range(2):
        browser.open("about:blank")
        browser.open(node.url + "/")
        wait_until(lambda: browser.run(shown) == ["Recording finished", "Recording started"], 10, "what has happened before")


def test_login(guarded, browser):
    browser.open(guarded.url + "/")
    browser.log_in("op", "wrong")
    wait_until(lambda: "Wrong" in browser.text("#login [role=alert]"), 10, "it says so")
    browser.log_in("op", "secret")
    wait_live(browser)
    assert wait_button(browser, "button.record")
    assert browser.run("return location.href + JSON.stringify(localStorage)").find("secret") < 0


@once
def test_a_viewer_only_watches_and_logs_out(guarded, browser):
    browser.open(guarded.url + "/")
    browser.log_in("eye", "secret")
    wait_live(browser)
    assert not browser.is_enabled("button.record")
    assert not browser.is_enabled("button.snapshot")
    assert browser.reason("button.record") == browser.reason("button.snapshot") == "Only an operator may do this"
    browser.click(".top button")
    browser.click("#logout")
    wait_until(lambda: browser.has("#login"), 10, "the login form is back")


def test_a_lost_node_looks_lost_until_it_is_back(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    node.stop()
    wait_until(lambda: browser.text("#state").lower() != "live", 15,
               "the page says that the node is gone")
    wait_until(lambda: browser.has(".link-bar") and not browser.has("article img.shown"), 15,
               "no picture looks alive")
    node.start()
    wait_until(lambda: browser.text("#state").lower() == "live", 20, "it is back")
    wait_live(browser)


@once
def test_the_time_of_a_recording_stands_still_once_the_node_is_lost(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    browser.click("button.record")
    wait_until(lambda: browser.text(".badge.recording") >= "0:01", 15, "it records")
    node.kill()
    wait_until(lambda: browser.has(".link-bar"), 20, "the page says that the node is gone")
    shown, at = browser.run("return [document.querySelector('.badge.recording').textContent, Date.now()]")
    wait_until(lambda: browser.run("return Date.now()") > at + 2500, 10, "time goes on")
    assert browser.text(".badge.recording") == shown
    assert browser.reason("button.record") == "Not possible without a connection"


@once
def test_a_silent_node_looks_lost(node, browser):
    """As after a power cut: nothing comes any more, and nothing says so."""
    browser.open(node.url + "/")
    wait_live(browser)
    node.signal(signal.SIGSTOP)
    try:
        wait_until(lambda: browser.has(".link-bar") and not browser.has("article img.shown"), 30,
                   "the page notices the silence")
    finally:
        node.signal(signal.SIGCONT)
    wait_live(browser)


@once
def test_a_snapshot_is_shown_and_can_be_downloaded(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    browser.click("button.snapshot")
    wait_until(lambda: browser.code(".taken img"), 10, "the snapshot")
    link = browser.find(".taken a.button")
    assert link.get_attribute("download").endswith(".jpg")
    assert link.get_attribute("href") == browser.find(".taken img").get_attribute("src")
    assert not browser.errors()


@once
def test_recordings_are_protected_and_deleted(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    file = record_one(node, browser)
    browser.click("article .note a")
    browser.click("dialog .protect")
    wait_until(lambda: browser.has(".protect[aria-pressed=true]"), 10, "it is protected")
    assert not browser.is_enabled("dialog .danger")
    assert browser.reason("dialog .danger") == "Protected recordings are not deleted"
    wait_until(lambda: browser.has(".recording-tile .lock"), 10, "the list shows it")
    browser.click("dialog .protect")
    browser.click("dialog .danger")
    browser.find(QUESTION)
    assert (node.recordings / file).exists()
    browser.click(f"{QUESTION} .danger")
    wait_until(lambda: not browser.has("dialog") and not browser.has(".recording-tile"), 10, "it is gone")
    assert not (node.recordings / file).exists()
    assert not browser.errors()


@once
def test_what_a_command_says_beside_is_shown(make_node, browser):
    """The switch works, but it will not outlive a restart."""
    node = make_node(start=False, mqtt={"enabled": False})
    (node.folder / "state").write_text("in the way")
    node.start()
    browser.open(node.url)
    browser.click("button.more")
    browser.click("[role=switch]")
    wait_until(lambda: "will not outlive a restart" in browser.text(".camera .problem"), 10, "the node's words")
    assert node.state()["cam/cam0/enabled"] == "OFF"


@once
def test_switch_profile_and_controls(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    browser.click("button.more")
    browser.click("[role=switch]")
    veil = "return document.querySelector('.veil')?.textContent"
    wait_until(lambda: browser.run(veil) == "Switched off", 10, "the camera is off")
    assert node.state()["cam/cam0/enabled"] == "OFF"
    assert not browser.is_enabled("button.record")
    browser.click("[role=switch]")
    wait_live(browser)
    browser.click(".camera-settings select option[value=low]")
    node.wait_state("cam/cam0/profile", lambda name: name == "low")
    browser.find("input[type=range][min='-1']")
    browser.run("""
        const slider = document.querySelector("input[type=range][min='-1']");
        slider.value = 0.5;
        slider.dispatchEvent(new Event('change', {bubbles: true}));
        """)
    node.wait_state("cam/cam0/controls", lambda state: state["controls"]["Brightness"]["value"] == 0.5)
    browser.click(".camera-settings button")
    node.wait_state("cam/cam0/controls", lambda state: state["controls"]["Brightness"]["value"] == 0)
    assert not browser.errors()


@once
def test_a_slider_stays_where_it_is_moved_to(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    browser.click("button.more")
    slider = wait_button(browser, "input[type=range][min='-1']")
    browser.run("arguments[0].scrollIntoView({block: 'center'})", slider)
    ActionChains(browser.driver).click_and_hold(slider).move_by_offset(40, 0).perform()
    held = slider.get_property("value")
    assert float(held) > 0.1
    for _ in range(2):
        before = node.wait_state("cam/cam0/stats", bool)["ts"]
        node.wait_state("cam/cam0/stats", lambda stats: stats["ts"] != before)  # noqa: B023
    shown = "return arguments[0].closest('label').querySelector('output').textContent"
    assert slider.get_property("value") == held and float(browser.run(shown, slider)) == float(held)
    ActionChains(browser.driver).release().perform()
    node.wait_state("cam/cam0/controls", lambda state: abs(state["controls"]["Brightness"]["value"] - float(held)) < 0.001)
    assert not browser.errors()


@once
def test_nothing_flows_while_hidden(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    first = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    node.wait_state("cam/cam0/stats", lambda stats: stats["viewers"] == 0)
    wait_until(lambda: open_connections(node) <= 1, 10, "the event stream is closed too")
    browser.driver.switch_to.window(first)
    wait_live(browser)


def open_connections(node):
    for line in node.get("/metrics").text.splitlines():
        if line.startswith("camnode_http_connections "):
            return int(line.split()[1]) - 1  # this very request's
    raise AssertionError("no camnode_http_connections")


@once
def test_six_cameras_do_not_lock_the_page_out(make_node, browser):
    node = make_node(mqtt={"enabled": False},
                     cameras=[camera(id=f"cam{i}", fps=15) for i in range(6)])
    browser.open(node.url + "/")
    for i in range(6):
        picture = f".picture[data-camera=cam{i}] img"
        wait_until(lambda: browser.has(picture), 10, "the card")  # noqa: B023
        browser.run("document.querySelector(arguments[0]).scrollIntoView()", f".picture[data-camera=cam{i}]")
        first = wait_until(lambda: browser.code(picture), 20, f"a picture of cam{i}")  # noqa: B023
        wait_until(lambda: (browser.code(picture) or 0) > first, 20, f"cam{i} moves")  # noqa: B023
    browser.run("scrollTo(0, 0)")
    record_one(node, browser)
    browser.driver.switch_to.new_window("window")
    browser.open(node.url + "/")
    wait_until(lambda: browser.code("article img"), 20, "a second window has pictures as well")


@once
def test_by_keyboard_alone(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)

    def tab_to(selector):
        for _ in range(30):
            if browser.run("return document.activeElement.matches(arguments[0])", selector):
                return
            browser.keys(Keys.TAB)
        raise AssertionError(f"the Tab key does not lead to {selector}")

    tab_to("button.record")
    browser.keys(Keys.ENTER)
    wait_until(lambda: is_recording(browser) and browser.has(".badge.recording"), 10, "it records")
    browser.keys(Keys.ENTER)
    node.wait_state("cam/cam0/record", lambda record: record["state"] == "OFF" and
                    not record["finishing"])
    browser.run("document.activeElement.blur()")
    tab_to("nav a[href='#/recordings']")
    browser.keys(Keys.ENTER)
    wait_button(browser, ".recording-tile")
    tab_to(".recording-tile")
    browser.keys(Keys.ENTER)
    wait_until(lambda: browser.has("dialog[open] video"), 10, "the player opens")
    browser.keys(Keys.ESCAPE)
    wait_until(lambda: not browser.has("dialog"), 5, "the player closes")
    wait_until(lambda: browser.run("return document.activeElement.className") == "recording-tile",
               5, "the focus is where it was")


# The words that the choice of a length shows, and its arrow, have room.
CHOICE_FITS = """
const choice = document.querySelector('.actions select');
const copy = choice.cloneNode(true);
copy.style.cssText = 'flex: none; position: absolute; width: auto; min-width: 0';
choice.after(copy);
const wanted = copy.getBoundingClientRect().width;
copy.remove();
return choice.getBoundingClientRect().width >= wanted - 1;
"""


@once
@pytest.mark.skipif(not AXE.exists(), reason="axe-core comes by npm with the label web")
def test_accessible_on_a_phone_dark_and_in_korean(node, browser):
    browser.open(node.url + "/")
    wait_live(browser)
    assert not browser.accessibility()
    browser.phone()
    for appearance in ("light", "dark"):
        browser.appearance(appearance)
        browser.open(node.url + "/")
        wait_live(browser)
        assert browser.fits()
        assert browser.run(CHOICE_FITS)
        assert not browser.accessibility()
    browser.click(".top button")
    browser.find("dialog[open]")
    assert not browser.accessibility()
    browser.click(".preferences label:nth-child(2) option[value=ko]")
    wait_until(lambda: browser.text("button.record") == "녹화", 5,
               "Korean at once")
    assert browser.run("return document.documentElement.lang") == "ko"
    browser.keys(Keys.ESCAPE)
    browser.click("button.more")
    wait_until(lambda: all(word in browser.text(".camera-settings") for word in ("밝기", "µs")), 5,
               "what libcamera names in English, with units")
    browser.open(node.url + "/#/recordings")
    wait_until(lambda: "아직 녹화가 없습니다" in browser.text("main"), 10,
               "Korean is remembered")
    assert not browser.accessibility()


@once
def test_it_can_be_installed(node, browser):
    browser.open(node.url + "/")
    found = browser.driver.execute_cdp_cmd("Page.getAppManifest", {})
    assert found["url"].endswith("/manifest.webmanifest") and not found["errors"]
    assert browser.driver.execute_cdp_cmd("Page.getInstallabilityErrors", {})["installabilityErrors"] == []
    for icon in ("icon-192.png", "icon-512.png", "icon-maskable.png"):
        answer = node.get("/" + icon)
        assert answer.headers["Content-Type"] == "image/png" and answer.content.startswith(b"\x89PNG")


def test_the_page_is_cached_by_its_hash(node):
    page = node.get("/", headers={"Accept-Encoding": "identity"})
    script = page.text.split('src="')[1].split('"')[0]
    assert "?v=" in script
    packed = node.get(script)
    plain = node.get(script, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 2
    assert "immutable" in packed.headers["Cache-Control"]
    for other in (script.split("?")[0], script[:-1], script + "0", script.split("=")[0] + "="):
        assert node.get(other).headers["Cache-Control"] == "no-cache"
    again = node.get(script, headers={"If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304 and not again.content
    assert "unsafe" not in page.headers["Content-Security-Policy"]
