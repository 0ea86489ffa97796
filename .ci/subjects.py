"""
Checks the subjects of commits: ``scope: do one thing``, an imperative verb in lower case, 100 characters at most.

It looks at the commits after the one that added this file; in a shallow clone at those that are there.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

LONGEST = 100
_SUBJECT = re.compile(r"(?P<scopes>[a-z][\w./-]*(?:, [a-z][\w./-]*)*): (?P<verb>[a-z]+)(?= |, |$)")
_ENDING = re.compile(r"(?:ed|ing|[^s]s)$")
#: verbs that end like something else
_VERBS = frozenset(
    {"bring", "embed", "exceed", "feed", "focus", "heed", "need", "proceed", "ring", "seed", "shed", "speed", "spring"}
)
_NO_VERBS = frozenset(
    {"a", "an", "all", "another", "both", "every", "for", "from", "in", "it", "more", "new", "no"}
) | {
    *("now", "of", "on", "one", "only", "other", "our", "same", "some", "that", "the", "their", "these", "this"),
    *("to", "two", "what", "when", "where", "with"),
}


def problem_of(subject: str) -> str | None:
    """Return what is wrong with a subject, None when nothing is."""
    if len(subject) > LONGEST:
        return f"{len(subject)} characters, of which {LONGEST} are allowed"
    parts = _SUBJECT.match(subject)
    if parts is None:
        return "not of the form 'scope: verb ...', in lower case"
    verb = parts["verb"]
    if verb in _NO_VERBS or (_ENDING.search(verb) and verb not in _VERBS):
        return f"{verb!r} is no verb in the imperative"
    return None


def _git(*arguments: str) -> str:
    root = Path(__file__).parents[1]
    command = ["git", *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own words


def main() -> int:
    """Print each subject that is wrong; return how a program ends."""
    name = Path(__file__).relative_to(Path(__file__).parents[1]).as_posix()
    added = _git("log", "--diff-filter=A", "--format=%H", "--", name).split()
    if not added:  # not committed yet
        return 0
    subjects = _git("log", "--no-merges", "--format=%h %s", f"{added[-1]}..HEAD").splitlines()
    problems = [
        f"{commit} {subject}: {problem}"
        for commit, _, subject in (line.partition(" ") for line in subjects)
        if (problem := problem_of(subject)) is not None
    ]
    print("\n".join(problems) or f"{len(subjects)} commit subjects are well formed")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
