"""A camera that another program has: that is said, and the camera is taken when it is free."""

import pytest
from support.mjpeg import Viewer
from support.wait import wait_until

from footage import is_of_camera, wait_picture
from guest_node import GuestProcess

FFMPEG = ["ffmpeg", "-v", "error", "-f", "v4l2", "-input_format", "mjpeg", "-video_size", "640x480",
          "-i", "/dev/video0", "-c", "copy", "-f", "null", "-"]
# What libcamera does in another program: a lock on the camera's media device.
LIBCAMERA = ["/usr/bin/python3", "-c", "import fcntl, time; media = open('/dev/media0', 'r+b', 0); "
             "fcntl.lockf(media, fcntl.LOCK_EX); print('locked', flush=True); time.sleep(3600)"]


@pytest.mark.parametrize("program", [FFMPEG, LIBCAMERA], ids=["v4l2", "libcamera"])
def test_taken_by_another_program(guest, make_node, port_camera, program):
    folder = guest.folder / "holder"
    folder.mkdir(exist_ok=True)
    log = folder / "log"
    log.write_text("")
    holder = GuestProcess(guest, program, folder, log)
    try:
        wait_until(lambda: port_camera.report()["streaming"] or "locked" in log.read_text(), 20,
                   "the other program has it")
        node = make_node()
        node.wait_log("another program uses")
        node.wait_state("cam/cam0/status", lambda status: status == "offline")
        with Viewer(node) as viewer:
            assert not is_of_camera(viewer.parts(1)[0].data)
            holder.kill()
            wait_picture(viewer, is_of_camera, 5)
        node.wait_state("cam/cam0/status", lambda status: status == "online")
        node.stop()
    finally:
        holder.kill()
