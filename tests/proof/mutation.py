"""
Mutation testing of the core of the pipeline: ``make mutation``, or ``python -m tests.proof.mutation [SUBJECT]...``.

mutmut wants its sources in ``src``, and leaves a changed copy of everything behind: both happen in ``.mutation``. A
mutant survives if none of the tests that run its function fails. Each survivor is printed with its difference;
``docs/mutation.md`` explains those that stay.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".mutation"
_TESTS = ROOT / "tests"


@attrs.frozen
class Subject:
    """Modules of ``venuekit`` that are mutated together, and the quick tests that must notice."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


_PIPELINE = "tests/core/pipeline"
SUBJECTS = {
    "budget": Subject(
        ("pipeline/pools", "pipeline/budget", "pipeline/waiters"),
        tuple(
            f"{_PIPELINE}/test_{name}.py" for name in ("budget", "pool_moments", "limit_scopes", "shut_out", "waiters")
        ),
    ),
    "fences": Subject(
        ("pipeline/write_scopes", "pipeline/waits", "request_bounds"),
        (
            *(f"{_PIPELINE}/test_{name}.py" for name in ("write_scopes", "turns", "patience", "nonces", "measuring")),
            *(f"{_PIPELINE}/test_{name}.py" for name in ("arrival", "event_fields", "cancellation", "used_nonces")),
            *("tests/core/test_identity.py", "tests/core/test_toy_chain.py"),
        ),
    ),
    "recovery": Subject(
        ("pipeline/recovery", "pipeline/failures"),
        (
            *(f"{_PIPELINE}/test_{name}.py" for name in ("retry", "cancellation", "not_sent", "strays", "words")),
            *(f"{_PIPELINE}/test_{name}.py" for name in ("shut_out", "absence", "session_tokens", "used_nonces")),
            *(f"{_PIPELINE}/test_{name}.py" for name in ("event_fields", "belonging", "strangers", "proof")),
        ),
    ),
    "resolution": Subject(
        ("pipeline/resolve", "pipeline/arrival", "resolution"),
        tuple(f"{_PIPELINE}/test_{name}.py" for name in ("arrival", "proof", "absence", "belonging", "retry")),
    ),
    "signing": Subject(
        ("signing", "key_kinds", "credentials/signer", "credentials/private_keys"),
        tuple(
            f"tests/core/test_{name}.py"
            for name in ("encoding_places", "key_kinds", "requests", "venue_signers", "secrets")
        ),
    ),
}


def prepare(subjects: list[Subject]) -> None:
    """Copy sources, tests and configuration to where mutmut runs; files keep their times, so that it may go on."""
    PLACE.mkdir(exist_ok=True)
    for stale in (PLACE / "src", PLACE / "tests", PLACE / "docs", PLACE / "mutants" / "tests"):
        shutil.rmtree(stale, ignore_errors=True)
    ignore = shutil.ignore_patterns("__pycache__", "node_modules")
    shutil.copytree(ROOT / "core", PLACE / "src", ignore=ignore)
    shutil.copytree(_TESTS, PLACE / "tests", ignore=ignore)
    shutil.copytree(ROOT / "docs", PLACE / "docs", ignore=ignore)  # some tests compare a page with what runs
    shutil.copy2(ROOT / "conftest.py", PLACE / "conftest.py")
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    modules = [f"src/venuekit/{module}.py" for one in subjects for module in one.modules]
    tests = [test for test in dict.fromkeys(test for one in subjects for test in one.tests) if (ROOT / test).exists()]
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
            "pytest_add_cli_args_test_selection": tests,
            "use_git_change_detection": False,
            "on_dependency_change": "ignore",
            "track_dependencies": False,
            "use_setproctitle": False,
        },
    }
    lines = []
    for table, values in written.items():
        lines += [f"[{table}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    (PLACE / "pyproject.toml").write_text("\n".join(lines) + "\n")


def _toml(value: object) -> str:
    return repr(value).lower() if isinstance(value, bool) else repr(value)


def _mutmut(*arguments: str, captures: bool = True) -> str:
    """Run a command of mutmut, and return what it prints."""
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    done = subprocess.run(command, cwd=PLACE, capture_output=captures, text=True, check=True)  # noqa: S603 - our own
    return done.stdout or ""


def survivors() -> list[str]:
    """Return the names of the mutants that no test noticed, and of those that no test runs."""
    lines = (line.strip().rpartition(": ") for line in _mutmut("results").splitlines())
    return [name for name, _, status in lines if status in {"survived", "no tests"}]


def main() -> None:
    names = sys.argv[1:] or list(SUBJECTS)
    if unknown := [name for name in names if name not in SUBJECTS]:
        sys.exit(f"there is no subject {unknown[0]!r}: there are {', '.join(SUBJECTS)}")
    prepare([SUBJECTS[name] for name in names])
    children = os.environ.get("MUTATION_PROCESSES", str(os.cpu_count() or 1))
    _mutmut("run", "--max-children", children, captures=False)
    for name in survivors():
        sys.stdout.write(_mutmut("show", name))


if __name__ == "__main__":
    main()
