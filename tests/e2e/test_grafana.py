"""deploy/grafana asks for what a node's /metrics has."""

import json
import re

import yaml

from support.node import ROOT, run
from support.wait import wait_until

FOLDER = ROOT / "deploy/grafana"
TOKEN = "prometheus"
# What only a Raspberry Pi, or a machine with a sensor, has.
OF_SOME_MACHINES = {"camnode_temperature_celsius", "camnode_throttled_bits"}


def test_every_query_asks_for_what_is_there(make_node):
    scrape = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"][0]
    hashed = run("--hash-password", text=TOKEN + "\n").stdout.strip()
    node = make_node(mqtt={"host": "127.0.0.1", "port": 9}, http={"tokens": [
        {"name": "prometheus", "hash": hashed, "role": "viewer"}]})
    assert node.get(scrape["metrics_path"]).status_code == 401

    def metrics():
        text = node.get(scrape["metrics_path"],
                        headers={"Authorization": f"{scrape['authorization']['type']} {TOKEN}"}).text
        return dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))

    dashboard = json.loads((FOLDER / "camnode.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    queries += [item["query"]["query"] for item in dashboard["templating"]["list"] if item["type"] == "query"]
    asked = {name for query in queries for name in re.findall(r"\bcamnode_\w+", query)}
    assert len(asked) > 20
    wait_until(lambda: asked - set(metrics()) <= OF_SOME_MACHINES, 10, "all that is asked for, after the first reading")
    there = metrics()
    for query in queries:
        for name in re.findall(r"(?:rate|increase)\((camnode_\w+)", query):
            assert there[name] == "counter", name
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)
