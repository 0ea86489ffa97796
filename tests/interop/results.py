"""Results of checks by other people's clients: what each client did on which venue, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs

#: where each run leaves its results; no part of the repository
FOLDER = Path(__file__).parents[2] / ".interop"

#: the subjects of a check, in the order of the page
SUBJECTS = (
    "account",
    "balances",
    "positions",
    "leverage",
    "margin type",
    "position mode",
    "orders",
    "histories",
    "market",
    "refusals",
    "streams",
    "websocket api",
)


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    CLIENT_BUG = "client bug"


@attrs.frozen
class Result:
    """
    How one check of one client ended.

    Attributes:
        client: The client's distribution; a space and a word follow where it has several faces.
        version: Its version.
        language: "Python" or "Node".
        venue: The simulated venue's id.
        subject: One of ``SUBJECTS``.
        check: One sentence that the check shows to be true.
        outcome: How it ended; a client bug is one that failed as it was expected to.
        proof: For a client bug, where in the client the error is, and what the venue documents; else None.
    """

    client: str
    version: str
    language: str
    venue: str
    subject: str = attrs.field(validator=attrs.validators.in_(SUBJECTS))
    check: str
    outcome: Outcome = attrs.field(converter=Outcome)
    proof: str | None = None

    def __attrs_post_init__(self) -> None:
        if (self.outcome is Outcome.CLIENT_BUG) != bool(self.proof):
            raise ValueError(f"a client bug has a proof, and nothing else has one: {self.client}, {self.check}")


def write_results(path: Path, results: Iterable[Result]) -> None:
    """Write results as a JSON list, in an order of their own."""
    rows = sorted((attrs.asdict(result) for result in results), key=json.dumps)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def read_results(path: Path) -> Iterator[Result]:
    """Yield the results of a file; what is no result raises TypeError or ValueError."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    yield from (Result(**row) for row in rows)
