#!/usr/bin/python3
"""deploy/container as far as it can be judged without an engine: instructions, what is copied and
mounted, the shell of RUN lines, a user, a health check; compose.yaml against its own parts."""

import os
import re
import subprocess

import tree
import yaml

FOLDER = "deploy/container"
FILE = f"{FOLDER}/Containerfile"
COMPOSE = f"{FOLDER}/compose.yaml"
INSTRUCTIONS = {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK",
                "ENTRYPOINT", "CMD"}
KEYS = {"image", "build", "restart", "depends_on", "ports", "volumes", "devices", "group_add", "read_only", "tmpfs",
        "cap_drop", "security_opt", "secrets"}


def instructions(text):
    """(number of the line, word, rest) with continued lines joined."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1)
             if line.strip() and not line.startswith("#")]
    joined = []
    for number, line in lines:
        if joined and joined[-1][1].endswith("\\"):
            joined[-1] = (joined[-1][0], joined[-1][1][:-1] + line.strip())
        else:
            joined.append((number, line))
    return [(number, *line.split(None, 1)) for number, line in joined]


def shell_problems(command):
    run = subprocess.run(["shellcheck", "--shell=sh", "--format=gcc", "-"], input=command + "\n",
                         stdout=subprocess.PIPE, text=True, check=False)
    return run.stdout.splitlines()


def check_file(root):
    user, stages, words = None, set(), []
    for number, word, rest in instructions(tree.read(root, FILE)):
        words.append(word)
        where = f"{FILE}:{number}: {word}"
        if word not in INSTRUCTIONS:
            yield f"{where}: no instruction"
        if word == "FROM":
            user = None
            stages.update(re.findall(r" AS (\w+)$", rest))
        if word == "USER":
            user = rest
        if word == "RUN":
            yield from (f"{where}: {problem}" for problem in shell_problems(rest))
        if word == "COPY" and (stage := re.match(r"--from=(\S+)", rest)):
            if stage[1] not in stages:
                yield f"{where}: no stage {stage[1]}"
        elif word == "COPY":
            yield from (f"{where}: no file {path}" for path in rest.split()[:-1]
                        if not os.path.exists(os.path.join(root, path)))
    if user in (None, "root", "0"):
        yield f"{FILE}: the program runs as root"
    if "HEALTHCHECK" not in words:
        yield f"{FILE}: no HEALTHCHECK"


def check_service(root, name, service, whole):
    ignored = tree.read(root, ".dockerignore").split()
    for key in service.keys() - KEYS:
        yield f"{COMPOSE}: {name}: unknown key {key}"
    for other in service.get("depends_on", []):
        if other not in whole["services"]:
            yield f"{COMPOSE}: {name}: no service {other}"
    for secret in service.get("secrets", []):
        path = whole.get("secrets", {}).get(secret, {}).get("file", "")
        if f"{FOLDER}/{path.removeprefix('./')}" not in ignored:
            yield f"{COMPOSE}: {name}: secret {secret} is not declared, or not in .dockerignore"
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("./") and not os.path.exists(os.path.join(root, FOLDER, source)):
            yield f"{COMPOSE}: {name}: no file {source}"
        if not source.startswith(("./", "/")) and source not in whole.get("volumes", {}):
            yield f"{COMPOSE}: {name}: no volume {source}"


def check_compose(root):
    whole = yaml.safe_load(tree.read(root, COMPOSE))
    for name, service in whole["services"].items():
        yield from check_service(root, name, service, whole)
        build = service.get("build")
        if build and not os.path.exists(os.path.join(root, FOLDER, build["context"], build["dockerfile"])):
            yield f"{COMPOSE}: {name}: no file {build['dockerfile']}"


def check(root):
    if os.path.exists(os.path.join(root, FILE)):
        yield from check_file(root)
    if os.path.exists(os.path.join(root, COMPOSE)):
        yield from check_compose(root)


tree.main(check)
