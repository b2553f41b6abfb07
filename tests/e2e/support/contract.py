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
    (r"cam/[a-z0-9_-]+/controls", "controls"),
]
WORDS = [(r"status", r"online|offline"), (r"cam/[a-z0-9_-]+/status", r"online|offline"),
         (r"cam/[a-z0-9_-]+/enabled", r"ON|OFF"), (r"cam/[a-z0-9_-]+/profile", r"[a-z0-9_-]{1,64}")]

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
            assert re.fullmatch(words, payload.decode()), f"{suffix}: {payload!r}"
    for pattern, name in BY_SUFFIX:
        if re.fullmatch(pattern, suffix):
            errors = [error.message for error in _validator(name).iter_errors(json.loads(payload))]
            assert not errors, f"{suffix}: {errors} in {payload!r}"
