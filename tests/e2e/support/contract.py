"""Every message that a node sends in a test, by MQTT or HTTP, is held against proto/schemas."""

import collections
import json
import re

import jsonschema

from .paths import ROOT

SCHEMAS = ROOT / "proto/schemas"
CAMERA = r"cam/[a-z0-9_-]+/"
JSON = {
    r"info": "info",
    r"telemetry": "telemetry",
    r"event": "event",
    r"reply": "reply",
    CAMERA + r"stats": "stats",
    CAMERA + r"record": "record",
    CAMERA + r"snapshot/meta": "snapshot-meta",
    CAMERA + r"controls": "controls",
}
WORDS = {
    r"status": r"online|offline",
    CAMERA + r"status": r"online|offline",
    CAMERA + r"enabled": r"ON|OFF",
    CAMERA + r"profile": r"[a-z0-9_-]{1,64}",
}
PICTURE = CAMERA + r"snapshot"

# How many messages of each kind were held against the contract; events and replies by kind.
COUNTS = collections.Counter()

_VALIDATORS = {}


def _validator(name):
    if name not in _VALIDATORS:
        schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        _VALIDATORS[name] = jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.FormatChecker())
    return _VALIDATORS[name]


def _find(table, suffix):
    return next((value for pattern, value in table.items() if re.fullmatch(pattern, suffix)), None)


def _kind(name, value):
    if name == "event":
        return f"event {value['event_type']}"
    if name == "reply":
        return f"reply {value.get('command', '-')} {value['code']}"
    return name


def _check_data(reply, where):
    """The data of a reply are another topic's payload, for each camera that was meant."""
    name = {"record": "record", "snapshot": "snapshot-meta", "controls": "controls"}.get(reply.get("command"))
    if not name or "data" not in reply:
        return
    for data in [reply["data"]] if "camera" in reply else reply["data"].values():
        said = {key: value for key, value in data.items() if key != "already"}
        errors = [f"{error.json_path}: {error.message}" for error in _validator(name).iter_errors(said)]
        assert not errors, f"{where}: data: {errors} in {said!r}"


def check_value(name, value, where):
    """Fails when the JSON value is not as the schema says."""
    errors = [f"{error.json_path}: {error.message}" for error in _validator(name).iter_errors(value)]
    assert not errors, f"{where}: {errors} in {value!r}"
    if name == "reply":
        _check_data(value, where)
    COUNTS[_kind(name, value)] += 1


def check(suffix, payload):
    """Fails when the payload (bytes) of a node's topic is not as the contract says, or the topic is
    none of the contract's. Nothing at all clears a retained topic."""
    words, name = _find(WORDS, suffix), _find(JSON, suffix)
    if not payload:
        return
    if words:
        assert re.fullmatch(words, payload.decode()), f"{suffix}: {payload!r}"
        COUNTS[re.sub(CAMERA, "cam ", suffix)] += 1
    elif name:
        check_value(name, json.loads(payload), suffix)
    else:
        assert re.fullmatch(PICTURE, suffix), f"{suffix} is no topic of the contract"
        assert payload[:2] == b"\xff\xd8" and payload[-2:] == b"\xff\xd9", f"{suffix}: no JPEG"
        COUNTS["cam snapshot"] += 1


def check_http(topic, payload, root):
    """The same for what HTTP carries as {topic, payload}: JSON as it is, words as strings."""
    assert topic.startswith(root), f"{topic} is not below {root}"
    check(topic.removeprefix(root), (payload if isinstance(payload, str) else json.dumps(payload)).encode())
