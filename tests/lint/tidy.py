#!/usr/bin/python3
"""clang-tidy over node/ and proto/. A file that passed is not looked at again until what the compiler
sees of it, the settings or clang-tidy change; all checkouts of a user share what passed. Usage: tidy.py ROOT BUILD, with BUILD's
compile_commands.json."""

import hashlib
import json
import multiprocessing.pool
import os
import pathlib
import shlex
import subprocess
import sys

import tree

FLAGS = ["--quiet", "--extra-arg=-Wno-unknown-warning-option"]


def output(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def preprocessed(entry):
    """What the compiler sees: the command without its output, stopped after the preprocessor."""
    command = shlex.split(entry["command"])
    command[command.index("-o") + 1] = "-"
    return output(command + ["-E"], entry["directory"]).stdout


class Tidy:
    def __init__(self, root, build):
        self.build = build
        self.root = os.path.abspath(root)
        cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
        self.passed = pathlib.Path(cache, "camnode-tidy")
        self.passed.mkdir(parents=True, exist_ok=True)
        self.settings = tree.read(root, ".clang-tidy") + output(["clang-tidy", "--version"], root).stdout

    def problems(self, entry):
        seen = self.settings + entry["command"] + preprocessed(entry)
        stamp = self.passed / hashlib.sha256(seen.replace(self.root, "").encode()).hexdigest()
        if stamp.exists():
            return None
        run = output(["clang-tidy", *FLAGS, "-p", self.build, entry["file"]], self.build)
        if run.returncode == 0:
            stamp.touch()
            return None
        return run.stdout or run.stderr


def check(root):
    build = os.path.abspath(sys.argv[2])
    commands = json.loads(tree.read(build, "compile_commands.json"))
    entries = {os.path.realpath(entry["file"]): entry for entry in commands}
    sources = [path for path in tree.c_files(root, "node", "proto") if not path.endswith((".h", ".hpp"))]
    found = []
    for path in sources:
        entry = entries.get(os.path.realpath(os.path.join(root, path)))
        if entry:
            found.append(entry)
        else:
            yield f"{path}: not compiled by this build"
    tidy = Tidy(root, build)
    with multiprocessing.pool.ThreadPool(os.cpu_count()) as pool:
        yield from filter(None, pool.imap(tidy.problems, found))


tree.main(check)
