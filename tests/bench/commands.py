"""From a command over MQTT to the snapshot's JPEG, through the real broker."""

import random
import statistics
import time

from support.client import Client


def snapshot_ms(client, number):
    mark = client.mark()
    begin = time.monotonic()
    client.publish("cam/cam0/snapshot/set", {"id": f"bench-{number}"}, wait=False)
    picture = client.wait("cam/cam0/snapshot", timeout=10, since=mark)
    return (picture.time - begin) * 1000, len(picture.payload)


def echo_ms(client, size):
    """The broker alone: a message of as many bytes, to the client and back."""
    mark = client.mark()
    begin = time.monotonic()
    client.publish("echo/set", bytes(size), wait=False)
    return (client.wait("echo/set", timeout=10, since=mark).time - begin) * 1000


def summary(values):
    return {"mean": statistics.fmean(values), "max": max(values)}


def measure(server, broker_port, count):
    """Mean and longest time of snapshot commands at any moment between two frames, and of echoes."""
    client = Client(broker_port, node=server.node.config["node"]["id"])
    echo = Client(broker_port, node="no-node")
    snapshots, echoes = [], []
    try:
        for number in range(count):
            time.sleep(random.uniform(0.1, 0.2))
            elapsed, size = snapshot_ms(client, number)
            snapshots.append(elapsed)
            echoes.append(echo_ms(echo, size))
    finally:
        client.close()
        echo.close()
    return summary(snapshots), summary(echoes)
