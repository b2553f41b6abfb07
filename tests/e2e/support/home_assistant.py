"""Home Assistant as far as this node can tell: it reads the discovery message as strictly as the
schemas of Home Assistant's MQTT integration do (a key it does not know is an error here), works
out the entities' states by their templates, and presses their buttons.
"""

import json
import re
from datetime import datetime

import jinja2

from .wait import wait_until

# What the integration makes of abbreviated keys; only those that this node uses.
ABBREVIATIONS = {
    "avty": "availability", "avty_mode": "availability_mode", "cmd_t": "command_topic",
    "cmps": "components", "cont_type": "content_type", "def_ent_id": "default_entity_id",
    "dev": "device", "dev_cla": "device_class", "ent_cat": "entity_category",
    "evt_typ": "event_types", "exp_aft": "expire_after", "ic": "icon", "img_t": "image_topic",
    "json_attr_t": "json_attributes_topic", "json_attr_tpl": "json_attributes_template", "o": "origin", "ops": "options", "p": "platform",
    "pl_off": "payload_off", "pl_on": "payload_on", "stat_cla": "state_class",
    "stat_t": "state_topic", "sug_dsp_prc": "suggested_display_precision", "t": "topic",
    "uniq_id": "unique_id", "unit_of_meas": "unit_of_measurement", "val_tpl": "value_template",
}
DEVICE_ABBREVIATIONS = {"ids": "identifiers", "mf": "manufacturer", "mdl": "model",
                        "sw": "sw_version", "cu": "configuration_url"}
ORIGIN_ABBREVIATIONS = {"sw": "sw_version", "url": "support_url"}

ROOT_KEYS = {"device", "origin", "components", "availability", "availability_mode"}
COMMON = {"platform", "unique_id", "default_entity_id", "name", "qos", "icon", "entity_category",
          "availability", "availability_mode", "json_attributes_topic", "json_attributes_template"}
# Per platform: the keys that must be there, and those that may.
PLATFORMS = {
    "sensor": ({"state_topic"}, {"value_template", "device_class", "unit_of_measurement",
                                 "state_class", "expire_after", "suggested_display_precision"}),
    "binary_sensor": ({"state_topic"}, {"value_template", "device_class", "expire_after",
                                        "payload_on", "payload_off"}),
    "switch": ({"command_topic"}, {"state_topic", "value_template", "device_class", "payload_on",
                                   "payload_off"}),
    "button": ({"command_topic"}, {"device_class", "payload_press"}),
    "select": ({"command_topic", "options"}, {"state_topic", "value_template"}),
    "camera": ({"topic"}, set()),
    "image": ({"image_topic"}, {"content_type"}),
    "event": ({"state_topic", "event_types"}, {"value_template", "device_class"}),
}
# Per device class: the units that it may have; None: it has none.
SENSOR_CLASSES = {"temperature": {"°C", "°F", "K"}, "data_size": {"GB", "MB", "GiB"},
                  "data_rate": {"Mbit/s", "kbit/s"}, "timestamp": None}
BINARY_CLASSES = {"connectivity", "problem"}
BASE_KEYS = re.compile(r".*topic$")
MAX_STATE = 255

TEMPLATES = jinja2.Environment(undefined=jinja2.StrictUndefined)


def _expand(value, abbreviations):
    return {abbreviations.get(key, key): item for key, item in value.items()}


def _expand_availability(config):
    if "availability" in config:
        config["availability"] = [_expand(item, ABBREVIATIONS) for item in config["availability"]]


def _resolve(text, base):
    return base + text[1:] if text.startswith("~") else text


def _entity(key, config):
    """A component with its keys in full, checked as Home Assistant's schema does."""
    config = _expand(config, ABBREVIATIONS)
    _expand_availability(config)
    base = config.pop("~", "")
    for name, value in config.items():
        if BASE_KEYS.match(name):
            config[name] = _resolve(value, base)
    for item in config.get("availability", []):
        item["topic"] = _resolve(item["topic"], base)
    needed, optional = PLATFORMS[config["platform"]]
    assert needed | {"unique_id"} <= config.keys(), f"{key} lacks {needed - config.keys()}"
    strange = config.keys() - needed - optional - COMMON
    assert not strange, f"{key}: a {config['platform']} has no {strange}"
    _check_values(key, config)
    return config


def _check_values(key, config):
    platform = config["platform"]
    domain, _, name = config["default_entity_id"].partition(".")
    assert domain == platform and re.fullmatch(r"[0-9a-z_]+", name), config["default_entity_id"]
    assert config["name"] and isinstance(config["name"], str)
    assert config.get("qos", 0) in (0, 1, 2)
    assert config.get("entity_category", "diagnostic") in ("config", "diagnostic")
    if platform in ("sensor", "binary_sensor"):
        assert config.get("entity_category") != "config", f"{key}: a sensor configures nothing"
    assert re.fullmatch(r"mdi:[a-z0-9-]+", config.get("icon", "mdi:x")), config["icon"]
    for name, value in config.items():
        if name.endswith("topic"):
            assert value and not set("+#") & set(value) and not value.startswith("/"), value
        if name.endswith("template"):
            TEMPLATES.parse(value)
    if platform == "sensor":
        _check_sensor(config)
    if platform == "binary_sensor":
        assert config.get("device_class") in BINARY_CLASSES
    for name in ("options", "event_types"):
        assert len(set(config.get(name, ["x"]))) == len(config.get(name, ["x"])) > 0
    assert isinstance(config.get("expire_after", 1), int) and config.get("expire_after", 1) > 0


def _check_sensor(config):
    unit = config.get("unit_of_measurement")
    device_class = config.get("device_class")
    if device_class:
        allowed = SENSOR_CLASSES[device_class]
        assert unit in allowed if allowed else unit is None, f"{device_class} in {unit}"
    assert config.get("state_class", "measurement") == "measurement"
    if "state_class" not in config:
        assert unit is None and "suggested_display_precision" not in config


def read_discovery(payload):
    """The device and its entities by key; components that take one away are under "removed"."""
    root = _expand(json.loads(payload), ABBREVIATIONS)
    assert root.keys() <= ROOT_KEYS, f"rejected for {root.keys() - ROOT_KEYS}"
    assert {"device", "origin", "components"} <= root.keys()
    root["device"] = _expand(root["device"], DEVICE_ABBREVIATIONS)
    root["origin"] = _expand(root["origin"], ORIGIN_ABBREVIATIONS)
    assert root["device"].keys() <= {"name", *DEVICE_ABBREVIATIONS.values()}
    assert root["device"]["identifiers"] and root["origin"]["name"]
    assert re.match("https?://", root["device"].get("configuration_url", "http://"))
    _expand_availability(root)
    components = root.pop("components")
    root["removed"] = {key: config["p"] for key, config in components.items()
                       if config.keys() == {"p"}}
    root["entities"] = {key: _entity(key, config) for key, config in components.items()
                        if key not in root["removed"]}
    for config in root["entities"].values():
        config.setdefault("availability", root["availability"])
        config.setdefault("availability_mode", root.get("availability_mode", "latest"))
        assert len(config["availability"]) == 1 or config["availability_mode"] == "all"
    for unique in ("unique_id", "default_entity_id"):
        values = [config[unique] for config in root["entities"].values()]
        assert len(set(values)) == len(values), f"{unique} twice in {values}"
    return root


class HomeAssistant:
    """Follows one node by what a client (support/client.py) of its broker hears."""

    def __init__(self, client, node="node1", prefix="homeassistant"):
        assert re.fullmatch(r"[a-zA-Z0-9_-]+", node)
        self.client = client
        self.topic = f"{prefix}/device/{node}/config"
        self.birth_topic = f"{prefix}/status"

    def discoveries(self, since=0):
        """Every discovery message heard, oldest first."""
        with self.client._changed:
            return [message for message in self.client.messages[since:]
                    if message.topic == self.topic]

    def wait_discovery(self, predicate=lambda device: True, since=0, timeout=10):
        """The newest description, once the predicate accepts it."""
        def newest():
            heard = self.discoveries(since)
            if not heard or not heard[-1].payload:
                return None
            assert heard[-1].qos == 1
            device = read_discovery(heard[-1].payload)
            return device if predicate(device) else None
        return wait_until(newest, timeout, "Home Assistant is told")

    def last(self, topic, since=0):
        with self.client._changed:
            heard = [m for m in self.client.messages[since:] if m.topic == topic]
        return heard[-1] if heard else None

    def state(self, config, since=0):
        """What the entity's state is: None while nothing came, "unknown" if that is all."""
        message = self.last(config["state_topic"], since)
        if not message:
            return None
        state = render(config, message.text)
        return "unknown" if state == "None" else state

    def attributes(self, config, since=0):
        """The entity's attributes: None while nothing came. What makes no object is an error there."""
        message = self.last(config["json_attributes_topic"], since)
        if not message:
            return None
        template = TEMPLATES.from_string(config.get("json_attributes_template", "{{ value }}"))
        attributes = json.loads(template.render(value=message.text))
        assert isinstance(attributes, dict), attributes
        return attributes

    def available(self, config):
        heard = [self.last(item["topic"]) for item in config["availability"]]
        return all(message and message.text == "online" for message in heard)

    def press(self, config, payload):
        """As its user does it: never retained, with the entity's QoS."""
        self.client.send(config["command_topic"], payload, qos=config.get("qos", 0))

    def wait_state(self, config, predicate, since=0, timeout=10):
        return wait_until(
            lambda: (state := self.state(config, since)) is not None and predicate(state) and [state],
            timeout, f"{config['unique_id']} is as wanted, not {self.state(config, since)}")[0]


def render(config, payload):
    """The state that a payload makes, held against what the entity may show."""
    state = payload
    if "value_template" in config:
        state = TEMPLATES.from_string(config["value_template"]).render(
            value=payload, value_json=json.loads(payload))
    check_state(config, state)
    return state


def check_state(config, state):
    assert len(state) <= MAX_STATE, f"{config['unique_id']}: {state}"
    if state == "None":
        return
    if config["platform"] == "binary_sensor":
        assert state in (config.get("payload_on", "ON"), config.get("payload_off", "OFF")), state
    elif config["platform"] == "switch":
        assert state in ("ON", "OFF"), state
    elif config["platform"] == "select":
        assert state in config["options"], state
    elif config.get("device_class") == "timestamp":
        assert datetime.fromisoformat(state.replace("Z", "+00:00")).tzinfo, state
    elif "state_class" in config:
        float(state)
    else:
        assert state
