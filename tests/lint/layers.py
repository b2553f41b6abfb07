#!/usr/bin/python3
"""A file includes its own folder and folders to its left in ORDER; headers include in no circle."""

import re

import tree

ORDER = ["base", "proto", "config", "media", "capture", "record", "camera", "control", "mqtt", "http", "setup", "main"]
STRANGERS = [{"record", "camera"}, {"mqtt", "http"}]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)


def folder_of(path):
    """node/base/log.c and proto/topic.h are in base and proto, node/main.c is main."""
    parts = path.split("/")
    if parts[0] == "node":
        return parts[1] if len(parts) > 2 else "main"
    return parts[0]


def complaint(source, target):
    if target not in ORDER:
        return f"there is no folder {target}/"
    if {source, target} in STRANGERS:
        return f"{source}/ and {target}/ do not include each other"
    if ORDER.index(target) > ORDER.index(source):
        return f"{source}/ is below {target}/"
    return None


def circle(edges):
    """One circle of headers as a list, or None."""
    done, trail = set(), []

    def visit(header):
        if header in trail:
            return trail[trail.index(header):] + [header]
        if header in done:
            return None
        trail.append(header)
        for target in sorted(edges.get(header, ())):
            if found := visit(target):
                return found
        done.add(trail.pop())
        return None

    for header in sorted(edges):
        if found := visit(header):
            return found
    return None


def check(root):
    paths = tree.c_files(root, "node", "proto")
    headers = {path.removeprefix("node/") for path in paths}
    edges = {}
    for path in paths:
        text = tree.read(root, path)
        for match in INCLUDE.finditer(text):
            target = match.group(1)
            line = text.count("\n", 0, match.start()) + 1
            if problem := complaint(folder_of(path), target.split("/")[0]):
                yield f'{path}:{line}: includes "{target}": {problem}'
            elif target not in headers:
                yield f'{path}:{line}: includes "{target}": no such file'
            else:
                edges.setdefault(path.removeprefix("node/"), set()).add(target)
    if found := circle(edges):
        yield "circle: " + " -> ".join(found)


tree.main(check)
