"""One MQTT 5 connection over asyncio, as little of it as a fleet needs: a thousand cost one thread."""

import asyncio
import struct

KEEP_ALIVE_S = 60
CONNECT_TIMEOUT_S = 30


def _varint(number):
    result = bytearray()
    while True:
        number, byte = number >> 7, number & 127
        result.append(byte | 128 if number else byte)
        if not number:
            return bytes(result)


def _text(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(data)) + data


def _packet(first, body):
    return bytes([first]) + _varint(len(body)) + body


def _skip_properties(body, position):
    length, shift = 0, 0
    while True:
        byte = body[position]
        position += 1
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return position + length


class Link:
    """open(), then subscribe() and publish(); `on_message(topic, payload, retain)` is called from
    run(), which returns when the connection ends."""

    def __init__(self, client_id, on_message=lambda topic, payload, retain: None):
        self.client_id = client_id
        self.on_message = on_message
        self._unanswered = set()
        self._settled = asyncio.Event()
        self._next = 0
        self._reader = self._writer = None

    async def open(self, host, port, will=None, credentials=None):
        self._reader, self._writer = await asyncio.wait_for(
            asyncio.open_connection(host, port), CONNECT_TIMEOUT_S)
        flags = 2 | (0x2C if will else 0) | (0xC0 if credentials else 0)
        body = _text("MQTT") + bytes([5, flags]) + struct.pack(">H", KEEP_ALIVE_S) + b"\0" + _text(self.client_id)
        if will:
            body += b"\0" + _text(will[0]) + _text(will[1])
        for part in credentials or ():
            body += _text(part)
        self._writer.write(_packet(0x10, body))
        first, answer = await asyncio.wait_for(self._read(), CONNECT_TIMEOUT_S)
        if first >> 4 != 2 or answer[1] != 0:
            raise ConnectionError(f"refused: {answer!r}")

    def _packet_id(self):
        self._next = self._next % 65535 + 1
        self._unanswered.add(self._next)
        self._settled.clear()
        return struct.pack(">H", self._next)

    def subscribe(self, filters, qos, live_only=False):
        options = bytes([qos | (0x20 if live_only else 0)])
        body = self._packet_id() + b"\0" + b"".join(_text(name) + options for name in filters)
        self._writer.write(_packet(0x82, body))

    def publish(self, topic, payload, qos, retain):
        body = _text(topic) + (self._packet_id() if qos else b"") + b"\0" + payload
        self._writer.write(_packet(0x30 | qos << 1 | retain, body))

    async def settled(self):
        """Until the broker has answered all that was sent at QoS 1."""
        while self._unanswered:
            await self._settled.wait()

    async def _read(self):
        first = (await self._reader.readexactly(1))[0]
        length, shift = 0, 0
        while True:
            byte = (await self._reader.readexactly(1))[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return first, await self._reader.readexactly(length)

    def _take(self, first, body):
        kind = first >> 4
        if kind in (4, 9):  # PUBACK, SUBACK
            self._unanswered.discard(struct.unpack(">H", body[:2])[0])
            if not self._unanswered:
                self._settled.set()
        elif kind == 3:
            length = struct.unpack(">H", body[:2])[0]
            topic, position = body[2:2 + length].decode(), 2 + length
            if first & 6:
                self._writer.write(_packet(0x40, body[position:position + 2]))
                position += 2
            self.on_message(topic, body[_skip_properties(body, position):], bool(first & 1))

    async def run(self):
        """Reads until the connection ends."""
        ping = asyncio.ensure_future(self._ping())
        try:
            while True:
                first, body = await self._read()
                self._take(first, body)
                if first >> 4 == 14:  # DISCONNECT
                    return
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            ping.cancel()
            self.close()

    async def _ping(self):
        while True:
            await asyncio.sleep(KEEP_ALIVE_S / 2)
            self._writer.write(b"\xc0\0")

    def close(self):
        if self._writer:
            self._writer.close()
