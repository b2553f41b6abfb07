"""The node as a service, under real systemd, in its sandbox, with the USB camera."""

import re
import subprocess

import pytest
from support.client import Client
from support.mjpeg import Viewer
from support.node import ROOT
from support.ports import free_port
from support.wait import wait_until

from footage import check_recording, finished, is_of_camera
from guest import Guest, UsbCamera, missing
from service import CONFIG, Service

UNIT = ROOT / "deploy/systemd/camnode.service"
STOPPED_THREAD = ROOT / "tests/e2e/support/stopped_thread.py"
MAX_EXPOSURE = 1.5
# A stopped control loop: late after 10 s, then WatchdogSec=, TimeoutAbortSec= and RestartSec=.
WATCHDOG_S, RESTART_S = 10 + 20 + 5, 2
PASSWORD = "/etc/credstore/camnode.mqtt-password"


@pytest.fixture(scope="module")
def guest(tmp_path_factory, service_port):
    """One of its own, whose process 1 is systemd."""
    if missing():
        pytest.skip(missing())
    guest = Guest(tmp_path_factory.mktemp("systemd"), ports=[service_port], main="guest-systemd")
    try:
        yield guest.start()
    finally:
        guest.stop()


@pytest.fixture(scope="module")
def service_port():
    return free_port()


@pytest.fixture(scope="module")
def port_camera(guest):
    camera = UsbCamera(guest)
    guest.wait_for_camera()
    yield camera
    camera.stop()


@pytest.fixture(scope="module")
def node(guest, port_camera, broker, service_port):
    """Its password at the broker is a credential that only root can read."""
    service = Service(guest, service_port, broker.port,
                      mqtt={"username": "node1", "password_file": "credential:camnode.mqtt-password"})
    service.install()
    service.write_guest_file(PASSWORD, "secret\n", "600")
    return service.start()


def test_its_exposure_is_small(figure):
    """And the unit is right as systemd sees it, but for what is not installed here."""
    output = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", UNIT],
                            capture_output=True, text=True, check=True).stdout
    exposure = re.search(r"Overall exposure level for camnode.service: ([\d.]+)", output).group(1)
    figure("service, exposure", exposure)
    assert float(exposure) <= MAX_EXPOSURE, output


def test_it_starts_and_says_what_it_does(node, client):
    text = "1 camera online, 0 recording, 0 viewers, broker connected"
    node.wait_status_text(lambda shown: shown == text)
    assert f'Status: "{text}"' in node.run("systemctl status camnode")
    with Viewer(node) as viewer:
        assert is_of_camera(viewer.parts(10)[-1].data)
        node.wait_status_text(lambda text: "1 viewer," in text)
    owner = node.run(f"stat -c %U /proc/{node.pid} /var/lib/camnode/state").split()
    assert owner == ["camnode"] * 2


def test_it_is_told_when_the_clock_is_right(node, client):
    """Which its sandbox keeps it from asking the kernel."""
    telemetry = client.wait("telemetry", timeout=10)
    assert telemetry.json["time_synced"] is False
    node.write_guest_file("/run/systemd/timesync/synchronized", "")
    client.wait("telemetry", lambda m: m.json["time_synced"], timeout=10, since=client.mark())
    assert telemetry.json["mem_pct"] > 0


def test_the_camera_is_unplugged_and_plugged_in(node, client, usb_camera):
    """The sandbox lets it hear udev and open what is new; and the journal's fields tell."""
    since = client.mark()
    usb_camera.command("unplug")
    client.wait("cam/cam0/status", lambda m: m.text == "offline", since=since)
    node.wait_status_text(lambda text: text.startswith("0 of 1 camera online"))
    usb_camera.command("plug")
    client.wait("cam/cam0/status", lambda m: m.text == "online", since=since, timeout=20)
    warnings = node.journal("-p", "warning", "CAMERA=cam0")
    assert any(entry["MESSAGE"].startswith("cam0: camera is away") for entry in warnings)
    assert {entry["CAMERA"] for entry in warnings} == {"cam0"}
    assert {entry["PRIORITY"] for entry in warnings} == {"4"}
    assert {entry["THREAD"] for entry in warnings} == {"cam-cam0"}
    of_node = [entry for entry in node.journal("_COMM=camnode") if "CAMERA" not in entry]
    assert any("broker" in entry["MESSAGE"] for entry in of_node)


def test_a_reload_takes_what_is_right_and_refuses_what_is_not(node, client):
    pid = node.pid
    node.config["node"]["log_level"] = "debug"
    node.write_config()
    node.run("systemctl reload camnode")
    node.wait_log("reload: applied: node.log_level")
    node.run(f"echo 'cameras: nonsense' >{CONFIG}")
    node.run("systemctl reload camnode")
    node.wait_log("reload: nothing was changed")
    errors = [entry["MESSAGE"] for entry in node.journal("-p", "err")]
    assert any(error.startswith(f"reload: {CONFIG}:1:") for error in errors)
    node.config["node"]["log_level"] = "info"
    node.write_config()
    node.run("systemctl reload camnode")
    node.wait_log("reload: applied: node.log_level", count=2)
    assert node.pid == pid and node.show("ActiveState") == {"ActiveState": "active"}


def start_recording(node, client):
    client.publish("cam/cam0/record/set", {"state": "ON", "format": "mjpeg"})
    client.wait("event", lambda m: m.json["event_type"] == "recording_started", timeout=20)
    node.wait_state("cam/cam0/record", lambda record: record["active"])
    wait_until(lambda: node.files("*.part.mp4"), 10, "an unfinished file")


def check_recovered(node, client, since, folder):
    event = client.wait("event", lambda m: m.json["event_type"] == "recording_recovered",
                        timeout=30, since=since).json
    path = folder / "recovered.mp4"
    path.write_bytes(node.get(f"/recordings/{event['file']}").content)
    assert subprocess.run(["ffprobe", "-v", "error", path], check=True).returncode == 0


def test_killed_it_is_started_again_and_recovers_the_recording(node, client, tmp_path, figure):
    start_recording(node, client)
    since, pid = client.mark(), node.pid
    node.run(f"kill -9 {pid}")
    client.wait("status", lambda m: m.text == "offline", since=since, timeout=20)
    client.wait("cam/cam0/status", lambda m: m.text == "online", since=since, timeout=40)
    check_recovered(node, client, since, tmp_path)
    shown = node.show("NRestarts", "ExecMainStartTimestampMonotonic", "InactiveExitTimestampMonotonic")
    figure("service, after kill -9", shown)
    assert shown["NRestarts"] == "1"


def stop_control(node):
    """Its main thread stands still from now on; returns the guest's uptime, s."""
    command = f"systemd-run -q --unit=holder {STOPPED_THREAD} {node.pid} camnode"
    node.run(command)
    node.run("until journalctl -u holder -o cat | grep -q stopped; do sleep 0.2; done")
    return float(node.run("cat /proc/uptime").split()[0])


def test_a_stopped_control_loop_is_restarted(node, client, tmp_path, figure):
    """Within 45 s, and the log says why."""
    start_recording(node, client)
    since, pid = client.mark(), node.pid
    stopped = stop_control(node)
    client.wait("status", lambda m: m.text == "offline", since=since, timeout=WATCHDOG_S + 20)
    client.wait("cam/cam0/status", lambda m: m.text == "online", since=since, timeout=40)
    started = int(node.show("ExecMainStartTimestampMonotonic")["ExecMainStartTimestampMonotonic"]) / 1e6
    figure("service, stopped control loop, s until started again", round(started - stopped, 1))
    assert node.pid != pid and started - stopped < WATCHDOG_S + RESTART_S + 3
    assert "watchdog: control has not moved for 10 s" in node.log
    assert "watchdog: control" in node.run("journalctl -u camnode -p err -o cat")
    check_recovered(node, client, since, tmp_path)


DROP_IN = """[Service]
ReadWritePaths=-/mnt/disk
IPAddressDeny=any
IPAddressAllow=localhost link-local 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fd00::/8
ProtectClock=no
SystemCallFilter=adjtimex clock_adjtime
"""


def test_it_takes_what_a_machine_adds(node, client):
    """As README.md of deploy/systemd has it: a mounted disk, the local network alone, and the kernel's
    own word for the clock. A stop finishes what is recorded."""
    disk = "/mnt/disk"
    node.run(f"mkdir -p {disk} && mount -t tmpfs -o size=64m disk {disk} && chown camnode: {disk}")
    node.write_guest_file("/run/systemd/system/camnode.service.d/more.conf", DROP_IN)
    node.config["record"].update(dir=f"{disk}/recordings", require_mount=True)
    node.write_config()
    since = client.mark()
    node.run("systemctl daemon-reload && systemctl restart camnode")
    client.wait("cam/cam0/status", lambda m: m.text == "online", since=since, timeout=40)
    node.write_guest_file("/run/systemd/timesync/synchronized", "")
    telemetry = client.wait("telemetry", since=client.mark(), timeout=10)
    assert telemetry.json["time_synced"] is False, "the kernel was asked"
    client.publish("cam/cam0/record/set", {"state": "ON", "format": "mjpeg"})
    node.wait_state("cam/cam0/record", lambda record: record["active"])
    wait_until(lambda: node.guest.run(f"find {disk} -name '*.part.mp4' -size +200k | grep .")[0] == 0,
               20, "a part of the recording")
    node.run("systemctl stop camnode")
    event = finished(client, since, lambda event: event["reason"] == "shutdown", 20)[-1]
    node.run(f"test -s {disk}/recordings/{event['file']} && cp {disk}/recordings/{event['file']} "
             f"{node.folder}/last.mp4")
    check_recording(node.folder / "last.mp4", event)
    assert not node.run(f"find {disk} -name '*.part.mp4'")
    assert node.show("Result", "ActiveState") == {"Result": "success", "ActiveState": "inactive"}
