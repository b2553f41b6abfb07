#!/usr/bin/python3
"""No file over 500 lines; no C function in node/ and proto/ over 60."""

import re

import tree

FILE_LINES = 500
FUNCTION_LINES = 60
FILE_SUFFIXES = tree.C_SUFFIXES + (".py", ".sh", ".js", ".css", ".html", ".cmake", "CMakeLists.txt")
# clang-format puts the braces of a function, and of nothing else in C, into the first column.
FUNCTION = re.compile(r"^(?P<head>\w[^;{}]*\))\s*\n\{\n(?P<body>.*?)^\}", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"(\w+)\(")


def is_code(root, path):
    return path.endswith(FILE_SUFFIXES) or ("." not in path.rsplit("/", 1)[-1] and
                                            tree.read(root, path).startswith("#!"))


def long_functions(path, text):
    for match in FUNCTION.finditer(tree.without_comments_and_strings(text)):
        lines = match.group("body").count("\n")
        if lines > FUNCTION_LINES:
            line = text.count("\n", 0, match.start()) + 1
            name = NAME.search(match.group("head")).group(1)
            yield f"{path}:{line}: {name}() has {lines} lines; {FUNCTION_LINES} are the limit"


def check(root):
    for path in tree.files(root):
        if is_code(root, path):
            lines = tree.read(root, path).count("\n")
            if lines > FILE_LINES:
                yield f"{path}: {lines} lines; {FILE_LINES} are the limit"
    for path in tree.c_files(root, "node", "proto"):
        yield from long_functions(path, tree.read(root, path))


tree.main(check)
