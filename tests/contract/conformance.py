"""
The reports of conformance that the distributions ship, and docs/conformance.md, which lists tests, mutants and tiers.

``make coverage`` leaves the reports of its run in ``.conformance``; ``python -m tests.contract.conformance`` copies
each into the package of its distribution and writes the page, with ``--check`` it only compares.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from tests.mutants.test_mutants import MUTANTS

from venuekit._installed import REPORT_NAME
from venuekit.plugins import make_plugins
from venuekit.testing.conformance import Suite
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.tiers import Tier

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "conformance.md"
RUN = ROOT / ".conformance"


def shipped_reports() -> dict[str, Path]:
    """Return the file of each distribution of this repository that provides venues, by the distribution's name."""
    plugins = make_plugins()
    names = {plugins.distribution(venue_id).distribution for venue_id in plugins.venue_ids()}
    packages = {name: name.replace("-", "_") for name in sorted(names)}
    files = {
        name: ROOT / "plugins" / package.removeprefix("venuekit_") / package / REPORT_NAME
        for name, package in packages.items()
    }
    return {name: path for name, path in files.items() if path.parent.is_dir()}


def table_of_tests() -> str:
    """Return the conformance tests by tier, each with its sentence."""
    groups = [group for group in Suite.__mro__ if issubclass(group, Checks) and "tier" in vars(group)]
    tests = sorted(
        ((list(Tier).index(group.tier), name, function) for group in groups for name, function in vars(group).items()),
        key=lambda one: one[:2],
    )
    lines = ["| tier | test | shows |", "|---|---|---|"]
    for rank, name, function in tests:
        if name.startswith("test_"):
            lines.append(f"| {list(Tier)[rank]} | `{name}` | {_first_sentence(function)} |")
    return "\n".join(lines)


def _first_sentence(function: Any) -> str:
    paragraph = (inspect.getdoc(function) or "").partition("\n\n")[0]
    return " ".join(paragraph.split())


def table_of_mutants() -> str:
    """Return the mutants by kind, with the tests that catch them."""
    lines = [
        f"{len(MUTANTS)} of {len(MUTANTS)} are caught.",
        "",
        "| kind | mistake | in | caught by |",
        "|---|---|---|---|",
    ]
    for kind, mutants in groupby(sorted(MUTANTS, key=attrgetter("kind", "name")), attrgetter("kind")):
        lines += [f"| {kind} | {one.name} | `{one.of}` | `{one.caught_by}` |" for one in mutants]
    return "\n".join(lines)


def table_of_tiers() -> str:
    """Return the tier of each venue that this repository ships."""
    lines = ["| venue | distribution | tier | passed cases |", "|---|---|---|---:|"]
    for name, path in sorted(shipped_reports().items()):
        for venue_id, venue in json.loads(path.read_text("utf-8"))["venues"].items():
            cases = sum(sum(tests.values()) for tests in venue["passed"].values())
            lines.append(f"| `{venue_id}` | `{name}` | {venue['tier']} | {cases} |")
    return "\n".join(lines)


def render(text: str) -> str:
    """Return the page with its tables brought up to date."""
    for name, table in (("tests", table_of_tests()), ("mutants", table_of_mutants()), ("tiers", table_of_tiers())):
        begin, end = f"<!-- begin: {name} -->\n", f"<!-- end: {name} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        if not after:
            raise LookupError(f"{PAGE.name} has no place for the table of {name}")
        text = f"{before}{begin}{table}\n{end}{after}"
    return text


def differing() -> Iterator[str]:
    """Yield a sentence for each shipped report that is not that of the last run."""
    for name, path in shipped_reports().items():
        made = RUN / name / REPORT_NAME
        if not made.exists():
            raise SystemExit(f"{made.relative_to(ROOT)} is missing; `make coverage` writes it")
        if not path.exists() or path.read_text("utf-8") != made.read_text("utf-8"):
            yield f"{path.relative_to(ROOT)} is not the report of the last run"


def main(arguments: list[str]) -> None:
    """Copy the reports and write the page, or compare them."""
    if arguments not in ([], ["--check"]):
        raise SystemExit("usage: python -m tests.contract.conformance [--check]")
    problems = list(differing())
    if not arguments:
        for name, path in shipped_reports().items():
            path.write_text((RUN / name / REPORT_NAME).read_text("utf-8"), "utf-8")
        PAGE.write_text(render(PAGE.read_text("utf-8")), "utf-8")
    elif problems:
        raise SystemExit("\n".join([*problems, "`python -m tests.contract.conformance` copies and writes them"]))


if __name__ == "__main__":
    main(sys.argv[1:])
