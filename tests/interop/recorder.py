"""
A part of pytest that writes down what the clients of tests/interop did, once all of a folder's tests ran.

It belongs to the whole run, not to the folder: with pytest-xdist the process that writes collects no test itself.
"""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.interop.results import FOLDER, SUBJECTS, Outcome, Result, write_results

HERE = Path(__file__).parent
_PROPERTY = "interop"
_FIELDS = frozenset({"client", "venue", "subject", "client_bug"})
_ROWS = re.compile(r"^(?:[A-Z]\d\d(?:, | and )?)+: ")  # the numbers of tests/contract/rows.toml


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and record in the process that reports."""
    config.addinivalue_line(
        "markers",
        "interop(client, venue, subject, client_bug): what a client of somebody else is checked for; marks of module, "
        "test and parameter complete each other. With client_bug, a proof, the test shows how the client fails.",
    )
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(config), "interop recorder")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test of the folder its result, so far without an outcome."""
    for item in items:
        if isinstance(item, pytest.Function) and item.path.is_relative_to(HERE):
            item.user_properties.append((_PROPERTY, _describe(item)))


def _describe(item: pytest.Function) -> dict[str, Any]:
    """Return client, venue, subject, check and proof of a test; one that lacks any of them is an error."""
    told: dict[str, Any] = {}
    for mark in item.iter_markers("interop"):  # the closest first
        told = {**mark.kwargs, **told}
    lacking = {"client", "venue", "subject"} - told.keys()
    if lacking or told.keys() - _FIELDS or told["subject"] not in SUBJECTS:
        raise pytest.UsageError(f"{item.nodeid}: its marks of interop lack {sorted(lacking)} or tell something else")
    sentence = _ROWS.sub("", (inspect.getdoc(item.function) or "").replace("\n", " "))
    if not sentence:
        raise pytest.UsageError(f"{item.nodeid}: says in no sentence what is true")
    proof = told.pop("client_bug", None)
    case = f" ({item.callspec.id})" if hasattr(item, "callspec") and proof is None else ""
    return {**told, "check": sentence + case, "proof": proof, "folder": str(item.path.parent.relative_to(HERE))}


@attrs.define(eq=False)  # a plugin of pytest is told apart by its identity
class Recorder:
    """The results of one run; a file is written for each folder that ran whole."""

    _config: pytest.Config
    _described: dict[str, dict[str, Any]] = attrs.field(init=False, factory=dict)
    _failed: set[str] = attrs.field(init=False, factory=set)
    _modules: set[Path] = attrs.field(init=False, factory=set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how a test ended, whatever part of it failed."""
        described = dict(report.user_properties).get(_PROPERTY)
        if not isinstance(described, dict):
            return
        self._described[report.nodeid] = described
        self._modules.add(self._config.rootpath / report.nodeid.partition("::")[0])
        if report.outcome != "passed":
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the results of each folder that ran whole."""
        if exitstatus not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED} or not self._is_whole():
            return
        for folder in {str(each["folder"]) for each in self._described.values()}:
            if set((HERE / folder).glob("test_*.py")) <= self._modules:
                name = "python" if folder == "." else folder
                write_results(FOLDER / f"{name}.json", self._results_of(folder))

    def _is_whole(self) -> bool:
        """Return whether nothing was left out on purpose, or after a failure."""
        narrowed = any(getattr(self._config.option, name, None) for name in ("keyword", "markexpr", "deselect", "lf"))
        was_cut = self._config.getoption("maxfail") and self._failed
        return not narrowed and not was_cut and not any("::" in argument for argument in self._config.args)

    def _results_of(self, folder: str) -> list[Result]:
        return [
            Result(
                client=each["client"],
                version=version(each["client"].split()[0]),
                language="Python",
                venue=each["venue"],
                subject=each["subject"],
                check=each["check"],
                outcome=Outcome.FAILED if node in self._failed else self._outcome(each),
                proof=None if node in self._failed else each["proof"],
            )
            for node, each in self._described.items()
            if each["folder"] == folder
        ]

    @staticmethod
    def _outcome(described: dict[str, Any]) -> Outcome:
        return Outcome.CLIENT_BUG if described["proof"] else Outcome.PASSED
