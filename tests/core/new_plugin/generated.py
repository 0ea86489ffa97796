"""Distributions made by ``venuekit new-plugin``: written, announced in their own directory, and run."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.mutants.harness import forkserver

from venuekit.new_plugin import Contracts, PluginAnswers, Positions, RouteCount, SigningStyle, make_plugin

#: plugins of pytest that no distribution needs; that of hypothesis alone takes as long as a hundred tests
PYTEST = ("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", "-p", "no:hypothesispytest")
#: the most lines of Python that a distribution has, tests included: it is read in ten minutes
MOST_LINES = 980


def all_answers() -> Iterator[PluginAnswers]:
    """Yield every combination of answers, each with a name of its own."""
    for signing, positions, contracts, routes in itertools.product(SigningStyle, Positions, Contracts, RouteCount):
        name = f"{signing}_{positions.replace('-', '_')}_{contracts}_{routes}"
        yield PluginAnswers(name=name, signing=signing, positions=positions, contracts=contracts, order_routes=routes)


def generate(answers: PluginAnswers, parent: Path) -> Path:
    """Write a distribution below a directory, and the metadata by which its entry point is found there."""
    directory = parent / answers.distribution
    make_plugin(answers, directory)
    announce(directory)
    return directory


def announce(directory: Path) -> None:
    """Write the metadata of a distribution into its own directory, as an installer does elsewhere."""
    project = tomllib.loads((directory / "pyproject.toml").read_text())["project"]
    info = directory / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    ((group, points),) = project["entry-points"].items()
    lines = [f"{name} = {module}" for name, module in points.items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines]) + "\n")


def run(directory: Path, *words: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run a module of Python in a distribution's directory, where its package is found."""
    return subprocess.run(  # noqa: S603 - our own programs
        [sys.executable, "-m", *words],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def run_forked(directory: Path, *words: str, timeout: float = 300) -> tuple[int, str]:
    """
    Run pytest in a distribution's directory, as a fork of a process that has imported the kit already.

    Returns its exit status and output. Of a few tests of a distribution that changes, the imports are most of the time.
    """
    output = directory.with_suffix(".txt")
    process = forkserver().Process(target=_run_pytest, args=(directory, words, output))
    process.start()
    process.join(timeout)
    if process.is_alive():
        process.kill()
        process.join()
    assert process.exitcode is not None
    return process.exitcode, output.read_text()


def _run_pytest(directory: Path, words: Sequence[str], output: Path) -> None:
    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(directory)
    sys.path.insert(0, str(directory))
    os.environ["PYTHONPATH"] = str(directory)
    sys.exit(pytest.main([*PYTEST, *words]))


def run_kit(directory: Path, *words: str) -> str:
    """Run the conformance suite of a distribution; return its last line, and raise AssertionError with all it said."""
    done = run(directory, "pytest", "-q", "-x", *PYTEST, *words)
    assert done.returncode == 0, f"{directory.name}:\n{done.stdout[-8000:]}{done.stderr[-2000:]}"
    return done.stdout.strip().splitlines()[-1]


def count_lines(directory: Path) -> int:
    """Return the lines of Python of a distribution, blank ones, comments and tests included."""
    return sum(len(path.read_text().splitlines()) for path in directory.rglob("*.py"))
