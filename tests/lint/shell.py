#!/usr/bin/python3
"""shellcheck over every shell script, by suffix or by first line."""

import re
import subprocess

import tree

SHEBANG = re.compile(r"#!.*\b(ba|da)?sh\b")


def check(root):
    scripts = [path for path in tree.files(root)
               if path.endswith(".sh") or SHEBANG.match(tree.read(root, path))]
    if not scripts:
        return
    run = subprocess.run(["shellcheck", "--format=gcc", *scripts], cwd=root,
                         stdout=subprocess.PIPE, text=True, check=False)
    yield from run.stdout.splitlines()
    if run.returncode > 1:
        yield f"shellcheck ended with {run.returncode}"


tree.main(check)
