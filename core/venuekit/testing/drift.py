"""Drift: differences between the answers of a venue and its recorded ones."""

from __future__ import annotations

import enum
import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit.testing.recorded import RecordedCase

_WORD = re.compile(r"[A-Za-z][A-Za-z_]*")
#: fields whose words are names and no members of an enumeration, in small letters
_NAMES = frozenset(
    {
        *("asset", "base", "coin", "contract", "currency", "market", "pair", "quote", "settle", "symbol"),
        *("msg", "message", "name", "note", "text", "unit"),
    }
)
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


class DriftKind(enum.StrEnum):
    """A kind of difference between an answer and its recorded answers."""

    ADDED = "added"  #: a field that no recorded answer has
    REMOVED = "removed"  #: a field that every recorded object of its place has
    RETYPED = "retyped"  #: a field whose JSON type is another one
    WORD = "new word"  #: a member of an enumeration that was never seen in a field of this name
    STATUS = "status"  #: another HTTP status, or a refusal


@attrs.frozen
class Drift:
    """One difference; ``field`` is the way to it, as ``result.list[].side``, empty where the whole answer differs."""

    kind: DriftKind
    field: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        change = {
            DriftKind.ADDED: f"{self.field} was added ({self.after})",
            DriftKind.REMOVED: f"{self.field} was removed ({self.before})",
            DriftKind.WORD: f"{self.field} has the word {self.after}, which was never seen",
        }
        about = f"{self.field} " if self.field else ""
        return change.get(self.kind, f"{about}was {self.before} and is {self.after}")


@attrs.frozen
class _Shape:
    """The JSON types at each way of some answers, how many values are there, and the texts."""

    types: Mapping[str, Counter[str]]
    texts: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, values: Iterable[Any]) -> _Shape:
        types: defaultdict[str, Counter[str]] = defaultdict(Counter)
        texts: defaultdict[str, set[str]] = defaultdict(set)
        for value in values:
            for way, part in _walk(value, ""):
                types[way][_type_of(part)] += 1
                if isinstance(part, str):
                    texts[way].add(part)
        return cls(dict(types), {way: frozenset(known) for way, known in texts.items()})

    def lacks(self, way: str) -> bool:
        """Return whether a field is missing; the rows of a list without any are unknown, and so are their fields."""
        return way not in self.types and not way.endswith("[]") and self._objects(way) > 0

    def has_always(self, way: str) -> bool:
        """Return whether every object that could have a field has it."""
        return self.types[way].total() == self._objects(way)

    def _objects(self, way: str) -> int:
        return self.types.get(way.rpartition(".")[0], Counter())["object"]

    def kinds(self, way: str) -> frozenset[str]:
        """Return the types at a way."""
        return frozenset(self.types.get(way, ()))


def find_drift(
    recorded: Iterable[RecordedCase], answer: RecordedCase, *, others: Iterable[RecordedCase] = ()
) -> tuple[Drift, ...]:
    """
    Return the differences between an answer and the recorded ones of its endpoint; none without a recorded success.

    A refusal that is recorded, too, is no difference.

    Args:
        recorded: The recorded answers of the endpoint.
        answer: The new answer.
        others: Further recorded answers of the venue, whose words are known as well.
    """
    cases = tuple(recorded)
    before = [case for case in cases if case.is_success]
    if not before:
        return ()
    changed: list[Drift] = []
    if _outcome_of(answer) not in map(_outcome_of, cases):
        known = " or ".join(sorted(set(map(_outcome_of, before))))
        changed.append(Drift(DriftKind.STATUS, "", known, _outcome_of(answer)))
    return (*changed, *(_differences(before, answer, others) if answer.is_success else ()))


def _outcome_of(case: RecordedCase) -> str:
    if case.is_success:
        return f"status {case.status}"
    return " ".join(str(part) for part in (f"status {case.status}:", case.code, case.message) if part is not None)


def _differences(
    before: Collection[RecordedCase], answer: RecordedCase, others: Iterable[RecordedCase]
) -> Iterator[Drift]:
    old, new = _Shape.of(map(_json_of, before)), _Shape.of([_json_of(answer)])
    for way in sorted(new.types.keys() | old.types.keys()):
        if old.lacks(way):
            yield Drift(DriftKind.ADDED, way, None, _words(new.kinds(way)))
        elif new.lacks(way) and old.has_always(way):
            yield Drift(DriftKind.REMOVED, way, _words(old.kinds(way)), None)
        elif way in old.types and new.kinds(way) - old.kinds(way):
            yield Drift(DriftKind.RETYPED, way, _words(old.kinds(way)), _words(new.kinds(way)))
    known: defaultdict[str, set[str]] = defaultdict(set)
    for shape in (old, _Shape.of(map(_json_of, others))):
        for way, texts in shape.texts.items():
            known[_name_of(way)] |= texts
    for way, texts in sorted(new.texts.items()):
        if _has_words(way, old.texts.get(way, frozenset())):
            for text in sorted(texts - known[_name_of(way)]):
                if _WORD.fullmatch(text):
                    yield Drift(DriftKind.WORD, way, ", ".join(sorted(old.texts[way])), text)


def _json_of(case: RecordedCase) -> Any:
    try:
        return json.loads(case.body, parse_float=Decimal)
    except ValueError:
        return case.body.decode(errors="replace")


def _walk(value: Any, way: str) -> Iterator[tuple[str, Any]]:
    yield way, value
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _walk(part, f"{way}.{name}" if way else str(name))
    elif isinstance(value, list):
        for part in value:
            yield from _walk(part, f"{way}[]")


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    kinds = ((bool, "flag"), (int | Decimal, "number"), (str, "text"), (list, "list"))
    return next((word for kind, word in kinds if isinstance(value, kind)), "object")


def _words(kinds: Collection[str]) -> str:
    return " or ".join(sorted(kinds))


def _name_of(way: str) -> str:
    return way.replace("[]", "").rpartition(".")[2]


def _has_words(way: str, texts: Collection[str]) -> bool:
    """Return whether the recorded texts at a way are members of an enumeration."""
    is_name = any(part.lower().removesuffix("s") in _NAMES for part in _PARTS.findall(_name_of(way)))
    return bool(texts) and not is_name and all(map(_WORD.fullmatch, filter(None, texts)))
