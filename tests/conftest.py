# SPDX-License-Identifier: BSD-3-Clause
"""One BLAS thread per worker; Ctrl-C is heard; under CI a skipped test is a failed one."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

# Before numpy is imported anywhere: two BLAS threads on a loaded machine can be a thousand times slower than one.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

# A shell without job control lets what it runs in the background ignore Ctrl-C, and whatever that begins, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import pytest  # noqa: E402 (after the threads are pinned)


def skip_is_failure() -> bool:
    """Whether this run must not skip: CI provides every tool, so that a skip there hides a hole."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and skip_is_failure():
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"a skip is a failure under CI. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report
