#!/usr/bin/python3
"""docs/man is valid, and explains exactly the options of the table in node/config/cli.c."""

import re
import subprocess

import tree

TABLE = "node/config/cli.c"
MANUAL = "docs/man/camnode.8"
ENTRY = re.compile(r'^\t\{"([a-z-]+)",\s*"(-\w)?",\s*(?:NULL|"([^"]+)")', re.MULTILINE)
ITEM = re.compile(r"^\.It (?:Fl (\w) , )?Fl -([a-z-]+)(?: Ns = Ns Ar (\S+))?$", re.MULTILINE)


def of_program(text):
    return {f"--{name}": (letter, argument) for name, letter, argument in ENTRY.findall(text)}


def of_manual(text):
    return {f"--{name}": (f"-{letter}" if letter else "", argument)
            for letter, name, argument in ITEM.findall(text)}


def check(root):
    program = of_program(tree.read(root, TABLE)) if TABLE in tree.files(root) else {}
    manual = of_manual(tree.read(root, MANUAL))
    for name in sorted(program.keys() | manual.keys()):
        if program.get(name) != manual.get(name):
            yield f"{MANUAL}: {name} is {manual.get(name)}, but {program.get(name)} in {TABLE}"
    run = subprocess.run(["mandoc", "-T", "lint", "-W", "style", MANUAL], cwd=root,
                         stdout=subprocess.PIPE, text=True, check=False)
    yield from (line for line in run.stdout.splitlines() if "referenced manual not found" not in line)


tree.main(check)
