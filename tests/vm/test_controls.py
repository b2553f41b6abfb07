"""Controls and the privacy switch, as far as the camera: what it was told, by its own report."""

import pytest
from support.mjpeg import Viewer
from support.wait import wait_until

from footage import is_of_camera, wait_picture
from guest_node import usb_camera as configured

CONTROLS = "cam/cam0/controls"
ENABLED = "cam/cam0/enabled"


@pytest.fixture(scope="module")
def node(make_node):
    """libcamera's Brightness -1..1 is -64..64 of the camera's, Contrast 0..2 is 0..95 about 32."""
    return make_node(cameras=[configured(controls={"Brightness": 0.5}, controls_persist=True)])


def wait_report(camera, what, name, value):
    wait_until(lambda: camera.report()[name] == value, 10, f"{what}: {name} is {value} at the camera")


def offered(client):
    return client.wait(CONTROLS, lambda m: m.json["controls"]).json["controls"]


def test_what_is_configured_arrives(client, usb_camera):
    wait_report(usb_camera, "node.yaml", "brightness", 32)
    controls = offered(client)
    assert controls["Brightness"]["value"] == 0.5
    assert (controls["Brightness"]["min"], controls["Brightness"]["max"]) == (-1, 1)
    assert {"Contrast", "Saturation", "ExposureTime", "AnalogueGain", "AeEnable"} <= set(controls)


def test_commands_arrive(client, usb_camera):
    since = client.mark()
    reply = client.command(f"{CONTROLS}/set", {"Brightness": -0.25, "AeEnable": False, "ExposureTime": 20000})
    assert reply["ok"], reply
    for name, value in (("brightness", -16), ("exposure_mode", 1), ("exposure_100us", 200)):
        wait_report(usb_camera, "command", name, value)
    client.wait(CONTROLS, lambda m: m.json["controls"]["ExposureTime"]["value"] == 20000, since=since)


def test_out_of_range_is_refused_with_the_range(client, usb_camera):
    before = usb_camera.report()["brightness"]
    for wish, text in (({"Brightness": 1.5}, "Brightness: 1.5 is out of range -1..1"),
                       ({"ExposureTime": 2000000}, "is out of range 100..1000000"),
                       ({"Zoom": 1}, 'there is no control "Zoom"')):
        reply = client.command(f"{CONTROLS}/set", wish)
        assert not reply["ok"] and reply["code"] == "bad_value"
        assert text in reply["message"]
    assert usb_camera.report()["brightness"] == before


def test_values_come_back_with_the_camera(client, usb_camera):
    assert client.command(f"{CONTROLS}/set", {"Brightness": 0.75})["ok"]
    wait_report(usb_camera, "command", "brightness", 48)
    since = client.mark()
    usb_camera.command("unplug")
    client.wait("cam/cam0/status", lambda m: m.text == "offline", since=since)
    usb_camera.command("usual")  # it has lost its power, and with it what it was told
    assert usb_camera.report()["brightness"] == 0
    usb_camera.command("plug")
    client.wait("cam/cam0/status", lambda m: m.text == "online", since=since)
    wait_report(usb_camera, "replug", "brightness", 48)


def test_switched_off_it_stops_and_stays_so(node, client, usb_camera):
    """Viewers are told, the camera streams no more, also after a restart of the node; which brings
    the values of before back too."""
    assert usb_camera.report()["streaming"]
    since = client.mark()
    with Viewer(node) as viewer:
        viewer.parts(1)
        assert client.command(f"{ENABLED}/set", "OFF")["ok"]
        client.wait("cam/cam0/status", lambda m: m.text == "offline", since=since)
        wait_report(usb_camera, "off", "streaming", 0)
        wait_picture(viewer, lambda jpeg: not is_of_camera(jpeg), 3)
        frame = usb_camera.report()["frame"]
        viewer.parts(2)
    node.stop()
    usb_camera.command("usual")
    since = client.mark()
    node.start()
    client.wait("status", lambda m: m.text == "online", timeout=10, since=since)
    node.wait_log("the camera is off", count=2)
    assert node.state()[ENABLED] == "OFF"
    assert (usb_camera.report()["streaming"], usb_camera.report()["frame"]) == (0, frame)
    assert client.command(f"{ENABLED}/set", "ON")["ok"]
    with Viewer(node) as viewer:
        wait_picture(viewer, is_of_camera, 5)
    wait_report(usb_camera, "on", "brightness", 48)
