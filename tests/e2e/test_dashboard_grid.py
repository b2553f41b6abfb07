"""The grid of the fleet's page with nodes that are not there: their tiles, filters and selection."""

import pytest

from support.simulation import Simulation, make_pictures
from support.site import PAGE
from support.wait import SLOWNESS, wait_until

pytestmark = [
    pytest.mark.skipif(SLOWNESS > 1, reason="the page is the same in every build"),
    pytest.mark.skipif(not (PAGE / "index.html").exists(), reason="built by the label web, with npm"),
]
MANY = 300


@pytest.fixture
def browser(browser):
    browser.mouse()
    return browser


@pytest.fixture
def simulate(site, tmp_path):
    made = []

    def make(count):
        made.append(Simulation(site.broker.port, count, make_pictures(tmp_path / "pictures")))
        return made[-1]

    site.start()
    yield make
    for simulation in made:
        simulation.stop()


# What has stood in the place of each tile's picture, from the beginning: by the tile's name.
KEEP_VEILS = """
window.veils = {};
new MutationObserver(() => document.querySelectorAll('.tile').forEach(tile => {
    const name = tile.querySelector('.tile-name').firstChild.data;
    const said = window.veils[name] ??= [];
    const veil = tile.querySelector('.veil')?.textContent ?? 'picture';
    if (said.at(-1) !== veil)
        said.push(veil);
})).observe(document, {subtree: true, childList: true, characterData: true});
"""


def test_a_tile_says_that_there_is_no_picture_only_when_there_is_none(site, browser, simulate):
    simulation = simulate(12)
    simulation.retain_all()
    simulation.publish("north-0000/cam/cam0/snapshot", b"", True, qos=1).wait_for_publish(10)
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": KEEP_VEILS})
    site.show(browser)
    said = "return window.veils[arguments[0]] ?? []"
    wait_until(lambda: "No picture yet" in browser.run(said, "North 0"), 20, "none is there")
    wait_until(lambda: len(browser.has(".tile img")) == 11, 20, "the others have theirs")
    assert "Loading the picture …" in browser.run(said, "North 0")
    others = [browser.run(said, f"{node.split('-')[0].title()} {i}") for i, node in enumerate(simulation.nodes) if i]
    assert all("picture" in veils and "No picture yet" not in veils for veils in others)
    simulation.publish("north-0000/cam/cam0/snapshot", simulation.pictures[0], True)
    wait_until(lambda: len(browser.has(".tile img")) == 12, 20, "the first one of it")


# When the page has asked for a picture by itself, in ms.
ASKED = "return performance.getEntriesByType('resource').filter(e => e.name.includes('/snapshot.jpg')).map(e => e.startTime)"


def test_a_node_that_nginx_does_not_know_is_asked_less_and_less(site, browser, simulate):
    simulate(1).retain_all()
    site.show(browser)
    browser.hover(".tile")
    wait_until(lambda: browser.text(".tile .unset") == "Live view is not set up for this node", 15, "the tile says so")
    browser.keep("fleet-unset")
    asked = wait_until(lambda: (times := browser.run(ASKED)) and len(times) >= 3 and times, 30, "it is asked a third time")
    assert asked[1] - asked[0] >= 2000 and asked[2] - asked[1] >= 4000
    assert browser.has(".tile .unset") and browser.has(".tile img.shown")
    browser.run("location.hash = '#/node/north-0000'")
    wait_until(lambda: browser.has(".node-page .unset"), 15, "its page says so")
    browser.click(".tabs a[href$=recordings]")
    wait_until(lambda: "cannot be reached from here" in browser.text(".library"), 10, "nor are there recordings")
    browser.run("location.hash += '/cam0/2026/11/27/cam0_20261127_010203.mp4'")
    looked = "return performance.getEntriesByType('resource').some(e => e.name.includes('day=2026-11-27'))"
    wait_until(lambda: browser.run(looked), 10, "one of them is looked for")
    assert not browser.has("dialog"), "and not said to be gone"


def test_what_is_selected_and_not_shown_is_told(site, browser, simulate):
    simulate(20).retain_all()
    site.show(browser)
    wait_until(lambda: "20 of 20" in browser.text(".counts"), 30, "all are found")
    browser.click("[name=group] [value=north]")
    wait_until(lambda: "5 of 20" in browser.text(".counts"), 5, "a group")
    browser.click(".select-all")
    wait_until(lambda: browser.text(".bulk strong") == "5 selected" and not browser.has(".hidden-count"), 5, "all of it")
    assert browser.reason(".bulk .record") == "Log in to send commands"
    browser.click("[name=group] [value=south]")
    wait_until(lambda: browser.text(".hidden-count") == "5 of them not shown", 5, "none is seen")
    browser.run("document.querySelector('.tile-select input').click()")
    wait_until(lambda: browser.text(".bulk strong") == "6 selected", 5, "one more")
    browser.keep("fleet-selected")
    browser.click(".show-selected")
    wait_until(lambda: "6 of 20" in browser.text(".counts") and not browser.has(".hidden-count"), 5, "just these")
    browser.click(".select-all")
    wait_until(lambda: "20 of 20" in browser.text(".counts") and not browser.has(".bulk"), 5, "none, and all are shown")


def test_hundreds_of_nodes(site, browser, simulate):
    simulation = simulate(MANY)
    simulation.retain_all()
    simulation.talk(5)
    site.show(browser)
    wait_until(lambda: f"{MANY} of {MANY}" in browser.text(".counts"), 30, "all are found")
    wait_until(lambda: len(browser.has(".tile img")) >= 8, 20, "pictures")
    assert len(browser.has(".tile")) < 60
    browser.run("scrollTo(0, document.body.scrollHeight)")
    wait_until(lambda: f"West {MANY - 1}" in browser.text(".tiles"), 10, "the last is there")
    wait_until(lambda: browser.run("return [...document.querySelectorAll('.tile')].every(t => t.querySelector('img'))"), 20,
               "pictures of those on the screen")
    place = browser.run("return scrollY")
    browser.run("[...document.querySelectorAll('.tile')].at(-1).querySelector('input').click()")
    browser.run("[...document.querySelectorAll('.tile > a')].at(-1).click()")
    wait_until(lambda: browser.has(".node-page") and browser.run("return scrollY") == 0, 10, "its page, from the top")
    browser.click(".node-head a")
    wait_until(lambda: browser.run("return scrollY") == place and browser.has(".tile.is-selected"), 10, "the grid where it was left")
    browser.run("scrollTo(0, 0)")
    browser.click(".select-all")
    offline = sum(1 for i in range(MANY) if i % 17 == 16)
    browser.click("[name=filter] [value=offline]")
    wait_until(lambda: f"{offline} of {MANY}" in browser.text(".counts"), 5, "the offline ones")
    browser.click("[name=filter] [value=all]")
    browser.click("[name=version] [value='0.0.9']")
    wait_until(lambda: f"{(MANY + 8) // 9} of {MANY}" in browser.text(".counts"), 5, "those of a version")
    browser.click("[name=version] [value='']")
    browser.click("[name=group] [value=north]")
    wait_until(lambda: f"{MANY // 4} of {MANY}" in browser.text(".counts"), 5, "a group")
    browser.find(".search input").send_keys("north 8 ")
    wait_until(lambda: "North 8" in browser.text(".tile-name"), 5, "found by name")
    assert all("/cam/cam0/" in error for error in browser.errors()), "nginx knows none of these nodes, and may say so late"
