"""
Mutation testing of the core of the pipeline: ``make mutation``, or ``python -m tests.proof.mutation [SUBJECT]...``.

mutmut wants its sources in ``src``, and leaves a changed copy of everything behind: both happen in ``.mutation``, in a
directory for each subject, since a mutant is met by every selected test that runs its function. It survives if none of
them fails. Each survivor is printed with its difference; ``docs/mutation.md`` explains those that stay.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".mutation"
_TESTS = ROOT / "tests"
#: a mutant never ends that takes so many times as long as its tests took and a start of so many seconds, on the clock
#: of the wall: others may use the machine, too
_PATIENCE, _START = 6.0, 10.0
#: a failing example is not made smaller: it is enough that there is one
_UNSHRUNK = """

def pytest_sessionstart() -> None:
    from hypothesis import Phase

    settings.register_profile("unshrunk", settings(), phases=[Phase.explicit, Phase.generate])
    settings.load_profile("unshrunk")
"""


@attrs.frozen
class Subject:
    """Modules of ``venuekit`` that are mutated together, and the quick tests that must notice."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


def _core(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/core/test_{name}.py" for name in names)


def _pipeline(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/core/pipeline/test_{name}.py" for name in names)


SUBJECTS = {
    "pools": Subject(("pipeline/pools",), _pipeline("budget", "pool_moments")),
    "budget": Subject(("pipeline/budget", "pipeline/waiters"), _pipeline("budget", "backoff", "waiters")),
    "scopes": Subject(
        ("pipeline/write_scopes", "request_bounds"),
        (
            *_pipeline("write_scopes", "joined_scopes", "touched_symbols", "footprints", "fence_moments", "nonces"),
            *_core("identity"),
        ),
    ),
    "waits": Subject(("pipeline/waits",), _pipeline("turns", "fence_moments", "held_back", "measuring")),
    "failures": Subject(("pipeline/failures",), _pipeline("classified", "words")),
    "recovery": Subject(
        ("pipeline/recovery",),
        _pipeline("actions", "repeated_attempts", "lost_settings", "retry", "session_tokens", "belonging"),
    ),
    "traces": Subject(("resolution",), _core("traces")),
    "arrival": Subject(("pipeline/arrival",), _pipeline("bounds")),
    "resolution": Subject(
        ("pipeline/resolve",),
        _pipeline("lost_moves", "lost_settings", "unfinished_writes", "resolution", "belonging"),
    ),
    "signing": Subject(
        ("signing", "credentials/signer", "credentials/private_keys"),
        _core("key_kinds", "messages", "requests", "venue_signers", "secrets"),
    ),
}


def prepare(subject: Subject, place: Path) -> None:
    """Copy sources, tests and configuration to where mutmut runs."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__", "node_modules")
    shutil.copytree(ROOT / "core", place / "src", ignore=ignore)
    shutil.copytree(_TESTS, place / "tests", ignore=ignore)
    shutil.copytree(ROOT / "docs", place / "docs", ignore=ignore)  # some tests compare a page with what runs
    (place / "conftest.py").write_text((ROOT / "conftest.py").read_text() + _UNSHRUNK)
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    modules = [f"src/venuekit/{module}.py" for module in subject.modules]
    written = {
        "tool.pytest.ini_options": {
            "addopts": options["addopts"],
            "asyncio_mode": options["asyncio_mode"],
            "asyncio_default_fixture_loop_scope": options["asyncio_default_fixture_loop_scope"],
            "pythonpath": ["."],
        },
        "tool.mutmut": {
            "source_paths": ["src"],
            "only_mutate": modules,
            "also_copy": ["conftest.py", "docs"],
            "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0"],
            "pytest_add_cli_args_test_selection": list(subject.tests),
            "use_git_change_detection": False,
            "on_dependency_change": "ignore",
            "track_dependencies": False,
            "use_setproctitle": False,
            "timeout_multiplier": _PATIENCE,
            "timeout_constant": _START,
        },
    }
    lines = []
    for table, values in written.items():
        lines += [f"[{table}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    (place / "pyproject.toml").write_text("\n".join(lines) + "\n")


def _toml(value: object) -> str:
    return repr(value).lower() if isinstance(value, bool) else repr(value)


def _mutmut(place: Path, *arguments: str, captures: bool = True) -> str:
    """Run a command of mutmut, and return what it prints."""
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    done = subprocess.run(command, cwd=place, capture_output=captures, text=True, check=True)  # noqa: S603 - our own
    return done.stdout or ""


def run(name: str) -> None:
    """Run the mutants of a subject; print how many there are of each fate, and the survivors."""
    place = PLACE / name
    prepare(SUBJECTS[name], place)
    children = os.environ.get("MUTATION_PROCESSES", str(os.cpu_count() or 1))
    _mutmut(place, "run", "--max-children", children, captures=False)
    fates = dict(line.strip().rsplit(": ", 1) for line in _mutmut(place, "results", "--all", "true").splitlines())
    counts = ", ".join(f"{count} {fate}" for fate, count in Counter(fates.values()).most_common())
    sys.stdout.write(f"\n{name}: {len(fates)} mutants: {counts}\n")
    for mutant, fate in fates.items():
        if fate not in {"killed", "caught by type check"}:
            sys.stdout.write(_mutmut(place, "show", mutant))


def main() -> None:
    """Run the subjects that are named, or all."""
    names = sys.argv[1:] or list(SUBJECTS)
    if unknown := [name for name in names if name not in SUBJECTS]:
        sys.exit(f"there is no subject {unknown[0]!r}: there are {', '.join(SUBJECTS)}")
    for name in names:
        run(name)


if __name__ == "__main__":
    main()
