"""deploy/home-assistant against a real node: each entity and topic exists, each template renders,
each payload and address works.
"""

import json
import mimetypes
import re

import jinja2
import pytest
import yaml

from support.home_assistant import HomeAssistant
from support.node import ROOT, camera, run
from support.wait import wait_until

FOLDER = ROOT / "deploy/home-assistant"
FILES = ["camnode.yaml", "view.yaml"]
# What a user has besides: the README names them.
THEIRS = {"binary_sensor.front_door", "binary_sensor.driveway_motion"}
DOMAINS = "camera|image|switch|button|select|sensor|binary_sensor|event"
# One run of each is what templates are given.
EVENT = {"event_type": "recording_finished", "camera": "door", "file": "door/x.mp4", "bytes": 1500000}


class Now:
    def strftime(self, _format):
        return "12:00:00"


def load(name):
    return yaml.safe_load((FOLDER / name).read_text())


def strings(value, key=None):
    """Every text in a structure with the key it stands at."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from strings(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, key)
    elif isinstance(value, str):
        yield key, value


def test_the_node_is_configured_as_the_automations_want():
    result = run("--check-config", "--config", FOLDER / "node.yaml")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "door: a pre-roll of 5 s" in result.stdout
    config = yaml.safe_load((FOLDER / "node.yaml").read_text())
    wanted = [json.loads(action["data"]["payload"]).get("pre_roll_s", 0) for automation in load("camnode.yaml")["automation"]
              for action in walk(automation["actions"]) if action.get("action") == "mqtt.publish"]
    assert max(wanted) == config["cameras"][0]["record"]["pre_roll_s"]
    assert len(config["cameras"][0]["schedule"]) == 2


def browse(folder):
    """As Home Assistant's media browser: folders, and files whose ending says that they are media."""
    def is_media(path):
        return (mimetypes.guess_type(path.name)[0] or "").split("/")[0] in ("audio", "image", "video")
    return sorted(path.name for path in folder.iterdir() if path.is_dir() or is_media(path))


def test_the_media_browser_finds_days_and_recordings(home):
    client = home.client
    client.publish("cam/door/record/set", {"state": "ON", "duration_s": 1})
    file = client.wait("event", lambda m: m.json["event_type"] == "recording_finished", timeout=15).json["file"]
    folder = home.node.recordings
    for step in file.split("/"):
        assert browse(folder) == [step]
        folder = folder / step
    assert mimetypes.guess_type(file)[0] == "video/mp4"


@pytest.fixture
def home(broker, make_node, make_client):
    home_node = make_node(broker_port=broker.port, node={"id": "garage", "name": "Garage"},
                          cameras=[camera(id="door", name="Door")])
    home = HomeAssistant(make_client(node="garage"), node="garage")
    home.node = home_node
    home.entities = {config["default_entity_id"]: config
                     for config in home.wait_discovery()["entities"].values()}
    home.client.wait("cam/door/status", lambda m: m.text == "online", timeout=10)
    return home


@pytest.mark.parametrize("name", FILES)
def test_every_entity_is_there(home, name):
    text = re.sub(r"^\s*#.*$", "", (FOLDER / name).read_text(), flags=re.MULTILINE)
    named = {match for match in re.findall(rf"\b(?:{DOMAINS})\.[a-z0-9_]+\b", text)
             if not re.fullmatch(r"\w+\.(press|turn_on|turn_off|toggle)", match)}
    assert len(named) >= 5
    assert named - home.entities.keys() - THEIRS == set(), "not in the node's description"


def test_every_topic_and_payload_works(home):
    client = home.client
    package = load("camnode.yaml")
    topics = {text for key, text in strings(package) if key == "topic"}
    heard = {m.topic for m in client.messages} | {client.topic("event")}
    published = 0
    for automation in package["automation"]:
        for action in walk(automation["actions"]):
            if action.get("action") == "mqtt.publish":
                topic, payload = action["data"]["topic"], action["data"]["payload"]
                reply = client.command(topic.removeprefix("camnode/garage/"), payload)
                assert reply["ok"], reply
                heard.add(topic)
                published += 1
    assert published
    for topic in topics:
        pattern = re.escape(topic).replace(r"\+", "[^/]+").replace(re.escape("{{ node }}"), "[^/]+")
        assert any(re.fullmatch(pattern, other) for other in heard), f"nothing comes on {topic}"


def walk(actions):
    """All actions, inner ones too."""
    for action in actions:
        yield action
        for choice in action.get("choose", []):
            yield from walk(choice["sequence"])
        yield from walk(action.get("default", []))


def test_what_the_automations_press_works(home):
    client = home.client
    since = client.mark()
    home.press(home.entities["button.garage_door_snapshot"], "PRESS")
    image = home.entities["image.garage_door_image"]
    wait_until(lambda: home.last(image["image_topic"], since), 10, "the picture for the notification")
    recording = home.entities["switch.garage_door_recording"]
    for state in ("ON", "OFF"):
        home.press(recording, state)
        home.wait_state(recording, lambda s, wanted=state: s == wanted)
        client.wait("event", lambda m: m.json["event_type"] == "recording_started", timeout=15)
    finished = client.wait("event", lambda m: m.json["event_type"] == "recording_finished", timeout=15)
    assert EVENT.keys() <= finished.json.keys(), "what the template of the note asks for"


def test_every_template_renders():
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    trigger = {"topic": "camnode/garage/status", "payload_json": EVENT, "to_state": {"state": "on"}}
    known = {"trigger": trigger, "wait": {"trigger": None}, "node": "garage", "now": Now,
             "state_attr": lambda entity, name: f"{entity} {name}", "states": lambda entity: "55.0",
             "is_state": lambda entity, state: state == "off"}
    rendered = [environment.from_string(text).render(known)
                for _, text in strings(load("camnode.yaml")) if "{{" in text]
    assert len(rendered) > 6 and all(rendered)
    assert "door/x.mp4, 1.5 MB" in rendered and "garage" in rendered and "True" in rendered


@pytest.mark.parametrize("command,records", [
    (None, True), ({"state": "ON", "duration_s": 30, "label": "motion"}, True), ("ON", False),
    ({"state": "ON", "duration_s": 3600}, False)])
def test_motion_cuts_nothing_short(home, command, records):
    """As Home Assistant would decide it: by the state and the attributes that the node gives the switch."""
    automation = next(a for a in load("camnode.yaml")["automation"] if a["id"] == "camnode_record_motion")
    switch = home.entities["switch.garage_door_recording"]
    if command:
        assert home.client.command("cam/door/record/set", command)["ok"]
    home.wait_state(switch, lambda state: state == ("ON" if command else "OFF"))
    attributes = home.last(switch["json_attributes_topic"]).json
    assert switch["json_attributes_topic"] == switch["state_topic"], "one message, so they fit"
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    template = environment.from_string(automation["conditions"])
    assert template.render(is_state=lambda _, state: attributes["state"] == state.upper(),
                           state_attr=lambda _, name: attributes.get(name)) == str(records)


def test_every_automation_is_whole():
    automations = load("camnode.yaml")["automation"]
    assert len({automation["id"] for automation in automations}) == len(automations) >= 5
    for automation in automations:
        assert automation.keys() <= {"id", "alias", "mode", "max", "max_exceeded", "triggers",
                                     "conditions", "actions"}
        assert all(trigger["trigger"] in ("state", "mqtt") for trigger in automation["triggers"])
        assert "retain" not in json.dumps(automation), "a retained command is refused"


def test_the_addresses_of_the_view_answer(home):
    addresses = {text for _, text in strings(load("view.yaml")) if text.startswith("http")}
    assert len(addresses) == 2
    for address in addresses:
        path = address.removeprefix("http://garage.local:8080")
        with home.node.get(path, stream=True) as answer:
            assert answer.ok, f"{path}: {answer.status_code}"
            assert next(answer.iter_content(64))
