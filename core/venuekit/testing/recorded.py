"""
Recorded answers: files with one case each.

A file is one JSON object::

    {
      "source": "documented",
      "verb": "GET",
      "path": "/v1/positions",
      "security": "signed",
      "parameters": {"symbol": "BTCUSD"},
      "status": 200,
      "answer": [{"symbol": "BTCUSD", "size": "3"}]
    }

``path`` is the documented one, with its parameters in braces, and ``action`` (left out where there is none) holds the
constant parameters of the endpoint. ``security`` is ``none``, ``key``, ``signed`` or ``token``. ``parameters`` are the
client's by the venue's names, without those of signing. ``answer`` is the body as JSON, kept byte for byte; a body that
is not JSON is ``text`` instead. A refusal has its ``code`` beside it, one without a code its ``message``, and the
``fault`` that it means (a word of :class:`~venuekit.plugin.Fault`). ``source`` names the origin of the body; the file's
name is the case's name.

A recorded success of a read carries the values that it must become, by the capability method that makes them::

      "expect": {
        "get_positions": [{"symbol": "BTCUSD", "side": "long", "quantity": "3"}],
        "get_position": {"symbol": "BTCUSD", "quantity": "3"}
      }

A list is all items that the method returns, in their order, an object one value; a field that is left out is not
compared. Decimals are texts or JSON numbers, times ISO 8601 (``"2025-06-15T15:06:40.000Z"``), durations seconds,
members of an enumeration their value, and null is None. The method is called with the ``symbol``, ``order_id`` and
``client_id`` of the recorded parameters, without them with the symbol of an object that is expected, and a history from
the first expected time on; ``arguments`` (``{"include_flat": true}``) go before those, each for the methods that have
it. Where a method asks other endpoints as well, ``beside`` lists the recorded answers that they give; the simulated
venue answers the rest. ``unread`` lists fields of the answer that the plugin does without: ``result.list.feeRate``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import msgspec

from venuekit.endpoint import Endpoint, EndpointName, Security
from venuekit.faults import Fault
from venuekit.message import HttpResponse
from venuekit.venue import Venue

_FACTS = frozenset({"source", "verb", "path", "action", "security", "parameters", "status", "code", "message", "fault"})
#: how the names of capability methods begin that read
READING = ("get_", "iter_")
_WISHES = frozenset({"expect", "arguments", "beside", "unread"})


@attrs.frozen(kw_only=True)
class RecordedCase:
    """
    One recorded answer; ``code``, ``message`` and ``fault`` are the refusal's, all None for a success.

    ``expect`` holds the values that a success must become, by the name of the capability method.
    """

    name: str
    source: str
    verb: str
    path: str
    security: Security
    parameters: Mapping[str, Any]
    status: int
    body: bytes = attrs.field(repr=False)
    code: int | str | None = None
    message: str | None = None
    action: Mapping[str, str] = attrs.field(factory=dict)
    fault: Fault | None = None
    expect: Mapping[str, Any] = attrs.field(factory=dict)
    arguments: Mapping[str, Any] = attrs.field(factory=dict)
    beside: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    unread: frozenset[str] = attrs.field(default=frozenset(), converter=frozenset)

    def __attrs_post_init__(self) -> None:
        if self.is_success and self.fault is not None:
            raise ValueError(f"a success has no fault, and not {self.fault}")
        if self.expect and not self.is_success:
            raise ValueError("a refusal becomes no value: leave expect out")
        if writes := [name for name in self.expect if not name.startswith(READING)]:
            raise ValueError(f"expect is for methods that read, and not for {', '.join(writes)}")

    @property
    def endpoint_name(self) -> EndpointName:
        """The name of the endpoint that it belongs to."""
        return EndpointName.of(self.verb, self.path, self.action)

    @property
    def is_success(self) -> bool:
        """Whether the venue carried the request out."""
        return self.code is None and self.message is None and self.status < 300

    def response(self) -> HttpResponse:
        """Return the answer as a transport returns it."""
        return HttpResponse(self.status, {"Content-Type": "application/json"}, self.body)


@attrs.frozen
class Recorded:
    """The recorded answers of one venue, by name."""

    directory: Path
    cases: tuple[RecordedCase, ...]

    def __iter__(self) -> Iterator[RecordedCase]:
        return iter(self.cases)

    def case(self, name: str) -> RecordedCase:
        """
        Return the case of this name.

        Raises:
            LookupError: no case has this name; the text lists the existing ones.
        """
        for case in self.cases:
            if case.name == name:
                return case
        names = ", ".join(case.name for case in self.cases) or "none at all"
        raise LookupError(f"no recorded answer {name!r} in {self.directory}; there is {names}")

    def of(self, endpoint: Endpoint[Any]) -> tuple[RecordedCase, ...]:
        """Return the cases of an endpoint, successes first."""
        mine = (case for case in self.cases if case.endpoint_name == endpoint.name)
        return tuple(sorted(mine, key=lambda case: (not case.is_success, case.name)))


def find_recorded(venue: Venue[Any]) -> Path:
    """
    Return the directory of a venue's recorded answers.

    That is ``tests/recorded/`` beside the package of its account class, or the directory in it with the venue's id
    where a distribution provides several venues.
    """
    package = sys.modules[venue.account.__module__.partition(".")[0]]
    beside = Path(package.__file__ or "").parent.parent / "tests" / "recorded"
    own = beside / venue.id
    return own if own.is_dir() else beside


def load_recorded(directory: Path) -> Recorded:
    """
    Read every ``*.json`` of a directory; a missing directory has no cases.

    Raises:
        ValueError: a file that is not a recorded answer; the text names file and reason.
    """
    return Recorded(directory, tuple(_load(path) for path in sorted(directory.glob("*.json"))))


def _load(path: Path) -> RecordedCase:
    try:
        facts = msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw])
        plain = {name: json.loads(bytes(raw), parse_float=Decimal) for name, raw in facts.items() if name != "answer"}
        body = bytes(facts["answer"]) if "answer" in facts else plain.pop("text").encode()
        unknown = plain.keys() - _FACTS - _WISHES
        if unknown:
            raise ValueError(f"unknown fields {', '.join(sorted(unknown))}")
        plain["security"] = Security(plain["security"])
        plain["fault"] = Fault(plain["fault"]) if "fault" in plain else None
        return RecordedCase(name=path.stem, body=body, **plain)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} is no recorded answer: {type(error).__name__}: {error}") from error


@contextmanager
def believe_answers(venue: Venue[Any]) -> Iterator[None]:
    """
    Accept every answer of a venue without checking its echo of the request or its time.

    A documented answer need not belong to the documented request, and its time is that of the documentation.
    """
    checks = {endpoint: endpoint.check_echo for endpoint in venue.endpoints}
    answered_at = venue.answered_at
    try:
        for endpoint in checks:
            object.__setattr__(endpoint, "check_echo", None)
        object.__setattr__(venue, "answered_at", None)
        yield
    finally:
        for endpoint, check in checks.items():
            object.__setattr__(endpoint, "check_echo", check)
        object.__setattr__(venue, "answered_at", answered_at)
