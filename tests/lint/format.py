#!/usr/bin/python3
"""Every C and C++ file is as clang-format leaves it."""

import subprocess

import tree


def check(root):
    paths = tree.c_files(root, "node", "proto", "tests")
    if not paths:
        return
    run = subprocess.run(["clang-format", "--dry-run", "--Werror", *paths], cwd=root,
                         stderr=subprocess.PIPE, text=True, check=False)
    yield from (line for line in run.stderr.splitlines() if "error:" in line)
    if run.returncode:
        yield "mend with: clang-format -i FILE"


tree.main(check)
