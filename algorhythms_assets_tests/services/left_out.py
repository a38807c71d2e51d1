"""Services that a machine may lack: in CI their tests fail, elsewhere the end of the run says what was left out."""

import os
from collections import Counter

import pytest


def require(service: str, lacking: str | None) -> None:
    """Ends the test if something is lacking."""
    if lacking is None:
        return
    reason = f"{service}: {lacking}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says of each service how many tests were left out for want of it."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    if reasons:
        terminalreporter.section("left out")
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"{count} {'test' if count == 1 else 'tests'} of {reason}")
