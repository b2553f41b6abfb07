#!/usr/bin/python3
"""A lint that cannot fail is no lint: each script passes a clean tree and finds each planted fault."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
SETTINGS = (".clang-format", ".clang-tidy")
MANUAL = """.Dd January 1, 2026
.Dt CAMNODE 8
.Os
.Sh NAME
.Nm camnode
.Nd camera node
.Sh DESCRIPTION
Text.
"""
CLEAN = {
    "node/base/log.h": "void log_info(const char *text);\n",
    "node/base/log.c": '#include "base/log.h"\n\n/* No strcpy(a, b) here. */\nvoid log_info(const char *text)\n'
                       "{\n\t(void)text;\n}\n",
    "node/media/hub.h": '#include "base/log.h"\n',
    "tests/run": "#!/usr/bin/env bash\nset -eu\n",
    "docs/man/camnode.8": MANUAL,
    ".dockerignore": "",
}
CONTAINER = "deploy/container/Containerfile"
COMPOSE = "deploy/container/compose.yaml"
LONG_BODY = "\tcall();\n" * 61
# (script, file, its content, what the script has to say)
FAULTS = [
    ("container.py", CONTAINER, "FROM debian\nUSER camnode\nHEALTHCHECK NONE\nCOPY gone /\n", ":4: COPY: no file gone"),
    ("container.py", CONTAINER, "FROM debian\nUSER camnode\nHEALTHCHECK NONE\nRUN cd $x\n", "[SC"),
    ("container.py", CONTAINER, "FROM debian\nHEALTHCHECK NONE\n", "runs as root"),
    ("container.py", CONTAINER, "FROM debian\nUSER camnode\nRUM true\n", ":3: RUM: no instruction"),
    ("container.py", COMPOSE, "services: {a: {secrets: [x]}}\n", "secret x is not declared"),
    ("container.py", COMPOSE, "services: {a: {volumes: ['./gone:/x']}}\n", "no file ./gone"),
    ("contract.py", "proto/schemas/a.json", '{"type": "obiect"}', "proto/schemas/a.json"),
    ("layers.py", "node/base/log.h", '#include "media/hub.h"\n', "base/ is below media/"),
    ("layers.py", "node/mqtt/a.h", '#include "http/b.h"\n', "mqtt/ and http/ do not include each other"),
    ("layers.py", "node/record/a.h", '#include "camera/b.h"\n', "do not include each other"),
    ("layers.py", "node/camera/a.h", '#include "record/b.h"\n', "do not include each other"),
    ("layers.py", "proto/topic.h", '# include "config/a.h"\n', "proto/ is below config/"),
    ("layers.py", "node/base/log.c", '#include "base/gone.h"\n', "no such file"),
    ("layers.py", "node/base/log.c", '#include "log.h"\n', "no folder log.h/"),
    ("layers.py", "node/base/log.h", '#include "base/log.h"\n#include "base/a.h"\n', "no such file"),
    ("sizes.py", "node/base/long.c", f"int f(void)\n{{\n{LONG_BODY}}}\n", "long.c:1: f() has 61 lines"),
    ("sizes.py", "node/base/log.c", "int a;\n" * 501, "501 lines; 500 are the limit"),
    ("sizes.py", "tests/run", "#!/usr/bin/env bash\n" + "true\n" * 500, "501 lines"),
    ("forbidden.py", "node/base/log.c", "void f(void)\n{\n\tstrcpy(a, b);\n}\n", "log.c:3: calls strcpy()"),
    ("forbidden.py", "node/http/a.cpp", "int x = atoi(y);\n", "calls atoi()"),
    ("forbidden.py", "node/mqtt/a.c", "int x = (usleep (10));\n", "calls usleep()"),
    ("forbidden.py", "proto/a.c", "\texit(1);\n", "calls exit()"),
    ("forbidden.py", "node/main.c", "\tabort();\n", "calls abort()"),
    ("format.py", "tests/unit/test_a.c", "int  a;\n", "test_a.c:1:4: error"),
    ("shell.py", "tests/run", "#!/bin/sh\necho $1\n", "[SC2086]"),
    ("shell.py", "deploy/a.sh", "#!/bin/bash\ncd $(pwd)\n", "[SC2164]"),
    ("layers.py", "node/mqtt/a.h", '#include "setup/b.h"\n', "mqtt/ is below setup/"),
    ("manual.py", "node/config/cli.c", '\t{"frob", "-f", "FILE", NULL},\n', "--frob is None, but ('-f', 'FILE')"),
    ("manual.py", "docs/man/camnode.8", ".Dd x\n.Sh FROB\n.Nm\n", "camnode.8:"),
    ("tidy.py", "node/base/log.c", "int f(int a)\n{\n\tint b = 1;\n\tb = a / 0;\n\treturn b;\n}\n",
     "clang-analyzer-core.DivideZero"),
    ("tidy.py", "node/base/log.c", f"void call(void);\nvoid f(void)\n{{\n{LONG_BODY}}}\n",
     "readability-function-size"),
    ("tidy.py", "node/base/log.c", "int f(\n", "clang-diagnostic-error"),
    ("tidy.py", "node/base/new.c", "int a;\n", "node/base/new.c: not compiled by this build"),
]


def plant(root, files):
    for path, content in files.items():
        file = pathlib.Path(root, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")


def commands(root):
    source = f"{root}/node/base/log.c"
    entry = {"directory": root, "file": source, "command": f"cc -I{root}/node -o log.o -c {source}"}
    return {"build/compile_commands.json": json.dumps([entry])}


class LintTest(unittest.TestCase):
    def run_on(self, script, files):
        with tempfile.TemporaryDirectory() as root:
            settings = {name: (HERE / "../.." / name).read_text(encoding="utf-8") for name in SETTINGS}
            plant(root, {**CLEAN, **settings, **commands(root), **files})
            run = subprocess.run([sys.executable, HERE / script, root, f"{root}/build"],
                                 capture_output=True, text=True, check=False)
            return run.returncode, run.stdout + run.stderr

    def test_clean_tree_passes(self):
        for script in sorted({script for script, *_ in FAULTS}):
            with self.subTest(script):
                self.assertEqual(self.run_on(script, {}), (0, ""))

    def test_fault_is_found(self):
        for script, path, content, message in FAULTS:
            with self.subTest(script, path=path, message=message):
                status, told = self.run_on(script, {path: content})
                self.assertEqual(status, 1, told)
                self.assertIn(message, told)

    def test_circle_is_found(self):
        files = {"node/base/a.h": '#include "base/b.h"\n', "node/base/b.h": '#include "base/c.h"\n',
                 "node/base/c.h": '#include "base/a.h"\n'}
        self.assertEqual(self.run_on("layers.py", files),
                         (1, "circle: base/a.h -> base/b.h -> base/c.h -> base/a.h\n"))

    def test_60_lines_and_500_lines_are_allowed(self):
        function = "int f(void)\n{\n" + "\tcall();\n" * 60 + "}\n"
        files = {"node/base/a.c": function, "node/base/b.c": "int a;\n" * 500}
        self.assertEqual(self.run_on("sizes.py", files), (0, ""))

    def test_every_script_has_a_fault(self):
        scripts = {path.name for path in HERE.glob("*.py")} - {"tree.py", "selftest.py"}
        self.assertEqual(scripts, {script for script, *_ in FAULTS})


def ctest_report(**tests):
    """name="run" or "fail", or ("run", output)."""
    cases = ""
    for name, result in tests.items():
        status, output = (result, "") if isinstance(result, str) else result
        cases += f'<testcase name="{name.replace("__", "/")}" status="{status}">' \
                 f"<system-out>{output}</system-out></testcase>"
    return f"<testsuite>{cases}</testsuite>"


PYTEST = "<testsuites><testsuite><testcase name='a'/><testcase name='b'><{}/></testcase></testsuite></testsuites>"
CMOCKA = "[==========] 4 test(s) run.\n[  PASSED  ] 3 test(s).\n"


class SummaryTest(unittest.TestCase):
    """tests/summary.py counts single cases and lets no failure through."""

    def expect(self, line, status, files):
        with tempfile.TemporaryDirectory() as root:
            plant(root, {f"results/{path}" if "/" not in path else path: text for path, text in files.items()})
            run = subprocess.run([sys.executable, HERE / "../summary.py", root],
                                 capture_output=True, text=True, check=False)
            self.assertEqual((run.stdout.splitlines()[-1], run.returncode), (line, status), run.stderr)

    def test_single_cases_are_counted(self):
        self.expect("6 passed, 0 failed, 1 skipped", 0, {
            "dev-unit.xml": ctest_report(unit__base__a=("run", CMOCKA), lint__b="run", vm__c="notrun"),
            "tsan-e2e.xml": ctest_report(e2e__d="run"),
            "tsan/results/e2e/d.xml": PYTEST.format("system-out")})

    def test_failed_cases(self):
        self.expect("4 passed, 3 failed, 1 skipped", 1, {
            "dev-unit.xml": ctest_report(
                unit__a=("fail", CMOCKA + "[  SKIPPED ] 1 test(s), listed below:\n"
                         "[  SKIPPED ] x\n[  FAILED  ] 2 test(s), listed below:\n[  FAILED  ] y\n"),
                e2e__d="fail"),
            "dev/results/e2e/d.xml": PYTEST.format("failure")})

    def test_crash_after_the_cases_is_a_failure(self):
        self.expect("5 passed, 2 failed, 0 skipped", 1, {
            "dev-unit.xml": ctest_report(unit__a=("fail", CMOCKA), e2e__d="fail"),
            "dev/results/e2e/d.xml": PYTEST.format("system-out")})

    def test_crash_before_the_cases_is_a_failure(self):
        self.expect("0 passed, 2 failed, 0 skipped", 1,
                    {"dev-unit.xml": ctest_report(unit__a="fail", e2e__d="fail")})

    def test_broken_build_is_a_failure(self):
        self.expect("1 passed, 1 failed, 0 skipped", 1,
                    {"dev-lint.xml": ctest_report(lint__a="run"), "failed": "build asan\n"})

    def test_nothing_ran_is_no_success(self):
        self.expect("0 passed, 0 failed, 0 skipped", 1, {})
        self.expect("0 passed, 0 failed, 1 skipped", 1, {"dev-e2e.xml": ctest_report()})


unittest.main(argv=sys.argv[:1])
