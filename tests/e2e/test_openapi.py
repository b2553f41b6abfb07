"""The description that the node serves of its HTTP side, held against what it answers: every path and
method is asked, and each answer has a status, a content type and a body that are described."""

import re

import jsonschema
import pytest
import requests

from support.node import run
from support.wait import SLOWNESS, wait_until

# What to ask with; without an entry, just so. Each path of the description is asked all of its list.
ASKED = {
    "/cam/{camera}/stream": [{}, {"camera": "nope"}, {"query": "?fps=0"}, {"query": "?rendition=x"}],
    "/cam/{camera}/snapshot.jpg": [{}, {"query": "?max_width=64&quality=30"}, {"camera": "nope"},
                                   {"query": "?quality=1000"}],
    "/cam/{camera}/pictures/{picture}": [{"picture": "none.jpg"}],
    "/recordings/": [{}, {"query": "?format=json"}, {"query": "?camera=" + "x" * 80}],
    "/recordings/days": [{"query": "?month=2026-11"}, {}, {"query": "?month=2026-13"},
                         {"query": "?month=2026-11&label=" + "x" * 80}],
    "/recordings/{file}": [{}, {"headers": {"Range": "bytes=0-9"}},
                           {"headers": {"Range": "bytes=999999999-"}}, {"file": "cam0/none.mp4"}],
    "/login": [{"body": '{"user": "op", "password": "wrong"}'}, {"body": "{"}, {"body": "x" * 100000}],
}
METHODS = "get", "post", "delete"
ENDLESS = {"/cam/{camera}/stream", "/api/v1/events"}
# A word, JSON, and what is wrong, for each command.
BODIES = {
    "record": ["OFF", '{"state": "OFF", "id": "o1"}', '{"state": "OPEN"}', "{", "x" * 5000, "x" * 100000],
    "snapshot": ["", '{"quality": 50}', '{"quality": 0}'],
    "profile": ["AUTO", '{"profile": "no-such"}', "a b"],
    "enabled": ["ON", '{"state": "ON"}', "MAYBE"],
    "controls": ['{"Brightness": null}', '{"brightness": 1}', "ON"],
    "recordings": ["LIST", '{"action": "list", "limit": 1}', '{"action": "delete", "file": "none.mp4"}',
                   '{"action": "delete"}'],
}


@pytest.fixture
def node(make_node):
    node = make_node(mqtt={"enabled": False})
    node.wait_state("cam/cam0/status", lambda status: status == "online")
    return node


def description(node):
    answer = node.get("/api/v1/openapi.json")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    document = answer.json()
    assert document["openapi"].startswith("3.1.")
    return document


def resolve(document, value):
    while "$ref" in value:
        keys, value = value["$ref"].removeprefix("#/").split("/"), document
        for key in keys:
            value = value[key]
    return value


def asked(path):
    """The requests to try, the last of them to a camera that is not there."""
    command = re.fullmatch(r"/api/v1/set/(?:cam/\{camera\}/)?(\w+)/set", path)
    if not command:
        return ASKED.get(path, [{}])
    requests_ = [{"body": body} for body in BODIES[command[1]]]
    return requests_ + [{"body": BODIES[command[1]][0], "camera": "nope"}] * ("{camera}" in path)


def ask(node, path, method, what, **kwargs):
    address = path.format(**{"camera": "cam0", "picture": "x.jpg", "file": node.a_recording, **what})
    return requests.request(method, node.url + address + what.get("query", ""), data=what.get("body"),
                            headers=what.get("headers"), stream=True, allow_redirects=False,
                            timeout=20 * SLOWNESS, **kwargs)


def check_answer(document, operation, answer, place):
    responses = operation["responses"]
    assert str(answer.status_code) in responses, f"{place}: {answer.status_code} is not described"
    described = resolve(document, responses[str(answer.status_code)]).get("content", {})
    kind = answer.headers.get("Content-Type", "").split(";")[0]
    assert kind in described if described else not kind, f"{place}: {answer.status_code} {kind}"
    if kind == "application/json":
        schema = {**resolve(document, described[kind]["schema"]), "components": document["components"]}
        errors = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(answer.json())]
        assert not errors, f"{place}: {errors}"


def record_something(node):
    """A file to fetch."""
    assert node.post("/api/v1/set/cam/cam0/record/set", {"state": "ON", "duration_s": 1}).ok
    items = wait_until(lambda: node.get("/recordings/?format=json").json()["items"], 20, "a recording")
    return items[0]["file"]


def test_every_path_is_as_described(node):
    document, tried = description(node), set()
    node.a_recording = record_something(node)
    for path, item in document["paths"].items():
        for method in [name for name in METHODS if name in item]:
            for what in asked(path):
                with ask(node, path, method, what) as answer:
                    place = f"{method} {path} {str(what)[:80]}"
                    if path in ENDLESS and answer.status_code == 200:
                        assert answer.headers["Content-Type"].split(";")[0] in \
                            item[method]["responses"]["200"]["content"], place
                    else:
                        check_answer(document, item[method], answer, place)
                    tried.add((path, method, answer.status_code))
    for path, method, status in [("/recordings/{file}", "get", 206), ("/recordings/{file}", "get", 416),
                                 ("/api/v1/set/cam/{camera}/record/set", "post", 200),
                                 ("/api/v1/set/cam/{camera}/record/set", "post", 400),
                                 ("/api/v1/set/cam/{camera}/record/set", "post", 404),
                                 ("/api/v1/set/cam/{camera}/record/set", "post", 413),
                                 ("/cam/{camera}/snapshot.jpg", "get", 200)]:
        assert (path, method, status) in tried
    assert len({path for path, *_ in tried}) == len(document["paths"])


def test_head_goes_with_get(node):
    document = description(node)
    node.a_recording = record_something(node)
    for path, item in document["paths"].items():
        if "get" in item and path not in ENDLESS:
            with ask(node, path, "head", {}) as answer:
                assert answer.status_code in (200, 301, 304) or "picture" in path, (path, answer.status_code)
                assert answer.content == b""
        if "get" not in item:
            with ask(node, path, "get", {}) as answer:
                assert answer.status_code == 405 and "POST" in answer.headers["Allow"], path


def test_who_may_ask_is_as_described(make_node):
    """With users configured: what is not public wants one, and a command an operator."""
    viewer = run("--hash-password", text="see\n").stdout.strip()
    node = make_node(mqtt={"enabled": False},
                     http={"users": [{"name": "v", "hash": viewer, "role": "viewer"}]})
    node.a_recording = "none.mp4"
    document = description(node)
    for path, item in document["paths"].items():
        for method in set(METHODS) & set(item):
            public = item[method].get("security") == []
            with ask(node, path, method, {}) as answer:
                assert public or answer.status_code == 401, (path, answer.status_code)
            if path.startswith("/api/v1/set/") or method == "delete":
                with ask(node, path, method, {}, auth=("v", "see")) as answer:
                    assert answer.status_code == 403, (path, answer.status_code)
