"""A plugin of the pytest that plays in a copy: is it the copy that is tested, and did a test fail because it asserts?

It writes its verdict where `VIGIE_VERDICT` says. A test that fails by an accident of its own (an import, a name that is
gone, a fixture) has caught nothing: a mutant must be noticed by what a test demands.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest

VERDICT = "VIGIE_VERDICT"
PACKAGES = ("hub", "channels", "state", "web")

_failures: list[tuple[str, bool, str]] = []


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to judge another checkout: the environment may have one installed."""
    here = Path.cwd()
    for name in PACKAGES:
        file = importlib.import_module(name).__file__
        if file is None or not Path(file).is_relative_to(here):
            pytest.exit(
                f"{name} comes from {file}, not from the copy in {here}", returncode=pytest.ExitCode.USAGE_ERROR
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note each failure, and whether an assertion made it."""
    report = yield
    if report.failed and call.excinfo is not None:
        is_asserted = call.when == "call" and _is_assertion(call.excinfo.value)
        _failures.append((item.nodeid, is_asserted, call.excinfo.exconly().partition("\n")[0]))
    return report


def _is_assertion(failure: BaseException) -> bool:
    """Tell whether a test demanded something or waited for it in vain; one that was cut for its time did neither."""
    if isinstance(failure, BaseExceptionGroup):
        return all(_is_assertion(one) for one in failure.exceptions)
    is_said_to_fail = isinstance(failure, pytest.fail.Exception) and not str(failure).startswith("Timeout")
    return isinstance(failure, AssertionError | TimeoutError) or is_said_to_fail


def pytest_sessionfinish() -> None:
    """Write the verdict down."""
    Path(os.environ[VERDICT]).write_text(json.dumps(_failures))
