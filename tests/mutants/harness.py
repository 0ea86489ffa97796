"""
Mutants: a correct plugin with one mistake in it, and the conformance test that must notice it.

A mutant is a copy of a distribution with one text of one file replaced. Its test runs in a process of its own, in which
that copy is imported in place of the installed package; the processes are forked from one that has imported everything
but plugins.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import multiprocessing
import os
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.forkserver import ensure_running
from pathlib import Path

import attrs
import pytest

_MODULE = """
from venuekit.testing import conformance_suite
TestMutant = conformance_suite({venue!r})
"""
#: no plugin but that of coroutines: others take longer to load than the tests to run
_OPTIONS = (
    *("-q", "--assert=plain", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider"),
    *("-o", "asyncio_default_fixture_loop_scope=function"),
)
#: seconds after which a mutant that never ends counts as one that was not noticed
_LONGEST = 120


@attrs.frozen(kw_only=True)
class Mutant:
    """
    One mistake in a correct plugin.

    Attributes:
        name: The mistake, in a few words.
        kind: The kind of mistake, as the page of mutants groups them.
        of: The id of the venue; its package is ``venuekit_<id>`` unless ``package`` names another one.
        file: The file of the package; one that begins with ``tests/`` is beside it.
        old, new: The text of the file that is replaced, which is there once, and its replacement.
        caught_by: The conformance test that fails.
    """

    name: str
    kind: str
    of: str
    file: str
    old: str
    new: str
    caught_by: str
    package: str = attrs.field()

    @package.default
    def _own_package(self) -> str:
        return f"venuekit_{self.of}"


@attrs.frozen
class Outcome:
    """The end of a run of conformance tests: the failed ones with the last line of each failure, and its output."""

    failures: dict[str, str]
    passed: int
    output: str


def run_mutant(mutant: Mutant, directory: Path) -> Outcome:
    """Return the outcome of the mutant's test; ``directory`` takes the copy."""
    copy = _copy(mutant.package, directory)
    path = copy / mutant.file if mutant.file.startswith("tests/") else copy / mutant.package / mutant.file
    text = path.read_text()
    assert text.count(mutant.old) == 1, (
        f"{mutant.name}: {mutant.file} has {mutant.old!r} {text.count(mutant.old)} times"
    )
    path.write_text(text.replace(mutant.old, mutant.new))
    for outdated in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        outdated.unlink()  # its time and size may be those of the mistake, too
    return _run(mutant.of, [mutant.caught_by], copy)


def run_correct(venue_id: str, package: str, tests: Sequence[str], directory: Path) -> Outcome:
    """Return the outcome of tests on an unchanged copy of a plugin."""
    return _run(venue_id, tests, _copy(package, directory))


def _copy(package: str, directory: Path) -> Path:
    """Copy a package with its recorded answers, and return the directory that has it."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).parent
    # with the bytecode, and times as they are: what is not changed need not be compiled again
    shutil.copytree(source, directory / package)
    recorded = source.parent / "tests" / "recorded"
    if recorded.is_dir():
        shutil.copytree(recorded, directory / "tests" / "recorded")
    return directory


@cache
def forkserver() -> multiprocessing.context.ForkServerContext:
    """
    Return the context whose processes have imported the conformance suite already, and no venue.

    Their coverage is not measured: they end without saving any.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "pytest_asyncio", "venuekit.testing.conformance"])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        ensure_running()
    return context


def _run(venue_id: str, tests: Sequence[str], copy: Path) -> Outcome:
    here, there = multiprocessing.Pipe(duplex=False)
    process = forkserver().Process(target=_in_process, args=(venue_id, tests, copy, there))
    process.start()
    there.close()
    try:
        outcome: Outcome = here.recv() if here.poll(_LONGEST) else Outcome({}, 0, f"no end after {_LONGEST} s")
    except EOFError:
        outcome = Outcome({}, 0, "the process ended without a result")
    finally:
        process.kill()
        process.join()
        here.close()
    return outcome


def _in_process(venue_id: str, tests: Sequence[str], copy: Path, result: Connection) -> None:
    """Run conformance tests with the copy first on the path, and send the outcome."""
    os.chdir(copy)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.insert(0, str(copy))
    module = copy / "test_mutant.py"
    module.write_text(_MODULE.format(venue=venue_id))
    collector = _Collector(frozenset(tests))
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(output):
        pytest.main([*_OPTIONS, "--rootdir", str(copy), str(module)], plugins=[collector])
    result.send(Outcome(collector.failures, collector.passed, output.getvalue()[-4000:]))


class _Collector:
    """A pytest plugin that runs the given tests, and ends a run at the first failure of each."""

    def __init__(self, tests: frozenset[str]) -> None:
        self._tests = tests
        self.failures: dict[str, str] = {}
        self.passed = 0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if isinstance(item, pytest.Function) and item.originalname in self._tests]

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if isinstance(item, pytest.Function) and item.originalname in self.failures:
            pytest.skip("this test has failed already")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.passed += 1
        if report.when == "call" and report.failed:
            name = report.location[2].partition("[")[0].rpartition(".")[2]
            crash = getattr(report.longrepr, "reprcrash", None)
            self.failures.setdefault(name, str(getattr(crash, "message", report.longrepr)))
