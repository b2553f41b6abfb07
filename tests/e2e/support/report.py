"""What a failing test shows of its nodes and brokers."""

from pathlib import Path


def add_log_tails(item, report):
    """The ends of the logs in the test's folder, to a failed test's report."""
    if report.failed and "tmp_path" in getattr(item, "funcargs", {}):
        for log in sorted(Path(item.funcargs["tmp_path"]).glob("*/*.log")):
            report.sections.append((log.name, log.read_text(errors="replace")[-4000:]))
