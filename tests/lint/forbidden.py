#!/usr/bin/python3
"""Functions that node/ and proto/ do not call, each with what to use instead."""

import re

import tree

FORBIDDEN = {
    "unbounded; see base/str.h": ["strcpy", "strcat", "stpcpy", "sprintf", "vsprintf", "gets"],
    "hides state; see base/str.h": ["strtok"],
    "hides errors; use strtol or strtod": ["atoi", "atol", "atoll", "atof"],
    "wait on a condition or a descriptor": ["sleep", "usleep", "nanosleep", "clock_nanosleep", "sleep_for"],
    "not thread-safe; use the _r function": ["localtime", "gmtime", "ctime", "asctime"],
    "only main.c ends the process": ["exit", "_exit", "_Exit", "quick_exit", "abort"],
}
MAIN_MAY = {"exit", "_exit"}
REASONS = {name: reason for reason, names in FORBIDDEN.items() for name in names}
CALL = re.compile(r"(?<![\w.>])(" + "|".join(REASONS) + r")\s*\(")


def check(root):
    for path in tree.c_files(root, "node", "proto"):
        text = tree.without_comments_and_strings(tree.read(root, path))
        for match in CALL.finditer(text):
            name = match.group(1)
            if path == "node/main.c" and name in MAIN_MAY:
                continue
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}: calls {name}(): {REASONS[name]}"


tree.main(check)
