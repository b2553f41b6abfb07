"""What the lint scripts share: which files are looked at, and how problems are told."""

import os
import re
import sys

SKIPPED = {".git", "build", "node_modules", "recordings", "state", "__pycache__", ".pytest_cache"}
C_SUFFIXES = (".c", ".h", ".cpp", ".hpp")
_NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def files(root, *folders):
    """Paths below root/folder, relative to root, sorted; all of root without folders."""
    found = []
    for folder in folders or [""]:
        for path, subfolders, names in os.walk(os.path.join(root, folder)):
            subfolders[:] = [name for name in subfolders if name not in SKIPPED]
            found += [os.path.relpath(os.path.join(path, name), root) for name in names]
    return sorted(found)


def c_files(root, *folders):
    return [path for path in files(root, *folders) if path.endswith(C_SUFFIXES)]


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def without_comments_and_strings(text):
    """The same number of lines, with comments, strings and characters emptied."""
    return _NOT_CODE.sub(lambda match: "\n" * match.group().count("\n"), text)


def main(check):
    """Runs check(root), which yields problems; the root is the first argument."""
    root = sys.argv[1] if len(sys.argv) > 1 else os.getcwd()
    problems = list(check(root))
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
