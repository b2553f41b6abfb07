"""Every kind of recording plays and seeks in a real Chromium, to the frame."""

import pytest

from support.browser import READ_CODE
from support.node import camera
from support.pattern import codes_of_file, decode_bits, probe
from support.wait import SLOWNESS, wait_until

pytestmark = pytest.mark.skipif(SLOWNESS > 1, reason="a browser takes long, and files are the same in every build")

RECORD = "cam/cam0/record"
VIDEO = "dialog video"
PLAYED = "const v = document.querySelector('dialog video'); return v ? v.currentTime : 0"


@pytest.fixture
def node(make_node):
    node = make_node(mqtt={"enabled": False}, cameras=[camera(record={"pre_roll_s": 2})])
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    return node


def record(node, seconds, **options):
    """The finished file."""
    before = node.state()[RECORD].get("file")
    node.post(f"/api/v1/set/{RECORD}", {"state": "ON", "duration_s": seconds, **options})
    return node.wait_state(RECORD, lambda r: r["state"] == "OFF" and not r["finishing"] and
                           r.get("file", before) != before, timeout=seconds + 15)["file"]


def record_and_kill(node):
    node.post(f"/api/v1/set/{RECORD}", {"state": "ON", "pre_roll_s": 0})
    wait_until(lambda: sum(part.stat().st_size for part in node.recordings.rglob("*.part.mp4")) > 150_000, 15,
               "frames are on the disk")
    node.kill()
    node.start()
    return wait_until(lambda: next((item["file"] for item in node.get("/recordings/?format=json").json()["items"]
                                    if item["recovered"]), None), 15, "it is recovered")


def seek(browser, seconds):
    """The frame's number that is shown there."""
    browser.run("const v = document.querySelector('dialog video'); v.pause(); v.currentTime = arguments[0]", seconds)
    wait_until(lambda: browser.run("const v = document.querySelector('dialog video');"
                                   "return !v.seeking && v.readyState >= 2"), 10, f"{seconds} s are shown")
    return decode_bits(browser.run(READ_CODE, browser.find(VIDEO))).frame


def check_playing(node, browser, file, picture):
    """Plays, and shows at each time the frame of that time, also backwards."""
    codes = codes_of_file(node.recordings / file)
    times = probe(node.recordings / file)[2]  # a busy machine drops frames
    wait_until(lambda: browser.run(PLAYED) > 0.2, 15, f"{file} plays")
    duration = browser.run("return document.querySelector('dialog video').duration")
    assert abs(duration - (times[-1] - times[0]) - 1 / 30) < 0.2, file
    for index in (len(codes) - 2, 1, len(codes) // 2):
        shown = seek(browser, times[index] - times[0] + 0.5 / 30)
        assert abs(shown - codes[index].frame) <= 1, f"{file} at frame {index}"
    browser.driver.save_screenshot(str(picture))
    assert not [error for error in browser.errors() if "favicon" not in error]


def open_recording(node, browser, file):
    browser.open(f"{node.url}/#/recordings/{file}")
    wait_until(lambda: browser.has("dialog"), 15, "the player opens")


def test_all_kinds_play_and_seek(node, browser, tmp_path):
    kinds = {"normal": record(node, 3, pre_roll_s=0), "pre-rolled": record(node, 2), "recovered": record_and_kill(node)}
    times = probe(node.recordings / kinds["pre-rolled"])[2]
    assert times[-1] - times[0] > 3.5, "the two seconds before are in it"
    for kind, file in kinds.items():
        open_recording(node, browser, file)
        check_playing(node, browser, file, tmp_path / f"{kind}.png")
        browser.open("about:blank")


def test_an_mjpeg_recording_is_converted_by_a_click(node, browser, tmp_path):
    file = record(node, 2, format="mjpeg", pre_roll_s=0)
    open_recording(node, browser, file)
    wait_until(lambda: browser.has("button.export"), 10, "the button")
    browser.driver.save_screenshot(str(tmp_path / "mjpeg.png"))
    browser.click("button.export")
    exported = file.replace(".mp4", "_2.mp4")
    wait_until(lambda: browser.run("return location.hash").endswith(exported) and browser.has(VIDEO), 30,
               "the new recording is opened")
    check_playing(node, browser, exported, tmp_path / "exported.png")
    assert codes_of_file(node.recordings / exported) == codes_of_file(node.recordings / file)
