"""Many simulated nodes on one broker (tests/fleet): all state is right again after the broker was killed, and a
dashboard gets all of it. The figures for 1,000 nodes are in docs/fleet.md; --soak runs so many."""

import asyncio
import os
import sys

import pytest

from support import contract
from support.broker import Broker
from support.node import ROOT

sys.path.insert(0, str(ROOT / "tests/fleet"))

from fleet import Dashboard, Fleet, fleet_limits  # noqa: E402

pytestmark = pytest.mark.skipif(bool(os.environ.get("CAMNODE_SANITIZE")),
                                reason="no code of the node runs here")


def test_what_a_simulated_node_says_is_the_contract():
    fleet = Fleet(("127.0.0.1", 1), 1)
    for suffix, payload, *_ in fleet.script.state + fleet.script.readings:
        contract.check(suffix, payload)
    assert len(fleet.script.filters) >= 10 and len(fleet.script.state) >= 9


def test_all_is_right_again_after_the_broker_was_killed(tmp_path, soak):
    count, patience_s = (1000, 300) if soak else (50, 60)
    broker = Broker(tmp_path / "broker", extra=fleet_limits()).start()
    address = "127.0.0.1", broker.port

    async def scenario():
        fleet = Fleet(address, count, interval_s=2)
        fleet.start(ramp_s=1)
        await fleet.all_right(patience_s)
        await sees_all(fleet)
        broker.kill()
        async with asyncio.timeout(patience_s):
            while any(node.right_since for node in fleet.nodes):  # every node has to notice
                await asyncio.sleep(0.1)
        broker.start()
        await fleet.all_right(patience_s)
        await sees_all(fleet)
        await fleet.stop()

    async def sees_all(fleet):
        for qos in (0, 1):
            heard, _seconds = await Dashboard(address, qos).look(fleet.state_topics(), patience_s, patience_s)
            assert heard == fleet.state_topics(), f"QoS {qos}: {len(heard)} of {len(fleet.state_topics())}"

    asyncio.run(scenario())


def test_mosquittos_default_queue_loses_retained_state_at_qos_1(tmp_path):
    """Why the fleet configuration raises max_queued_messages: the default, here smaller, drops silently."""
    broker = Broker(tmp_path / "broker", extra=["max_queued_messages 100"]).start()

    async def scenario():
        fleet = Fleet(("127.0.0.1", broker.port), 30)
        fleet.start(ramp_s=0)
        await fleet.all_right(60)
        wanted = fleet.state_topics()
        at_0, _seconds = await Dashboard(fleet.address, 0).look(wanted, 60, 60)
        at_1, _seconds = await Dashboard(fleet.address, 1).look(wanted, 60)
        assert at_0 == wanted and len(at_1) < len(wanted), (len(at_0), len(at_1), len(wanted))
        await fleet.stop()

    asyncio.run(scenario())
