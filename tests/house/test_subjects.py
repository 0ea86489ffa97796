"""Commit subjects say what a commit does, in the imperative."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "subjects.py"


@pytest.fixture(scope="module")
def problem_of() -> Callable[[str], str | None]:
    """The rule."""
    spec = importlib.util.spec_from_file_location("subjects", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rule: Callable[[str], str | None] = module.problem_of
    return rule


@pytest.mark.parametrize(
    "subject",
    [
        "acme_inverse: read the side of a closed position",
        "ledger, cli: share one table",
        "pipeline: need no second clock",
        "tests: pass without a network",
    ],
)
def test_an_imperative_subject_is_right(problem_of: Callable[[str], str | None], subject: str) -> None:
    """A scope or several, a verb, and the thing that it is done to."""
    assert problem_of(subject) is None


@pytest.mark.parametrize(
    "subject",
    [
        "Read the side of a closed position",
        "acme: Read the side",
        "acme: reads the side",
        "acme: added a side",
        "acme: reading sides",
        "acme: the side of a position",
        "bench: today's figures",
        "acme: read " + "x" * 100,
    ],
)
def test_another_subject_is_wrong(problem_of: Callable[[str], str | None], subject: str) -> None:
    """Without a scope, in capitals, in another form of the verb, without a verb, or too long."""
    assert problem_of(subject) is not None


def test_new_commits_are_looked_at_in_a_shallow_clone_too(tmp_path: Path) -> None:
    """Commits from before the check are let be; a wrong one after it is shown, however little history there is."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not installed")

    def run(*arguments: str, cwd: Path) -> None:
        who = ["-c", "user.name=somebody", "-c", "user.email=some@body", "-c", "protocol.file.allow=always"]
        subprocess.run([git, *who, *arguments], cwd=cwd, check=True, capture_output=True)  # noqa: S603 - our own words

    home, shallow = tmp_path / "home", tmp_path / "shallow"
    home.mkdir()
    run("init", "-q", cwd=home)
    run("commit", "-q", "--allow-empty", "-m", "Whatever It Was", cwd=home)
    (home / ".ci").mkdir()
    shutil.copy(SCRIPT, home / ".ci")
    run("add", "-A", cwd=home)
    for subject in ("ci: look at subjects", "acme: fixed a thing", "acme: read a thing"):
        run("commit", "-q", "--allow-empty", "-m", subject, cwd=home)
    run("clone", "-q", "--depth", "3", home.as_uri(), str(shallow), cwd=tmp_path)

    for clone in (home, shallow):
        command = [sys.executable, ".ci/subjects.py"]
        done = subprocess.run(command, cwd=clone, check=False, capture_output=True, text=True)  # noqa: S603
        assert done.returncode == 1
        assert [line.partition(" ")[2] for line in done.stdout.splitlines()] == [
            "acme: fixed a thing: 'fixed' is no verb in the imperative"
        ]
