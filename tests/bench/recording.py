"""What recording costs, by the node's CPU time, and whether it loses frames."""

import re
import subprocess
import time

from encoders import x264_options
from servers import Camnode, cpu_s
from support.pattern import codes_of_file
from support.wait import wait_until


def cpu_percent(pid, seconds):
    begin_s, begin = cpu_s(pid), time.monotonic()
    time.sleep(seconds)
    return 100 * (cpu_s(pid) - begin_s) / (time.monotonic() - begin)


def switch(camnode, state, **options):
    for camera in camnode.cameras:
        camnode.node.post(f"/api/v1/set/cam/{camera}/record", {"state": state, **options})
        camnode.node.wait_state(f"cam/{camera}/record", lambda record: record["active"] == (state == "ON") and
                                not record["finishing"], timeout=60)


def watch(camnode, run):
    """Runs it while each camera has a viewer, so that JPEGs are made anyway."""
    command = [camnode.setup.tools / "bench_viewers", "--viewers", "1", "--seconds", "3600"]
    viewers = [subprocess.Popen([*command, camnode.url(camera)], stdout=subprocess.DEVNULL)
               for camera in camnode.cameras]
    try:
        for camera in camnode.cameras:
            camnode.node.wait_state(f"cam/{camera}/stats", lambda stats: stats["viewers"] == 1, timeout=30)
        return run()
    finally:
        for viewer in viewers:
            viewer.kill()
            viewer.wait()


def peer_percent(setup, cameras, seconds):
    """What ffmpeg takes for the same: it gets the pictures at the camera's pace, while the node goes on to
    serve its viewers, so that both meet the same caches."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-re", "-f", "rawvideo", "-pix_fmt", "yuvj420p",
               "-s", setup.size, "-r", str(setup.fps), "-stream_loop", "-1", "-i", setup.folder / "pictures.yu12",
               "-threads", "1", *x264_options(setup)]
    peers = [subprocess.Popen([*command, setup.folder / f"peer{number}.mp4"]) for number in range(cameras)]
    try:
        time.sleep(2)  # what it reads in advance
        begin_s, begin = sum(cpu_s(peer.pid) for peer in peers), time.monotonic()
        time.sleep(seconds)
        return 100 * (sum(cpu_s(peer.pid) for peer in peers) - begin_s) / (time.monotonic() - begin)
    finally:
        for peer in peers:
            peer.kill()
            peer.wait()


def cost(setup, cameras, seconds):
    """CPU in percent of a core: watched, and what each format adds; turns, because the machine drifts."""
    turns = {"idle": [], "h264": [], "mjpeg": [], "ffmpeg": []}
    with Camnode(setup, cameras) as camnode:
        def measure():
            for _ in range(3):
                turns["idle"].append(cpu_percent(camnode.pid, seconds))
                for codec in ("mjpeg", "h264"):
                    switch(camnode, "ON", format=codec)
                    turns[codec].append(cpu_percent(camnode.pid, seconds))
                    switch(camnode, "OFF")
                turns["ffmpeg"].append(peer_percent(setup, cameras, seconds))
        watch(camnode, measure)
    mean = {name: sum(values) / len(values) for name, values in turns.items()}
    return {"watched": mean["idle"], "mjpeg": mean["mjpeg"] - mean["idle"],
            "h264": mean["h264"] - mean["idle"], "ffmpeg": mean["ffmpeg"]}


def losses(setup, cameras, seconds):
    """Records H.264 of all cameras and counts by the pattern's numbers: (frames, missing, of these told)."""
    frames = missing = 0
    with Camnode(setup, cameras) as camnode:
        switch(camnode, "ON", duration_s=seconds)
        for camera in camnode.cameras:
            camnode.node.wait_state(f"cam/{camera}/record", lambda record: record["state"] == "OFF" and
                                    not record["finishing"], timeout=seconds + 60)
        wait_until(lambda: not list(camnode.node.recordings.rglob("*.part.mp4")), 60, "all files are whole")
        items = camnode.node.get("/recordings/?limit=200", headers={"Accept": "application/json"}).json()["items"]
        for item in items:
            codes = codes_of_file(camnode.node.recordings / item["file"])
            frames += len(codes)
            missing += codes[-1].frame - codes[0].frame + 1 - len(codes)
        told = sum(int(number) for number in re.findall(r"recorded .*, (\d+) missing", camnode.node.log))
    return frames, missing, told
