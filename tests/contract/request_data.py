"""The documented requests as values, read from ``tests/contract/requests``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import attrs

_HERE = Path(__file__).parent
REQUESTS = _HERE / "requests"


@attrs.frozen(kw_only=True)
class DocumentedRequest:
    """
    One documented request of one venue; see the head of the data for its fields.

    Attributes:
        terms: What the venue's table says: the root of its paths, symbols and quantities.
        needs: The parameters that are optional, but not in this request, with the code of the refusal without them.
        code: The code of its documented refusal, 0 where it is carried out.
        before: A route, as verb and path, that is asked first; None without.
        bodies: The recorded answers of such a request.
        keyed: The fields that hold an object whose keys are values.
    """

    venue: str
    route: str
    terms: Mapping[str, str]
    name: str = ""
    scenario: str = "flat"
    state: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    parameters: Mapping[str, Any] = attrs.field(factory=dict)
    needs: Mapping[str, int] = attrs.field(factory=dict)
    code: int = 0
    before: str | None = None
    bodies: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    keyed: frozenset[str] = attrs.field(default=frozenset(), converter=frozenset)

    @property
    def label(self) -> str:
        """What identifies it."""
        return f"{self.venue} {self.route}" + (f" ({self.name})" if self.name else "")


@cache
def load_requests() -> tuple[DocumentedRequest, ...]:
    """Return every documented request, venue by venue."""
    found = [request for path in sorted(REQUESTS.glob("*.toml")) for request in _requests_of(path)]
    labels = [request.label for request in found]
    if twice := {label for label in labels if labels.count(label) > 1}:
        raise ValueError(f"two requests have one name: {', '.join(sorted(twice))}")
    return tuple(found)


def _requests_of(path: Path) -> Iterator[DocumentedRequest]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    for venue, terms in document["venues"].items():
        for table in document["request"]:
            fields = {name: value for name, value in table.items() if name != "venues"}
            if venue not in table.get("venues", [venue]):
                continue
            for name in ("route", "before"):
                if name in fields:
                    fields[name] = fields[name].format_map(terms)
            fields["bodies"] = [body.format_map(terms) for body in fields.get("bodies", ())]
            yield DocumentedRequest(venue=venue, terms=terms, **fields)
