"""Every JSON message that a node sends in a test is held against its schema in proto/schemas."""

import json
import re

import jsonschema

from .node import ROOT

SCHEMAS = ROOT / "proto/schemas"
BY_SUFFIX = [
    (r"info", "info"),
    (r"telemetry", "telemetry"),
    (r"event", "event"),
    (r"reply", "reply"),
    (r"cam/[a-z0-9_-]+/stats", "stats"),
    (r"cam/[a-z0-9_-]+/record", "record"),
    (r"cam/[a-z0-9_-]+/snapshot/meta", "snapshot-meta"),
]
WORDS = [(r"status", {"online", "offline"}), (r"cam/[a-z0-9_-]+/status", {"online", "offline"})]

_VALIDATORS = {}


def _validator(name):
    if name not in _VALIDATORS:
        schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        _VALIDATORS[name] = jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.FormatChecker())
    return _VALIDATORS[name]


def check(suffix, payload):
    """Fails when the payload (bytes) of a topic is not as the contract says."""
    for pattern, words in WORDS:
        if re.fullmatch(pattern, suffix):
            assert payload.decode() in words, f"{suffix}: {payload!r}"
    for pattern, name in BY_SUFFIX:
        if re.fullmatch(pattern, suffix):
            errors = [error.message for error in _validator(name).iter_errors(json.loads(payload))]
            assert not errors, f"{suffix}: {errors} in {payload!r}"
