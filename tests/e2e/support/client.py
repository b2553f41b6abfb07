"""An MQTT client that remembers what it heard, as a user's automation would."""

import json
import re
import ssl
import threading
import time
import uuid

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from . import contract
from .wait import PATIENCE


class Message:
    def __init__(self, message):
        self.topic = message.topic
        self.payload = message.payload
        self.retain = message.retain
        self.qos = message.qos
        self.properties = getattr(message, "properties", None)
        self.time = time.monotonic()

    @property
    def text(self):
        return self.payload.decode()

    @property
    def json(self):
        return json.loads(self.payload)

    def __repr__(self):
        return f"<{self.topic} {self.payload[:120]!r}{' R' if self.retain else ''}>"


class _Paho(paho.Client):
    """Outlives a broker that goes while a packet is written to it: paho 1.6 lets TLS's word of that out,
    which ends the thread that would connect again."""

    def loop_forever(self, *arguments, **options):
        while True:
            try:
                return super().loop_forever(*arguments, **options)
            except ssl.SSLEOFError:
                continue


class Client:
    """Subscribes to everything below the prefix; `messages` is everything heard, in order."""

    def __init__(self, port, node="node1", prefix="camnode", username=None, password=None,
                 subscribe=True, host="127.0.0.1", tls=None, websockets=False,
                 replies="test/reply/"):
        """`tls`: the arguments of paho's tls_set()."""
        self.root = f"{prefix}/{node}"
        self._below = re.compile(rf"{re.escape(prefix)}/[a-z0-9_-]+/(.+)")
        self.replies = replies
        self.messages = []
        self._changed = threading.Condition()
        self._connected = threading.Event()
        self._subscribe = subscribe
        self._paho = _Paho(client_id=f"test-{uuid.uuid4().hex[:8]}", protocol=paho.MQTTv5,
                           transport="websockets" if websockets else "tcp")
        self._paho.on_connect = self._on_connect
        self._paho.on_subscribe = lambda *_: self._connected.set()
        self._paho.on_message = self._on_message
        if username:
            self._paho.username_pw_set(username, password)
        if tls:
            self._paho.tls_set(**tls)
        self._paho.reconnect_delay_set(1, 1)
        self._paho.connect(host, port, keepalive=30)
        self._paho.loop_start()
        assert self._connected.wait(10 * PATIENCE), "test client cannot connect"
        if subscribe and not username:  # who has a name may not be allowed to send
            self._hear_retained()

    def _hear_retained(self):
        """What the broker has kept is heard before this end of it: later messages are news."""
        end = f"test/end/{uuid.uuid4().hex}"
        self.send(end)
        with self._changed:
            assert self._changed.wait_for(lambda: any(m.topic == end for m in self.messages),
                                          10 * PATIENCE), "the test client does not hear itself"
            self.messages = [m for m in self.messages if m.topic != end]

    def _on_connect(self, client, _userdata, _flags, reason, _properties=None):
        assert reason == 0, f"broker refuses the test client: {reason}"
        if self._subscribe:
            client.subscribe("#", options=SubscribeOptions(qos=1, retainAsPublished=True))
        else:
            self._connected.set()

    def _on_message(self, _client, _userdata, message):
        with self._changed:
            self.messages.append(Message(message))
            self._changed.notify_all()

    def close(self):
        """Ends, and holds all that was heard against the contract."""
        self._paho.disconnect()
        self._paho.loop_stop()
        for message in self.messages:
            if message.retain and not message.payload:
                continue  # the broker is to forget what it has kept
            if message.topic.startswith(self.root + "/") and not message.topic.endswith("/set"):
                contract.check(message.topic.removeprefix(self.root + "/"), message.payload)
            elif message.topic.startswith(self.replies):
                contract.check("reply", message.payload)

    def topic(self, suffix):
        return f"{self.root}/{suffix}"

    def publish(self, suffix, payload="", retain=False, qos=1, response=None, correlation=None,
                expiry=None, wait=True):
        properties = Properties(PacketTypes.PUBLISH)
        if response:
            properties.ResponseTopic = response
        if correlation:
            properties.CorrelationData = correlation
        if expiry:
            properties.MessageExpiryInterval = expiry
        if isinstance(payload, (dict, list)):
            payload = json.dumps(payload)
        self.send(self.topic(suffix), payload, qos=qos, retain=retain, properties=properties,
                  wait=wait)

    def send(self, topic, payload="", qos=1, retain=False, properties=None, wait=True):
        """As publish(), but to any topic."""
        info = self._paho.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        if wait:
            info.wait_for_publish(10 * PATIENCE)

    def mark(self):
        """A position in `messages`: waits may begin there."""
        with self._changed:
            return len(self.messages)

    def wait(self, suffix, predicate=lambda message: True, timeout=5, since=0):
        """The first message on the topic, at or after `since`, that the predicate accepts."""
        topic = self.topic(suffix)
        deadline = time.monotonic() + timeout * PATIENCE
        position = since
        with self._changed:
            while True:
                while position < len(self.messages):
                    message = self.messages[position]
                    position += 1
                    if message.topic == topic and predicate(message):
                        return message
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    if position >= len(self.messages) and time.monotonic() >= deadline:
                        heard = [m for m in self.messages[since:] if m.topic == topic]
                        raise AssertionError(f"nothing fit on {topic} in {timeout} s; heard {heard[-5:]}")

    def wait_last(self, suffix, predicate, timeout=5):
        """The newest message on the topic, once the predicate accepts it."""
        def last():
            return (self.all(suffix) or [None])[-1]

        with self._changed:
            fits = self._changed.wait_for(lambda: last() and predicate(last()), timeout * PATIENCE)
            assert fits, f"the last on {suffix} did not fit in {timeout} s: {last()}"
            return last()

    def all(self, suffix, since=0):
        topic = self.topic(suffix)
        with self._changed:
            return [message for message in self.messages[since:] if message.topic == topic]

    def command(self, suffix, payload="", timeout=10, expect=True, **kwargs):
        """Sends a command with a response topic and returns the reply's JSON (None: none came
        before that of a later command, where none is expected)."""
        response = f"{self.replies}{uuid.uuid4().hex}"
        since = self.mark()
        self.publish(suffix, payload, response=response, **kwargs)
        if not expect:
            self.command("record/set", "?")
        deadline = time.monotonic() + timeout * PATIENCE
        with self._changed:
            while True:
                for message in self.messages[since:]:
                    if message.topic == response:
                        return message.json
                if not expect:
                    return None
                left = deadline - time.monotonic()
                assert left > 0, f"no reply to {suffix} {payload!r} in {timeout} s"
                self._changed.wait(left)
