"""Many nodes that are not there: what they retain, and their readings, published by one client."""

import json
import random
import subprocess
import threading
from datetime import datetime, timezone

import paho.mqtt.client as paho


def stamp():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make_pictures(folder, count=12, size="640x360"):
    """Small JPEGs that can be told apart."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-f", "lavfi", "-i", f"gradients=s={size}:r=1:d={count}",
                    "-q:v", "6", str(folder / "%02d.jpg")], check=True)
    return [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]


class Simulation:
    def __init__(self, port, count, pictures, names=("north", "south", "east", "west"), seed=1):
        self.random = random.Random(seed)
        self.online = []
        self.nodes = [f"{names[i % len(names)]}-{i:04d}" for i in range(count)]
        self.pictures = pictures
        self.client = paho.Client(client_id="simulation", protocol=paho.MQTTv5)
        self.client.max_inflight_messages_set(200)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.stopped = threading.Event()
        self.thread = None

    def publish(self, suffix, payload, retain=False, qos=0):
        if isinstance(payload, dict):
            payload = json.dumps(payload)
        return self.client.publish(f"camnode/{suffix}", payload, qos=qos, retain=retain)

    def retain_all(self, offline_every=17, recording_every=11):
        for i, node in enumerate(self.nodes):
            online = i % offline_every != offline_every - 1
            if online:
                self.online.append(node)
            self.publish(f"{node}/info", {
                "proto": 1, "name": f"{node.split('-')[0].title()} {i}", "version": "0.1.0" if i % 9 else "0.0.9",
                "ip": f"192.0.2.{i % 250}", "model": "Raspberry Pi 5", "started_at": stamp(), "capabilities": ["record"],
                "cameras": [{"id": "cam0", "name": "Gate", "source": "auto"}]}, True)
            self.publish(f"{node}/cam/cam0/status", "online", True)
            recording = i % recording_every == 0
            self.publish(f"{node}/cam/cam0/record", {
                "state": "ON" if recording else "OFF", "active": recording, "finishing": False,
                **({"started_at": stamp()} if recording else {})}, True)
            picture = self.pictures[i % len(self.pictures)]
            self.publish(f"{node}/cam/cam0/snapshot", picture, True)
            self.publish(f"{node}/cam/cam0/snapshot/meta", {
                "ts": stamp(), "bytes": len(picture), "width": 640, "height": 360, "quality": 80,
                "trigger": "interval"}, True)
            last = self.publish(f"{node}/status", "online" if online else "offline", True, qos=1)
        last.wait_for_publish(60)

    def say(self, node):
        """One reading of a node and of its camera."""
        number = self.random.uniform
        self.publish(f"{node}/telemetry", {
            "ts": stamp(), "uptime_s": 86400, "time_synced": True, "cpu_pct": number(5, 60), "temp_c": number(40, 70),
            "mem_pct": number(20, 40), "disk_free_gb": number(0.5, 20), "disk_total_gb": 32, "throttled": 0})
        self.publish(f"{node}/cam/cam0/stats", {
            "ts": stamp(), "fps": 30, "viewers": 0, "bitrate_mbps": 0, "quality": 80, "width": 1280, "height": 720,
            "dropped": {"sensor": 0, "mailbox": 0, "encoder": 0, "reader": 0}})

    def talk(self, interval_s):
        """Every node that is online says its readings once in the interval, until stop()."""
        def run():
            while not self.stopped.is_set():
                for node in self.online:
                    self.say(node)
                    if self.stopped.wait(interval_s / len(self.online)):
                        return
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopped.set()
        if self.thread:
            self.thread.join(10)
        self.client.disconnect()
        self.client.loop_stop()
