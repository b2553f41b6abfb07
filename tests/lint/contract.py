#!/usr/bin/python3
"""proto/'s tables in C, its schemas, asyncapi.yaml and README say the same, and what C sends fits the schemas."""

import datetime
import json
import pathlib
import subprocess
import tempfile

import jsonschema
import yaml

import tree

SOURCES = ["proto/code.c", "proto/command.c", "proto/command_table.c", "proto/control_value.c", "proto/field.c",
           "proto/iso_time.c", "proto/object.c", "proto/payload.c", "proto/refusal.c", "proto/topic.c",
           "node/base/clock.c", "node/base/str.c"]
FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_time_with_zone(text):
    return not isinstance(text, str) or datetime.datetime.fromisoformat(text).tzinfo is not None


def mismatch(schema, value):
    """What is wrong with the value, or None."""
    validator = jsonschema.Draft202012Validator(schema, format_checker=FORMATS)
    error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    return error and f"{error.json_path}: {error.message}"


def tables(root):
    """What contract.c prints."""
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/contract"
        jansson = subprocess.run(["pkg-config", "--cflags", "--libs", "jansson"], check=True, text=True,
                                 stdout=subprocess.PIPE).stdout.split()
        subprocess.run(["cc", "-std=gnu17", "-D_GNU_SOURCE", "-I.", "-Inode", "-o", program,
                        pathlib.Path(__file__).with_suffix(".c").resolve(), *SOURCES, *jansson, "-lm"],
                       cwd=root, check=True)
        return json.loads(subprocess.run([program], check=True, stdout=subprocess.PIPE).stdout)


def open_objects(schema, path="$"):
    """Objects that list their keys but let others pass."""
    if isinstance(schema, dict):
        if "properties" in schema and "type" in schema and schema.get("additionalProperties") is not False:
            yield path
        for key, value in schema.items():
            yield from open_objects(value, f"{path}.{key}")


def check_schemas(schemas):
    for name, schema in schemas.items():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            yield f"{name}: {error.json_path}: {error.message}"
            continue
        for path in open_objects(schema):
            yield f"{name}: {path} has no additionalProperties: false"
        if not schema.get("examples"):
            yield f"{name}: has no examples"
        for example in schema.get("examples", []):
            if problem := mismatch(schema, example):
                yield f"{name}: example: {problem}"


def check_samples(samples, schemas):
    sent = {}
    for sample in samples:
        schema, payload = schemas.get(sample["schema"], {}), sample["payload"]
        if problem := mismatch(schema, payload):
            yield f"{sample['schema']}: does not fit what payload.c sends: {problem}"
        if sample["full"]:
            sent.setdefault(sample["schema"], set()).update(payload)
    for name, keys in sent.items():
        if unsent := set(schemas[name].get("properties", {})) - keys:
            yield f"{name}: payload.c never sends {', '.join(sorted(unsent))}"


def schema_of_field(field):
    """The keywords that a command's field must have in its schema."""
    span = {"minimum": field["min"], "maximum": field["max"]}
    return {
        "id": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,64}$"},
        "name": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        "word": {"type": "string", "enum": field["words"]},
        "text": {"type": "string", "minLength": field["min"], "maxLength": field["max"],
                 "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"},
        "day": {"type": "string", "format": "date"},
        "integer": {"type": "integer", **span},
        "number": {"type": "number", **span},
        "time": {"oneOf": [{"type": "number", **span}, {"type": "string", "format": "date-time"}]},
    }[field["type"]]


def check_commands(commands, schemas):
    for command in commands:
        name = f"{command['name']}-set.json"
        schema, fields = schemas.get(name, {}), command["fields"]
        properties = schema.get("properties", {})
        if sorted(properties) != sorted(field["name"] for field in fields):
            yield f"{name}: keys are not those of command_table"
            continue
        if bool(schema.get("patternProperties")) != command["controls"]:
            yield f"{name}: whether it takes names of controls is not as in command_table"
        if schema.get("required", []) != [field["name"] for field in fields if field["required"]]:
            yield f"{name}: required keys are not those of command_table"
        for field in fields:
            said = dict(properties[field["name"]])
            if said.pop("description", "").lower() != field["help"].lower():
                yield f"{name}: {field['name']}: its description is not command_table's: {field['help']}"
            if said != schema_of_field(field):
                yield f"{name}: {field['name']}: is not as in command_table: {schema_of_field(field)}"


def check_codes(codes, schemas):
    if schemas["reply.json"]["properties"]["code"]["enum"] != [code["name"] for code in codes]:
        yield "reply.json: the codes are not code_table's"


def address_of(topic, node, camera):
    return f"camnode/{node}/" + (f"cam/{camera}/" if topic["per_camera"] else "") + topic["name"]


def resolve(document, value):
    """Follows a reference within the document."""
    while isinstance(value, dict) and str(value.get("$ref", "")).startswith("#/"):
        path, value = value["$ref"][2:].split("/"), document
        for key in path:
            value = value[key]
    return value


def check_channel(document, name, topic, words):
    operations = [operation for operation in document["operations"].values()
                  if operation["channel"]["$ref"] == f"#/channels/{name}"]
    if [operation["action"] for operation in operations] != ["receive" if topic["command"] else "send"]:
        yield f"channel {name}: wants one operation, {'receive' if topic['command'] else 'send'}"
        return
    mqtt = resolve(document, operations[0]["bindings"])["mqtt"]
    said = mqtt["qos"], mqtt["retain"], mqtt.get("messageExpiryInterval", 0)
    if said != (topic["qos"], topic["retain"], topic["expiry_s"]):
        yield f"channel {name}: QoS, retain and message expiry are not topic_table's"
    if topic["command"] and "reply" not in operations[0]:
        yield f"channel {name}: has no reply"
    payloads = [resolve(document, message)["payload"]
                for message in document["channels"][name]["messages"].values()]
    schemas = [payload["$ref"] for payload in payloads if "$ref" in payload]
    if schemas != [f"schemas/{topic['schema']}"] * bool(topic["schema"]):
        yield f"channel {name}: its schema is not topic_table's {topic['schema']}"
    if topic["command"] and words[topic["schema"]] != [payload for payload in payloads if "$ref" not in payload]:
        yield f"channel {name}: the words are not command_table's"


def words_of_command(command):
    """The payloads that are words, as schemas."""
    if command["words"]:
        return [{"type": "string", "enum": command["words"]}]
    return [schema_of_field(field) for field in command["fields"] if field["name"] == command["word_field"]]


def check_scopes(table):
    """A command has the topics that its scope says."""
    wanted = {"cameras": {True, False}, "camera": {True}, "node": {False}}
    for command in table["commands"]:
        name = f"{command['name']}/set"
        if {topic["per_camera"] for topic in table["topics"] if topic["name"] == name} != wanted[command["scope"]]:
            yield f"command_table: {command['name']}: topic_table has not the topics of its scope"


def check_asyncapi(document, table, schemas):
    channels = {channel["address"]: name for name, channel in document["channels"].items() if channel["address"]}
    words = {f"{command['name']}-set.json": words_of_command(command) for command in table["commands"]}
    for topic in table["topics"]:
        name = channels.pop(address_of(topic, "{node}", "{camera}"), None)
        if not name:
            yield f"no channel {address_of(topic, '{node}', '{camera}')}"
            continue
        yield from check_channel(document, name, topic, words)
    yield from (f"channel {name}: {address} is not in topic_table" for address, name in channels.items())
    for name, message in document["components"]["messages"].items():
        payload = message["payload"]
        schema = schemas.get(payload.get("$ref", "").removeprefix("schemas/"), payload)
        if not message.get("examples") and message.get("contentType") != "image/jpeg":
            yield f"message {name}: has no examples"
        for example in message.get("examples", []):
            if problem := mismatch(schema, example["payload"]):
                yield f"message {name}: example: {problem}"


def check_openapi(document, schemas):
    """It is served as a whole and so holds copies of the schemas; tests/unit/http/test_openapi.c has the rest."""
    for name, copy in document["components"]["schemas"].items():
        if copy != {key: value for key, value in schemas[f"{name}.json"].items() if key != "$schema"}:
            yield f"openapi.json: {name} is not as in schemas/{name}.json: run tests/contract/openapi.py"


def check_readme(text, table):
    for topic in table["topics"]:
        qos = f"{topic['qos']}{' R' if topic['retain'] else ''}"
        row = f"| `{address_of(topic, '<n>', '<c>')}` | {qos} |"
        if row not in text:
            yield f"README.md: no row {row}"
    for code in table["codes"]:
        if f"| `{code['name']}` | {code['http']} |" not in text:
            yield f"README.md: no row | `{code['name']}` | {code['http']} |"
    for field in (field for command in table["commands"] for field in command["fields"]):
        if f"| `{field['name']}` |" not in text:
            yield f"README.md: no row | `{field['name']}` |"


def check_tables(root, schemas):
    table = tables(root)
    used = {topic["schema"] for topic in table["topics"] if topic["schema"]}
    for name in sorted(used ^ set(schemas)):
        yield f"{name}: " + ("is missing" if name in used else "no topic of topic_table uses it")
    if used - set(schemas):
        return
    yield from check_scopes(table)
    yield from check_samples(table["samples"], schemas)
    yield from check_commands(table["commands"], schemas)
    yield from check_codes(table["codes"], schemas)
    yield from check_asyncapi(yaml.safe_load(tree.read(root, "proto/asyncapi.yaml")), table, schemas)
    yield from check_openapi(json.loads(tree.read(root, "proto/openapi.json")), schemas)
    yield from check_readme(tree.read(root, "proto/README.md"), table)


def check(root):
    proto = pathlib.Path(root, "proto")
    schemas = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(proto.glob("schemas/*.json"))}
    problems = list(check_schemas(schemas))
    if not problems and (proto / "topic.c").exists():  # not in selftest.py's planted trees
        problems = list(check_tables(root, schemas))
    return [f"proto/schemas/{problem}" if ".json" in problem.split(":")[0] else problem for problem in problems]


if __name__ == "__main__":
    tree.main(check)
