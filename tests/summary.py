"""Adds up the reports of a whole test run; the last line is "N passed, N failed, N skipped".

ctest's reports lie in BUILD/results/<preset>-<labels>.xml. Where a ctest test is a whole program of
cases, these are counted instead: cmocka tells them in its output, pytest in a report of its own,
BUILD/<preset>/results/<test>.xml. BUILD/results/failed has a line for each thing that went wrong
beside the tests, BUILD/results/skipped for each that was left out. Exit status 1 on a failure, and when
nothing ran."""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree

CMOCKA = re.compile(r"^\[ +(PASSED|FAILED|SKIPPED) +\] .*?(\d+) test\(s\)", re.MULTILINE)


class Totals(collections.Counter):
    def __init__(self):
        super().__init__()
        self.stories = []

    def tell(self, result, name):
        self[result] += 1
        if result != "passed":
            self.stories.append(f"{result}: {name}")


def count_pytest(report, name, totals):
    """Returns whether one failed."""
    failed = False
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        result = "passed"
        if case.find("failure") is not None or case.find("error") is not None:
            result, failed = "failed", True
        elif case.find("skipped") is not None:
            result = "skipped"
        totals.tell(result, f"{name}::{case.get('name')}")
    return failed


def count_cmocka(output, name, totals):
    """Returns whether one failed."""
    counts = collections.Counter()
    for result, number in CMOCKA.findall(output):
        counts[result.lower()] += int(number)
    for result, number in counts.items():
        for _ in range(number):
            totals.tell(result, name)
    return counts["failed"] > 0


def count_test(case, preset, build, totals):
    """A ctest test that failed for another reason than its cases (crash, timeout) is one failure more."""
    name = case.get("name")
    results = {"run": "passed", "fail": "failed"}
    result = results.get(case.get("status"), "skipped")
    report = build / preset / "results" / f"{name}.xml"
    before = totals.total()
    failed = False
    label = f"{preset}: {name}"
    if report.exists():
        failed = count_pytest(report, label, totals)
    elif name.startswith("unit/"):
        failed = count_cmocka(case.findtext("system-out", ""), label, totals)
    if totals.total() == before or (result == "failed" and not failed):
        totals.tell(result, label)


def main():
    build = pathlib.Path(sys.argv[1])
    totals = Totals()
    for report in sorted((build / "results").glob("*.xml")):
        cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
        for case in cases:
            count_test(case, report.stem.split("-")[0], build, totals)
        if not cases:
            totals.tell("skipped", f"{report.stem}: no such tests")
    for result in ("failed", "skipped"):
        beside = build / "results" / result
        if beside.exists():
            for line in beside.read_text(encoding="utf-8").splitlines():
                totals.tell(result, line)
    for story in sorted(set(totals.stories)):
        print(story)
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if totals["failed"] or not totals["passed"] else 0


sys.exit(main())
