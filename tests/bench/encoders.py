"""CPU time per encoded picture: the node's encoders, TurboJPEG's bench and ffmpeg."""

import json
import os
import re
import subprocess
import time

TJBENCH_S = 0.4  # of one measurement
FFMPEG_MJPEG_Q = 3  # of its scale; makes pictures of about the size that quality 80 does
PRESET, CRF = "superfast", 23  # as bench_encode has it


def run(command):
    """Runs a program: its output, its CPU time and its wall time, both in s."""
    begin = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    if status != 0:
        raise RuntimeError(f"{command[0]} ended with {status}")
    return output, usage.ru_utime + usage.ru_stime, time.monotonic() - begin


def tjbench_us(setup, picture, runs):
    """The best of some runs of tjbench's "compress from YUV" over one picture. It tells wall time;
    it computes all the time, so its share of the CPU tells the CPU time in it."""
    best = None
    for _ in range(runs):
        output, cpu_s, wall_s = run(
            ["tjbench", picture, str(setup.quality), "-yuv", "-subsamp", "420", "-componly",
             "-nowrite", "-benchtime", str(TJBENCH_S), "-warmup", "0.1"])
        rate = float(re.search(r"Comp from YUV --> Frame rate: +([0-9.]+) fps", output).group(1))
        best = min(best or 1e6, 1e6 / rate * cpu_s / wall_s)
    return best


def ffmpeg_us(setup, codec, loops):
    """CPU time of a whole ffmpeg that encodes the pictures over and over, per picture."""
    _, cpu_s, _ = run(
        ["ffmpeg", "-v", "error", "-nostdin", "-f", "rawvideo", "-pix_fmt", "yuvj420p",
         "-s", setup.size, "-r", str(setup.fps), "-stream_loop", str(loops - 1),
         "-i", setup.folder / "pictures.yu12", "-threads", "1", *codec, "-f", "null", "-"])
    return cpu_s * 1e6 / (loops * setup.pictures)


def x264_options(setup):
    """ffmpeg's words for the node's settings."""
    return ["-c:v", "libx264", "-preset", PRESET, "-tune", "zerolatency", "-profile:v", "baseline",
            "-crf", str(CRF), "-g", str(2 * setup.fps), "-sc_threshold", "0", "-bf", "0"]


def measure(setup, quick):
    """Microseconds a picture, by name; and the bytes of a picture."""
    result = json.loads(setup.tool("bench_encode", setup.width, setup.height, setup.quality, PRESET,
                                   2 if quick else 8, setup.folder / "pictures.yu12"))
    pictures = sorted(setup.folder.glob("picture-*.ppm"))
    tjbench = [tjbench_us(setup, picture, 1 if quick else 3) for picture in pictures]
    mjpeg = ["-c:v", "mjpeg", "-q:v", str(FFMPEG_MJPEG_Q)]
    h264 = x264_options(setup)
    return {
        "jpeg": result["jpeg"]["best_us"],
        "jpeg_bytes": result["jpeg"]["bytes"],
        "turbojpeg": result["turbojpeg"]["best_us"],
        "h264": result["h264"]["mean_us"],
        "x264": result["x264"]["mean_us"],
        "tjbench": sum(tjbench) / len(tjbench),
        "ffmpeg_mjpeg": ffmpeg_us(setup, mjpeg, 4 if quick else 10),
        "ffmpeg_h264": ffmpeg_us(setup, h264, 2 if quick else 6),
    }
