"""The library of recordings on the node's page: calendar, labels, full screen."""

import shutil
import subprocess

import pytest
from selenium.webdriver.common.keys import Keys

from support.browser import AXE
from support.wait import SLOWNESS, wait_until

pytestmark = pytest.mark.skipif(SLOWNESS > 1, reason="the page is the same in every build")


@pytest.fixture
def node(make_node, tmp_path):
    """A node with recordings of several days on its disk."""
    video = tmp_path / "video.mp4"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=10:d=65", "-c:v", "libx264",
                    "-preset", "ultrafast", "-crf", "40", "-pix_fmt", "yuv420p", video], check=True)
    node = make_node(start=False, mqtt={"enabled": False})
    for day, count in (("2026-09-30", 1), ("2026-11-02", 3), ("2026-11-09", 1), ("2026-11-20", 12)):
        folder = node.recordings / "cam0" / day.replace("-", "/")
        folder.mkdir(parents=True)
        for i in range(count):
            shutil.copy(video, folder / f"cam0_{day.replace('-', '')}_1200{i:02}.mp4")
    node.start()
    wait_until(lambda: [bool(item.get("duration_s")) for item in items_of(node)] == [True] * 17, 20, "all with their lengths")
    return node


def items_of(node):
    return node.get("/recordings/?format=json").json()["items"]


def days(browser):
    return browser.run("return [...document.querySelectorAll('.day-cell')].map(cell => `${cell.firstChild.data}: ${cell.querySelector('small').textContent}`)")


def open_library(node, browser, language="en"):
    browser.open(node.url + "/#/recordings")
    browser.run("localStorage['camnode.language'] = arguments[0]", language)
    browser.driver.refresh()
    wait_until(lambda: browser.has(".day-cell"), 15, "the calendar")


def test_the_calendar_shows_and_chooses_days(node, browser):
    open_library(node, browser)
    assert browser.text(".calendar h2") == "November 2026"
    assert days(browser) == ["2: 3", "9: 1", "20: 12"]
    assert "12 recordings, 13:00" in browser.text("[data-day='2026-11-20']")
    wait_until(lambda: len(browser.has(".recording-tile")) == 17, 10, "all of them")
    browser.click("[data-day='2026-11-02']")
    wait_until(lambda: len(browser.has(".recording-tile")) == 3, 10, "those of the day")
    assert "2 November 2026" in browser.text(".day h2") or "November 2, 2026" in browser.text(".day h2")
    browser.click(".all-days")
    wait_until(lambda: len(browser.has(".recording-tile")) == 17, 10, "all again")
    assert not browser.is_enabled(".calendar .later")
    browser.click(".calendar .earlier")
    wait_until(lambda: browser.text(".calendar h2") == "October 2026" and not days(browser), 10, "an empty month")
    browser.click(".calendar .earlier")
    wait_until(lambda: days(browser) == ["30: 1"], 10, "the first month")
    assert not browser.is_enabled(".calendar .earlier")
    assert not browser.errors()


def test_a_recording_that_is_gone_is_said_to_be(node, browser):
    open_library(node, browser)
    browser.run("location.hash = '#/recordings/cam0/2020/01/01/cam0_20200101_000000.mp4'")
    wait_until(lambda: "not there any more" in browser.text("dialog [role=alert]"), 10, "words in place of an empty player")
    assert not browser.find("dialog video").is_displayed()
    browser.run("location.hash = '#/recordings/' + arguments[0]", items_of(node)[0]["file"])
    wait_until(lambda: browser.run("return document.querySelector('video')?.readyState >= 2"), 15, "another plays")
    assert not browser.has("dialog [role=alert]") and browser.find("dialog video").is_displayed()


# Each list that was asked for has come: one with the calendar, and one for each press of "more".
QUIET = """
const now = performance.now();
return performance.getEntriesByType('resource').filter(entry => entry.name.includes('/recordings/?'))
    .every(entry => entry.responseEnd && now - entry.responseEnd > 500);
"""


def delete_by_link(node, browser, file):
    """One that the list does not show."""
    browser.run("location.hash = '#/recordings/' + arguments[0]", file)
    wait_until(lambda: file.split("/")[-1] in browser.text(".player-file") and browser.has("dialog .danger") and
               browser.is_enabled("dialog .danger"), 15, "another, not protected")
    browser.click("dialog .danger")
    browser.click("dialog + dialog .danger")  # the question's
    wait_until(lambda: not browser.has("dialog"), 10, "it is gone, and its player")
    assert not (node.recordings / file).exists()
    assert browser.run("return location.hash") == "#/recordings"


def test_what_is_shown_stays_shown_when_something_changes(node, browser):
    video = next((node.recordings / "cam0/2026/11/20").glob("*.mp4"))
    folder = node.recordings / "cam0/2026/08/01"
    folder.mkdir(parents=True)
    for i in range(60):
        shutil.copy(video, folder / f"cam0_20260801_1200{i:02}.mp4")
    node.stop()
    node.start()
    oldest = "cam0/2026/08/01/cam0_20260801_120001.mp4"
    assert node.post("/api/v1/set/recordings", {"action": "label", "file": oldest, "label": "Fox"}).ok
    browser.open(f"{node.url}/#/recordings/{oldest}")
    wait_until(lambda: browser.text("dialog .label") == "Fox", 15, "one by its link, with what is known of it")
    wait_until(lambda: len(browser.has(".recording-tile")) == 60, 15, "the first of 77")
    browser.click("dialog .protect")
    wait_until(lambda: browser.has("dialog .protect[aria-pressed=true]"), 10, "it is protected")
    delete_by_link(node, browser, "cam0/2026/08/01/cam0_20260801_120002.mp4")
    open_library(node, browser)
    wait_until(lambda: len(browser.has(".recording-tile")) == 60, 15, "the first of 76")
    browser.run("const more = document.querySelector('.load-more'); more.click(); more.click()")
    wait_until(lambda: len(browser.has(".recording-tile")) >= 76, 10, "all")
    wait_until(lambda: browser.run(QUIET), 10, "nothing more is read")
    assert len(browser.has(".recording-tile")) == 76
    browser.run("scrollTo(0, document.body.scrollHeight)")
    position = browser.run("return scrollY")
    assert node.post("/api/v1/set/recordings", {"action": "delete", "file": "cam0/2026/08/01/cam0_20260801_120000.mp4"}).ok
    wait_until(lambda: len(browser.has(".recording-tile")) < 76, 10, "one is gone")
    assert len(browser.has(".recording-tile")) == 75
    assert browser.run("return scrollY") > position - 400


def test_the_calendar_by_keyboard_and_in_korean(node, browser):
    open_library(node, browser, "ko")
    assert browser.text(".calendar h2") == "2026년 11월"
    assert browser.text(".calendar th") == "일"
    browser.run("document.querySelector('.calendar .earlier').focus()")
    for _ in range(4):
        browser.keys(Keys.TAB)
        if browser.run("return document.activeElement.matches('.day-cell')"):
            break
    reached = "return document.activeElement.dataset.day ?? document.activeElement.tagName"
    assert browser.run(reached) == "2026-11-20"
    browser.keys(Keys.ARROW_UP)
    assert browser.run(reached) == "2026-11-09"
    browser.keys(Keys.ARROW_LEFT)
    assert browser.run(reached) == "2026-11-02"
    browser.keys(Keys.ENTER)
    wait_until(lambda: len(browser.has(".recording-tile")) == 3, 10, "those of the day")
    assert "11월 2일" in browser.text(".day h2")
    for month in ("2026년 10월", "2026년 9월"):
        browser.keys(Keys.PAGE_UP)
        wait_until(lambda: browser.text(".calendar h2") == month, 10, month)  # noqa: B023
    browser.keys(Keys.ARROW_LEFT)
    if AXE.exists():
        wait_until(lambda: browser.has(".link-is-live"), 10, "live, since until then the page is dimmed")
        assert not browser.accessibility()


def test_a_label_is_edited_in_place_and_filtered_by(node, browser):
    open_library(node, browser)
    browser.click(".recording-tile")
    wait_until(lambda: browser.has("dialog .edit-label"), 10, "the player")
    browser.click(".edit-label")
    browser.keys("<b>Fox</b> & 고양이", Keys.ENTER)
    wait_until(lambda: browser.text(".label-line .label") == "<b>Fox</b> & 고양이", 10, "the new label")
    assert items_of(node)[0]["label"] == "<b>Fox</b> & 고양이"
    browser.click(".edit-label")
    browser.keys("something else", Keys.ESCAPE)
    wait_until(lambda: browser.has(".label-line .label"), 5, "nothing is changed")
    assert browser.has("dialog"), "Escape leaves the field, not the player"
    browser.keys(Keys.ESCAPE)
    wait_until(lambda: not browser.has("dialog"), 5, "the player closes")
    wait_until(lambda: browser.has("[name=label] option"), 10, "the label can be chosen")
    browser.click("[name=label] option:nth-child(2)")
    wait_until(lambda: len(browser.has(".recording-tile")) == 1 and days(browser) == ["20: 1"], 10, "only that one")
    browser.click(".recording-tile")
    wait_until(lambda: browser.has("dialog .edit-label"), 10, "the player")
    browser.click(".edit-label")
    browser.keys(Keys.BACKSPACE, Keys.ENTER)
    wait_until(lambda: browser.has(".label.none"), 10, "no label")
    assert "label" not in items_of(node)[0]
    assert not browser.run("return document.querySelectorAll('#app b').length")
    assert not browser.errors()


def test_full_screen(node, browser):
    browser.open(node.url + "/")
    first = wait_until(lambda: browser.code("article img"), 15, "a picture")
    browser.run("document.querySelector('.picture .full').focus()")
    browser.keys(Keys.ENTER)
    whole = "return document.fullscreenElement?.dataset.camera"
    wait_until(lambda: browser.run(whole) == "cam0", 10, "the picture fills the screen")
    wait_until(lambda: (browser.code("article img") or 0) > first + 10, 15, "and moves")
    width = browser.run("return document.querySelector('article img').getBoundingClientRect().width")
    assert width == browser.run("return innerWidth")
    browser.keep("full-screen")
    browser.click(".picture .full")
    wait_until(lambda: browser.run("return document.fullscreenElement === null"), 10, "and no more")
    assert not browser.errors()


def test_the_list_comes_by_itself_once_the_node_is_back(node, browser):
    open_library(node, browser)
    browser.run("location.hash = '#/'")
    wait_until(lambda: browser.has("#cameras"), 10, "the cameras")
    node.stop()
    wait_until(lambda: browser.has(".link-bar"), 30, "the node is lost")
    browser.run("location.hash = '#/recordings'")
    wait_until(lambda: "could not be loaded" in browser.text(".library"), 10, "there is no list")
    node.start()
    wait_until(lambda: len(browser.has(".recording-tile")) == 17 and browser.has(".day-cell"), 20, "it is there, with its calendar")


def test_on_a_telephone_on_its_side_a_recording_is_large(node, browser):
    open_library(node, browser)
    browser.phone(on_its_side=True)
    browser.click(".recording-tile")
    height = "return document.querySelector('dialog video')?.getBoundingClientRect().height ?? 0"
    wait_until(lambda: 190 < browser.run(height) < 390, 10, "most of the window is the recording")
