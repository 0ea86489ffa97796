"""
Checks every plugin that ``venuekit new-plugin`` can write; ``make template`` runs it with the path of uv.

All combinations of answers are formatted and free of lint; some that have each pair of answers once are typed for mypy
--strict and pyright. Two pass the conformance suite at gold or above, one as uv installs it in an environment of its
own, and one as pip does.
"""

# ruff: noqa: T201  - a program, and it prints

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import attrs
from tests.core.new_plugin.generated import MOST_LINES, all_answers, count_lines, generate

from venuekit.new_plugin import PluginAnswers

ROOT = Path(__file__).parents[3]
_TIERS = {"gold", "platinum"}
_PIP = "header_one_way_linear_1"
_UV = "expiry_hedge_inverse_2"


def main(uv: str) -> None:
    """Check all plugins; raises CalledProcessError or AssertionError for the first fault."""
    with tempfile.TemporaryDirectory(prefix="venuekit-new-plugin-") as name:
        parent = Path(name)
        answers = list(all_answers())
        made = {one.name: generate(one, parent) for one in answers}
        lines = {name: count_lines(directory) for name, directory in made.items()}
        assert max(lines.values()) <= MOST_LINES, f"{max(lines.values())} lines of Python"
        print(f"{len(made)} plugins of {min(lines.values())} to {max(lines.values())} lines of Python")
        _check_form(parent, answers)
        _report("uv", made[_UV], _run_by_uv(uv, made[_UV]), parent)
        _report("pip", made[_PIP], _run_by_pip(made[_PIP], parent / "venv"), parent)


def _check_form(parent: Path, answers: Sequence[PluginAnswers]) -> None:
    """Run ruff over all plugins at once, and mypy and pyright over those that have each pair of answers."""
    _run(sys.executable, "-m", "ruff", "check", "--quiet", ".", directory=parent)
    _run(sys.executable, "-m", "ruff", "format", "--quiet", "--check", ".", directory=parent)
    typed = list(_pairwise(answers))
    directories = [parent / one.distribution for one in typed]
    path = os.pathsep.join(map(str, directories))
    packages = [word for one in typed for word in ("-p", one.package)]
    _run(sys.executable, "-m", "mypy", "--strict", *packages, directory=parent, MYPYPATH=f"{ROOT / 'core'}:{path}")
    settings = {
        "include": [str(directory / one.package) for directory, one in zip(directories, typed, strict=True)],
        "extraPaths": [str(ROOT / "core"), *map(str, directories)],
        "typeCheckingMode": "standard",
    }
    (parent / "pyrightconfig.json").write_text(json.dumps(settings))
    python = ("--pythonpath", sys.executable)
    _run(sys.executable, "-m", "basedpyright", *python, "--level", "error", directory=parent)
    print(f"ruff finds nothing in {len(answers)} plugins, mypy --strict and pyright nothing in {len(typed)}")


def _pairwise(answers: Sequence[PluginAnswers]) -> Iterator[PluginAnswers]:
    """Yield answers until each pair of answers to two questions was there, those with the most new pairs first."""
    missing = set().union(*map(_pairs, answers))
    while missing:
        best = max(answers, key=lambda one: len(_pairs(one) & missing))
        missing -= _pairs(best)
        yield best


def _pairs(answers: PluginAnswers) -> set[tuple[tuple[str, object], ...]]:
    given = {name: value for name, value in attrs.asdict(answers).items() if name != "name"}
    return set(combinations(given.items(), 2))


def _run_by_uv(uv: str, directory: Path) -> Sequence[str]:
    with_ = ("--with", str(ROOT), "--with", f"{directory}[dev]")
    return (uv, "run", "--isolated", "--no-project", "--no-cache", *with_, "pytest")


def _run_by_pip(directory: Path, environment: Path) -> Sequence[str]:
    _run(sys.executable, "-m", "venv", str(environment), directory=directory)
    python = str(environment / "bin" / "python")
    _run(python, "-m", "pip", "install", "--quiet", str(ROOT), f"{directory}[dev]", directory=directory)
    return (str(environment / "bin" / "pytest"),)


def _report(installer: str, directory: Path, pytest: Sequence[str], parent: Path) -> None:
    """Run the conformance suite where an installer has put a plugin, and see the tier that it reaches."""
    reports = parent / installer
    _run(*pytest, "-q", "--conformance-report", str(reports), directory=directory)
    (report,) = reports.glob("*/conformance.json")
    ((name, venue),) = json.loads(report.read_text())["venues"].items()
    assert venue["tier"] in _TIERS, f"{name} is {venue['tier']}: {venue['not_higher_because']}"
    print(f"{name}, installed by {installer}, is {venue['tier']}")


def _run(*words: str, directory: Path, **environment: str) -> None:
    outside = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    subprocess.run(words, cwd=directory, env={**outside, **environment}, check=True)  # noqa: S603 - our own tools


if __name__ == "__main__":
    main(sys.argv[1])
