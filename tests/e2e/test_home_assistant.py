"""Home Assistant: what the node tells it, that its entities work, and that they go."""

import json
import signal

from support.broker import Broker
from support.client import Client
from support.home_assistant import HomeAssistant, read_discovery
from support.node import ROOT, camera
from support.wait import wait_until

TWO_CAMERAS = [camera(fps=5), camera(id="back-yard_2", name='Hof "hinten" 🐄', fps=5)]
PER_CAMERA = {"camera", "image", "recording", "snapshot", "enabled", "fps", "viewers", "bitrate", "connection"}
PER_NODE = {"cpu", "temperature", "memory", "disk", "boot", "ip", "throttled", "event"}


def settle(node):
    """The node has heard that the broker has everything, and has noted it."""
    wait_until(lambda: "mqtt/announced" in node.saved(), 10, "it is noted what was announced")


def retained(make_client):
    """What a newcomer gets from the broker, topic to payload."""
    client = make_client()
    client.send("test/end", "", retain=False)
    wait_until(lambda: any(m.topic == "test/end" for m in client.messages), 10, "all came")
    return {m.topic: m.payload for m in client.messages if m.retain}


def test_the_description_is_right(broker, make_node, make_client):
    make_node(broker_port=broker.port, cameras=TWO_CAMERAS)
    home = HomeAssistant(make_client())
    device = home.wait_discovery()
    assert device["device"]["name"] == "Test node"
    entities = device["entities"]
    assert entities.keys() >= PER_NODE | {f"{camera}_{key}" for key in PER_CAMERA
                                          for camera in ("cam0", "back-yard_2")}
    assert entities["back-yard_2_recording"]["name"] == 'Hof "hinten" 🐄 recording'
    assert entities["cam0_camera"]["topic"] == entities["cam0_image"]["image_topic"]
    expires = {key for key, config in entities.items() if "expire_after" in config}
    assert expires >= {"cpu", "cam0_fps"} and not {"ip", "cam0_connection"} & expires
    assert retained(make_client)[home.topic], "Home Assistant finds it whenever it starts"


def test_every_state_shows(broker, make_node, make_client):
    make_node(broker_port=broker.port, cameras=TWO_CAMERAS)
    home = HomeAssistant(make_client())
    entities = home.wait_discovery()["entities"]
    for key, config in entities.items():
        wait_until(lambda config=config: home.available(config), 10, f"{key} is available")
        if "state_topic" in config and config["platform"] != "event":
            home.wait_state(config, lambda state: True)
    home.wait_state(entities["disk"], lambda state: state != "unknown" and float(state) > 0)
    assert home.state(entities["cam0_connection"]) == "online"
    home.wait_state(entities["cam0_fps"], lambda state: float(state) > 1)
    # Each must be kept by the broker, or its entities would never be available.
    kept = retained(make_client)
    topics = {item["topic"] for config in entities.values() for item in config["availability"]}
    assert len(topics) == 3 and all(kept[topic] == b"online" for topic in topics)


def test_everything_that_can_be_pressed_works(broker, make_node, make_client):
    make_node(broker_port=broker.port)
    client = make_client()
    home = HomeAssistant(client)
    entities = home.wait_discovery()["entities"]
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    pressed = set()
    for key, config in entities.items():
        if "command_topic" in config:
            press(home, config)
            pressed.add(key)
    assert pressed >= {"cam0_recording", "cam0_snapshot"}
    # Switched off again before its first picture came, it is told as failed.
    client.wait("event", lambda m: m.json["event_type"] in ("recording_finished", "recording_failed"),
                timeout=10)
    event_types = entities["event"]["event_types"]
    assert all(m.json["event_type"] in event_types for m in client.all("event"))
    assert not client.all("reply"), "nothing that it sends is refused"


def press(home, config):
    since = home.client.mark()
    if config["platform"] == "switch":
        first = home.state(config)
        for state in ("OFF", "ON") if first == "ON" else ("ON", "OFF"):
            home.press(config, state)
            home.wait_state(config, lambda s, wanted=state: s == wanted, since=since)
    elif config["platform"] == "select":
        *profiles, auto = config["options"]
        for option in profiles:
            home.press(config, option)
            home.wait_state(config, lambda s, wanted=option: s == wanted, since=since)
        since = home.client.mark()
        home.press(config, auto)  # unpins: the one of node.yaml holds again
        home.wait_state(config, lambda s: s == "custom", since=since)
    else:
        home.press(config, "PRESS")  # what a button without `payload_press` sends
        home.client.wait("cam/cam0/snapshot", lambda m: m.payload[:2] == b"\xff\xd8", since=since)


def test_a_profile_is_unpinned(client, node):
    select = HomeAssistant(client).wait_discovery()["entities"]["cam0_profile"]
    assert select["options"] == [*client.wait("info").json["cameras"][0]["profiles"], "auto"]
    home = HomeAssistant(client)
    for option, pinned, shown in (("low", True, "low"), ("auto", False, "custom")):
        since = client.mark()
        home.press(select, option)
        client.wait("cam/cam0/stats", lambda m, pinned=pinned: m.json["pinned"] is pinned, since=since)
        assert home.state(select) == shown, "what holds, which is always one of the options"
    assert not client.all("reply"), "nothing is refused"


def test_the_attributes_of_a_picture_go_with_it(client, node):
    home = HomeAssistant(client)
    entities = home.wait_discovery()["entities"]
    for _ in range(2):
        assert client.command("cam/cam0/snapshot/set", "PRESS")["ok"]
        for key in ("cam0_camera", "cam0_image"):
            wait_until(lambda key=key: (home.attributes(entities[key]) or {}).get("width") == 320, 5, "of a picture")
        assert client.command("cam/cam0/enabled/set", "OFF")["ok"]
        for key in ("cam0_camera", "cam0_image"):
            wait_until(lambda key=key: home.attributes(entities[key]) == {}, 5, "none")
        assert client.command("cam/cam0/enabled/set", "ON")["ok"]
        node.wait_state("cam/cam0/status", lambda status: status == "online")


def test_the_event_types_are_the_contracts(broker, make_node, make_client):
    make_node(broker_port=broker.port)
    entities = HomeAssistant(make_client()).wait_discovery()["entities"]
    schema = json.loads((ROOT / "proto/schemas/event.json").read_text())
    assert entities["event"]["event_types"] == schema["properties"]["event_type"]["enum"]


def test_when_home_assistant_starts_all_is_told_again(client, node):
    home = HomeAssistant(client)
    home.wait_discovery()
    client.command("cam/cam0/snapshot/set", "PRESS")
    since = client.mark()
    node.signal(signal.SIGSTOP)  # it hears both before it has answered one
    for payload in ("offline", "online", "online"):
        client.send(home.birth_topic, payload)
    node.signal(signal.SIGCONT)
    home.wait_discovery(since=since, timeout=15)
    for suffix in ("status", "info", "telemetry", "cam/cam0/status", "cam/cam0/record",
                   "cam/cam0/snapshot/meta"):
        client.wait(suffix, since=since)
    assert not client.all("cam/cam0/snapshot", since), "the broker has the picture"
    assert node.log.count("Home Assistant has started") == 1
    assert len(home.discoveries(since)) == 1


def test_a_picture_that_is_not_retained_is_told_again_too(broker, make_node, make_client):
    make_node(broker_port=broker.port, cameras=[camera(snapshot={"retain": False})])
    client = make_client()
    home = HomeAssistant(client)
    home.wait_discovery()
    wait_until(lambda: client.command("cam/cam0/snapshot/set", "PRESS")["ok"], 10, "a picture")
    since = client.mark()
    client.send(home.birth_topic, "online", qos=0)
    client.wait("cam/cam0/snapshot", lambda m: m.payload[:2] == b"\xff\xd8", since=since, timeout=15)


def test_a_camera_that_leaves_takes_its_entities_along(broker, make_node, make_client):
    node = make_node(broker_port=broker.port, cameras=TWO_CAMERAS)
    client = make_client()
    home = HomeAssistant(client)
    home.wait_discovery()
    client.wait("cam/back-yard_2/status", lambda m: m.text == "online", timeout=10)
    client.command("cam/back-yard_2/snapshot/set", "PRESS")
    settle(node)
    node.stop()
    node.config["cameras"] = TWO_CAMERAS[:1]
    since = client.mark()
    node.start()
    home.wait_discovery(lambda device: not device["removed"], since=since)
    first, *others = [read_discovery(m.payload) for m in home.discoveries(since)]
    gone = {f"back-yard_2_{key}" for key in PER_CAMERA}
    assert first["removed"].keys() >= gone and not gone & first["entities"].keys()
    assert first["removed"]["back-yard_2_recording"] == "switch"
    assert others and not gone & others[-1]["entities"].keys()
    client.wait("cam/cam0/status", lambda m: m.text == "online", since=since, timeout=10)
    kept = wait_until(lambda: (topics := retained(make_client)) and not any(
        "back-yard_2" in topic for topic in topics) and topics, 10, "nothing is kept of it")
    assert kept["camnode/node1/cam/cam0/status"] == b"online"


def check_move(node, client, make_client, old, new):
    """A node that was `old` comes back as `new` (home, root): nothing stays of the old one."""
    (old_home, old_root), (new_home, new_root) = old, new
    settle(node)
    node.stop()
    node.start()
    new_home.wait_discovery(since=0)

    def kept():
        return {topic: payload for topic, payload in retained(make_client).items() if payload}

    wait_until(lambda: not any(topic.startswith(old_root + "/") for topic in kept()), 10,
               f"nothing is kept below {old_root}")
    told = {f"{new_root}/status", f"{new_root}/cam/cam0/record", new_home.topic}
    wait_until(lambda: told <= kept().keys(), 10, f"all is kept below {new_root}")
    last = kept()
    assert old_home.topic == new_home.topic or old_home.topic not in last
    assert last[f"{new_root}/status"] == b"online"


def test_a_node_with_a_new_id_leaves_nothing_behind(client, node, make_client):
    old = HomeAssistant(client)
    old.wait_discovery()
    client.command("cam/cam0/snapshot/set", "PRESS")
    node.config["node"]["id"] = "attic"
    check_move(node, client, make_client, (old, "camnode/node1"),
               (HomeAssistant(client, node="attic"), "camnode/attic"))


def test_new_prefixes_leave_nothing_behind(client, node, make_client):
    old = HomeAssistant(client)
    old.wait_discovery()
    node.config["mqtt"].update(prefix="site/one", discovery={"prefix": "ha"})
    check_move(node, client, make_client, (old, "camnode/node1"),
               (HomeAssistant(client, prefix="ha"), "site/one/node1"))


def test_discovery_switched_off_takes_the_device_away(client, node, make_client):
    home = HomeAssistant(client)
    home.wait_discovery()
    settle(node)
    node.stop()
    node.config["mqtt"]["discovery"] = {"enabled": False}
    since = client.mark()
    node.start()
    wait_until(lambda: home.topic not in retained(make_client), 10, "the device goes")
    client.wait("status", lambda m: m.text == "online", since=since)
    client.send(home.birth_topic, "online", qos=0)
    assert client.command("cam/cam0/record/set", "OFF")["ok"]
    assert "Home Assistant" not in node.log and not any(m.payload for m in home.discoveries(since))


def test_a_new_interval_moves_the_expiry(client, node):
    home = HomeAssistant(client)
    before = home.wait_discovery()["entities"]["cpu"]["expire_after"]
    node.config["telemetry"]["interval_s"] = 60
    node.write_config()
    node.signal(signal.SIGHUP)
    home.wait_discovery(lambda device: device["entities"]["cpu"]["expire_after"] > 60 > before)


EIGHT = [camera(id=f"{'c' * 63}{i}", name=f"Camera with a long name {i}", fps=1) for i in range(8)]


def test_eight_cameras_with_long_names_fit(broker, make_node, make_client):
    make_node(broker_port=broker.port, cameras=EIGHT, node={"id": "n" * 64})
    client = make_client(node="n" * 64)
    home = HomeAssistant(client, node="n" * 64)
    device = home.wait_discovery()
    assert len(device["entities"]) >= 8 * len(PER_CAMERA) + len(PER_NODE)
    size = len(home.discoveries()[-1].payload)
    print(f"8 cameras, longest ids: {size} bytes")
    assert size < 128 * 1024, "the smallest limit of the usual brokers and clouds (AWS)"


def test_a_small_limit_of_the_broker_costs_only_the_readings(tmp_path, make_node):
    broker = Broker(tmp_path / "small", extra=["max_packet_size 20000"]).start()
    cameras = [camera(id=f"cam{i}", fps=1) for i in range(8)]
    make_node(broker_port=broker.port, cameras=cameras)
    client = Client(broker.port)
    home = HomeAssistant(client)
    entities = home.wait_discovery()["entities"]
    assert {"cam0_camera", "cam7_recording", "throttled"} <= entities.keys()
    assert not {"cam0_fps", "cpu"} & entities.keys()
    client.close()
    broker.stop()


def test_a_broker_that_takes_no_description_gets_none(tmp_path, make_node):
    broker = Broker(tmp_path / "tiny", extra=["max_packet_size 1500"]).start()
    node = make_node(broker_port=broker.port)
    client = Client(broker.port)
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=10)
    node.wait_log("Home Assistant is not told of this node")
    settle(node)  # what is retained goes when this node is renamed, all the same
    assert client.command("cam/cam0/record/set", "OFF")["ok"] and not HomeAssistant(client).discoveries()
    client.close()
    broker.stop()
