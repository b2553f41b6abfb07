"""A USB camera that is pulled out and put back."""

import time

from support.mjpeg import Viewer
from support.wait import SLOWNESS, wait_until

from footage import check_recording, download, finished, frame_of, is_of_camera, wait_picture

ROUNDS, SOAK_ROUNDS = 8, 50
BACK_S = 5
SILENCE_S = 3  # without a picture, and the node stops the camera
GROWTH_KB = 4000  # of memory; what a buffer of the camera leaked in each round would be: 8 times 600 KB


def test_unplugged_and_plugged_in_again(node, client, usb_camera, tmp_path):
    """Viewers are told, and see it again; a recording goes on in a second file."""
    since = client.mark()
    client.publish("cam/cam0/record/set", {"state": "ON", "format": "mjpeg"})
    client.wait("event", lambda m: m.json["event_type"] == "recording_started", since=since)
    with Viewer(node) as viewer:
        before = frame_of(viewer.parts(30)[-1].data)
        usb_camera.command("unplug")
        wait_picture(viewer, lambda jpeg: not is_of_camera(jpeg), 5)
        client.wait("cam/cam0/status", lambda m: m.text == "offline", since=since)
        assert node.get("/cam/cam0/snapshot.jpg").status_code == 503
        first = finished(client, since, lambda event: event["reason"] == "camera", 10)
        assert node.wait_state("cam/cam0/record", lambda record: not record["active"])["state"] == "ON"
        lost = viewer.parts(2)
        assert not any(is_of_camera(part.data) for part in lost)
        since = client.mark()
        plugged = time.monotonic()
        usb_camera.command("plug")
        online = client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=BACK_S, since=since)
        assert online.time - plugged < BACK_S * SLOWNESS
        assert frame_of(wait_picture(viewer, is_of_camera, 5).data) > before
        viewer.parts(30)
    client.publish("cam/cam0/record/set", "OFF")
    second = finished(client, since, lambda event: event["reason"] == "command", 20)
    files = [check_recording(download(node, event, tmp_path), event) for event in [*first, *second]]
    assert len(files) == 2 and files[0][-1] < files[1][0]


def replug(node, client, usb_camera):
    """Returns how long it takes until the camera is online again, s."""
    since = client.mark()
    usb_camera.command("unplug")
    client.wait("cam/cam0/status", lambda m: m.text == "offline", since=since)
    plugged = time.monotonic()
    usb_camera.command("plug")
    online = client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=BACK_S, since=since)
    assert online.time - plugged < BACK_S * SLOWNESS
    with Viewer(node) as viewer:
        wait_picture(viewer, is_of_camera, 10)
        parts = viewer.parts(30)
    assert parts[-1].time - parts[0].time < 5, "no buffer was lost: it runs at its rate"
    return online.time - plugged


def wait_stable(node):
    """Once it has stayed for 10 s it may go and come some times again before it is looked for less
    often. On a slow machine it has, before it is waited for."""
    wait_until(lambda: node.log.rfind("cam0: camera is back") > node.log.rfind("cam0: camera is away"),
               15, "it has stayed for long")


def wait_no_viewers(node):
    wait_until(lambda: node.state()["cam/cam0/stats"]["viewers"] == 0, 10, "the viewer is gone")


def test_replugging_leaves_nothing_behind(node, client, usb_camera, soak, figure):
    """No descriptor, no thread, no memory; and each time the same camera serves."""
    for _ in range(2):
        replug(node, client, usb_camera)
    wait_no_viewers(node)
    descriptors, threads, memory = node.descriptors(), node.threads(), node.rss_kb()
    times, sizes = [], []
    for number in range(SOAK_ROUNDS if soak else ROUNDS):
        times.append(round(replug(node, client, usb_camera), 2))
        sizes.append(node.rss_kb())
        if number % 4 == 1:
            wait_stable(node)
    wait_no_viewers(node)
    wait_until(lambda: node.descriptors() <= descriptors, 10, f"{descriptors} descriptors at most")
    wait_until(lambda: node.threads() <= threads, 10, f"{threads} threads at most")
    figure("replug, rounds", len(times))
    figure("replug, longest s", max(times))
    figure("replug, each s", times)
    figure("replug, each rss_kb", sizes)
    figure("replug, descriptors", f"{descriptors} -> {node.descriptors()}")
    figure("replug, threads", f"{threads} -> {node.threads()}")
    figure("replug, rss_kb", f"{memory} -> {node.rss_kb()}")
    assert node.rss_kb() < memory + GROWTH_KB


def test_its_nodes_come_before_its_media_device(node, client, guest, usb_camera):
    """As they may on a busy machine: libcamera 0.0.3, which knows them from the time before, would
    crash. It has to begin anew once the camera is gone."""
    rule = "/run/udev/rules.d/60-late.rules"
    line = 'SUBSYSTEM=="media", ACTION=="add", PROGRAM="/bin/sleep 1"'
    assert guest.run(f"mkdir -p {rule.rsplit('/', 1)[0]}; echo '{line}' >{rule}; udevadm control --reload")[0] == 0
    replug(node, client, usb_camera)
    assert guest.run(f"rm {rule}; udevadm control --reload")[0] == 0
    replug(node, client, usb_camera)


def test_libcamera_hears_late_that_it_is_unplugged(node, client, guest, usb_camera):
    """The pictures end, and the node wants to stop the camera before libcamera knows that it is gone,
    which would abort the process."""
    since = client.mark()
    assert guest.run("kill -STOP $(pidof systemd-udevd)")[0] == 0
    usb_camera.command("unplug")
    time.sleep(SILENCE_S + 2)
    assert guest.run("kill -CONT $(pidof systemd-udevd)")[0] == 0
    client.wait("cam/cam0/status", lambda m: m.text == "offline", since=since)
    usb_camera.command("plug")
    client.wait("cam/cam0/status", lambda m: m.text == "online", timeout=BACK_S, since=since)


def test_stopped_at_the_moment_it_is_unplugged(make_node, usb_camera):
    """libcamera does not know yet that the camera is gone; the node ends in good order."""
    for _ in range(2):
        node = make_node()
        node.wait_state("cam/cam0/status", lambda status: status == "online")
        usb_camera.command("unplug")
        node.stop()
        usb_camera.command("plug")
