"""The kinds of disturbances that can be written: the one table for files, the control port, and the documentation."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from venuekit.errors import ConfigurationError
from venuekit.simulator.commands import ACTIONS, CLOCK, find_account, places_of, places_with
from venuekit.simulator.disturbances import (
    ApplyLater,
    CannedAnswer,
    ContentType,
    Cut,
    Delay,
    Disturbance,
    Drip,
    DropAfter,
    DropBefore,
    HalfClose,
    HalfOpen,
    Lag,
    Oversize,
    RefuseConnections,
    Reject,
    SecondActor,
    StepClock,
    Swap,
    Truncate,
    Twice,
    Unasked,
    UnendedGzip,
)
from venuekit.simulator.fields import Field, FieldError, FieldKind, read_fields, refuse_constant
from venuekit.simulator.ledger import Ledger, Reason, Refused
from venuekit.simulator.message import Response, json_response
from venuekit.simulator.simulation import Simulation

_log = logging.getLogger("venuekit.simulator")

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
#: the most attempts, and the most reads of each, that one command scripts: each is kept until it is played
_TIMES_MAX = 1000


@attrs.frozen
class Named:
    """An answer that a venue documents, by its name; ``applied`` as of :meth:`Simulation.documented`."""

    name: str
    applied: bool | None = None


@attrs.frozen
class Actor:
    """A second actor: the command that it gives, with the command's fields, before the request or ``after`` it."""

    command: str
    fields: Mapping[str, object]
    after: bool = False

    def make(self, simulation: Simulation, venue_id: str) -> SecondActor:
        """
        Return the disturbance for a venue; the command acts there and on the caller's account, unless it names others.

        Raises:
            FieldError: the simulation has no such venue, account or symbol.
        """
        command = ACTIONS[self.command]
        known = {field.name for field in command.fields}
        given = {**({"venue": venue_id} if "venue" in known else {}), **self.fields}
        try:
            fields = read_fields(command.fields, given)
            find_account(simulation, fields)
            (places_with if "symbol" in fields else places_of)(simulation, fields)
        except FieldError as error:
            raise _within("with", error) from error

        def act(ledger: Ledger) -> None:
            accounts = simulation.accounts if "account" in known else ()
            caller = [one for one in accounts if simulation.ledger_of(venue_id, account=one) is ledger]
            try:
                command.run(simulation, {**({"account": caller[0]} if caller else {}), **given})
            except (ConfigurationError, Refused) as error:
                _log.warning("a second actor's %s had no effect: %s", command.name, error)

        act.__name__ = command.name  # by which a list of waiting commands shows it
        return SecondActor(act, self.after)


def _within(name: str, error: FieldError) -> FieldError:
    return FieldError(error.problem, f"{name}.{error.field}" if error.field else name)


@attrs.frozen
class ScriptKind:
    """A kind of disturbance that can be written: name, one sentence about it, its own fields, its Python classes."""

    name: str
    title: str
    fields: tuple[Field, ...]
    classes: tuple[type[Disturbance], ...]
    make: Callable[[Mapping[str, Any]], Disturbance | Named | Actor]


ROUTE_FIELDS = (
    Field("route", FieldKind.TEXT, 'Verb and documented path, as "POST /v1/orders".', required=True, is_word=True),
    Field("venue", FieldKind.TEXT, "The venue; without it, the first attempt at any that has the route."),
    Field(
        "attempt",
        FieldKind.WHOLE,
        "The attempt from now that meets it, 1 for the next; without it, the one behind those that are scripted.",
        minimum=1,
        maximum=_TIMES_MAX,
    ),
    Field("times", FieldKind.WHOLE, "The number of attempts; 1 when left out.", minimum=1, maximum=_TIMES_MAX),
)
"""The fields of every kind."""

RANDOM_FIELDS = (
    Field("rate", FieldKind.NUMBER, "The share of attempts.", required=True, is_word=True, minimum=0, maximum=1),
    Field("seed", FieldKind.WHOLE, "The seed; 0 when left out.", minimum=0),
    Field("venue", FieldKind.TEXT, "The venue; all when left out."),
    Field("route", FieldKind.TEXT, "The route; all when left out."),
)
"""The fields of random disturbances."""

#: the longest answer that can be scripted
_SIZE_MAX = 256 * 1024 * 1024
_ANSWER = (
    Field("status", FieldKind.WHOLE, "The HTTP status, of any other answer."),
    Field("body", FieldKind.JSON, "The body, a JSON value."),
    Field("text", FieldKind.TEXT, "The body, a text."),
    Field("headers", FieldKind.TEXTS, "The headers, by their names."),
)
_KEEP = Field("keep", FieldKind.WHOLE, "The number of bytes that are sent.", required=True, minimum=0)


def _drop(fields: Mapping[str, Any]) -> Disturbance:
    if fields.get("before") and fields.get("after"):
        raise FieldError("a request is dropped either before or after it is carried out", "after")
    return DropAfter() if fields.get("after") else DropBefore()


def _delay(fields: Mapping[str, Any]) -> Disturbance:
    if not any(fields.values()):
        raise FieldError("expected seconds above 0 for before, queued or after")
    return Delay(**fields)


def _answer(fields: Mapping[str, Any]) -> Disturbance | Named:
    if "name" in fields:
        if extra := fields.keys() - {"name", "applied"}:
            raise FieldError("an answer that a venue documents has its own; leave it out", min(extra))
        return Named(fields["name"], fields.get("applied"))
    if "status" not in fields:
        raise FieldError("expected a status, or the name of an answer that the venue documents", "status")
    response = _read_response(fields)
    return CannedAnswer(response.status, response.body, response.headers, applied=fields.get("applied", False))


def _unasked(fields: Mapping[str, Any]) -> Disturbance:
    if "lead" in fields and not fields.get("first"):
        raise FieldError("only a response that comes first arrives before the answer; set first", "lead")
    response = _read_response({"status": 200, **fields})
    return Unasked(response, fields.get("first", False), fields.get("lead", 0.0))


def _read_response(fields: Mapping[str, Any]) -> Response:
    if "text" in fields and "body" in fields:
        raise FieldError("an answer has either a body, which is JSON, or a text", "text")
    status, headers = fields["status"], fields.get("headers", {})
    if not 200 <= status <= 599:
        raise FieldError(f"expected an HTTP status from 200 to 599, not {status}", "status")
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise FieldError(f"expected names and values of HTTP headers, not {name!r} = {value!r}", "headers")
    if "body" in fields:
        return json_response(_read_body(fields["body"]), status, headers)
    return Response(status, _encode(fields.get("text", "")), headers)


def _actor(fields: Mapping[str, Any]) -> Actor:
    given = fields.get("with", {})
    if not isinstance(given, Mapping):
        raise FieldError("expected a table of the command's fields", "with")
    try:
        read_fields(ACTIONS[fields["command"]].fields, given)
    except FieldError as error:
        raise _within("with", error) from error
    return Actor(fields["command"], given, fields.get("after", False))


def _reject(fields: Mapping[str, Any]) -> Disturbance:
    details = fields.get("details", {})
    if not isinstance(details, Mapping):
        raise FieldError("expected a table of the numbers and names of the refusal", "details")
    return Reject(Reason(fields["reason"]), details)


def _drip(fields: Mapping[str, Any]) -> Disturbance:
    if not fields["every"]:
        raise FieldError("expected seconds above 0", "every")
    return Drip(**fields)


def _read_body(body: object) -> object:
    """Return a body that can be written as JSON; a number that is none (TOML has such) or half a character cannot."""
    try:
        json.loads(json_response(body).body, parse_constant=refuse_constant)
    except (TypeError, ValueError, RecursionError) as error:
        raise FieldError("expected a value that JSON can hold", "body") from error
    return body


def _check_header(value: str) -> str:
    if not _HEADER_VALUE.fullmatch(value):
        raise FieldError(f"expected the value of an HTTP header, not {value!r}", "type")
    return value


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise FieldError("expected a text of whole characters", "text") from error


KINDS: Mapping[str, ScriptKind] = {
    kind.name: kind
    for kind in (
        ScriptKind(
            "drop",
            "Lose a request before it is carried out, or its answer after that.",
            (
                Field("before", FieldKind.FLAG, "Before it is carried out, as without a word."),
                Field("after", FieldKind.FLAG, "After it is carried out: only the answer is lost."),
            ),
            (DropBefore, DropAfter),
            _drop,
        ),
        ScriptKind(
            "later",
            "Lose the answer at once, and carry the request out later.",
            (
                Field("seconds", FieldKind.SECONDS, "The seconds until then.", required=True, is_word=True),
                Field(
                    "unchecked",
                    FieldKind.FLAG,
                    "Carry it out behind every time window, which the venue checks again otherwise.",
                ),
            ),
            (ApplyLater,),
            lambda fields: ApplyLater(**fields),
        ),
        ScriptKind(
            "delay",
            "Let seconds pass on the way of a request.",
            (
                Field("before", FieldKind.SECONDS, "Before the venue looks at it."),
                Field("queued", FieldKind.SECONDS, "Between its two checks of the time window."),
                Field("after", FieldKind.SECONDS, "After it was carried out, before the answer leaves."),
            ),
            (Delay,),
            _delay,
        ),
        ScriptKind(
            "refuse",
            "Drop the request, and refuse every connection to all venues for a time, as where no server listens.",
            (Field("seconds", FieldKind.SECONDS, "The seconds.", required=True, is_word=True),),
            (RefuseConnections,),
            lambda fields: RefuseConnections(fields["seconds"]),
        ),
        ScriptKind(
            "half-open",
            "Leave the connection open and never answer.",
            (Field("applied", FieldKind.FLAG, "Whether the request is carried out all the same."),),
            (HalfOpen,),
            lambda fields: HalfOpen(**fields),
        ),
        ScriptKind(
            "answer",
            "Give this answer in place of the venue's.",
            (
                Field("name", FieldKind.TEXT, "The name of an answer that the venue documents."),
                *_ANSWER,
                Field("applied", FieldKind.FLAG, "Whether the request is carried out all the same."),
            ),
            (CannedAnswer,),
            _answer,
        ),
        ScriptKind(
            "reject",
            "Let the venue refuse the request for a reason, in its own words; it is not carried out.",
            (
                Field(
                    "reason",
                    FieldKind.TEXT,
                    "The reason.",
                    required=True,
                    is_word=True,
                    choices=tuple(reason.value for reason in Reason),
                ),
                Field("details", FieldKind.JSON, "The numbers and names that the venue's words need, a table."),
            ),
            (Reject,),
            _reject,
        ),
        ScriptKind(
            "truncate",
            "Break the connection in the middle of the answer's body.",
            (_KEEP,),
            (Truncate,),
            lambda fields: Truncate(fields["keep"]),
        ),
        ScriptKind(
            "cut",
            "Answer with the beginning of the body alone.",
            (_KEEP,),
            (Cut,),
            lambda fields: Cut(fields["keep"]),
        ),
        ScriptKind(
            "oversize",
            "Answer with a body that blanks make longer.",
            (
                Field("size", FieldKind.WHOLE, "Its length in bytes.", required=True, minimum=0, maximum=_SIZE_MAX),
                Field("gzip", FieldKind.FLAG, "Whether it travels packed by gzip, and is short on the wire."),
            ),
            (Oversize,),
            lambda fields: Oversize(**fields),
        ),
        ScriptKind(
            "unended-gzip",
            "Answer with a body packed by gzip that does not end.",
            (
                Field(
                    "missing", FieldKind.WHOLE, "The number of missing bytes; 8, the trailer, when left out.", minimum=1
                ),
            ),
            (UnendedGzip,),
            lambda fields: UnendedGzip(**fields),
        ),
        ScriptKind(
            "content-type",
            "Answer under another content type.",
            (Field("type", FieldKind.TEXT, "The type, as text/html.", required=True, is_word=True),),
            (ContentType,),
            lambda fields: ContentType(_check_header(fields["type"])),
        ),
        ScriptKind(
            "drip",
            "Answer slowly, a few bytes at a time.",
            (
                Field("every", FieldKind.SECONDS, "The seconds after each part.", required=True, is_word=True),
                Field("size", FieldKind.WHOLE, "The bytes of a part; 1 when left out.", minimum=1),
            ),
            (Drip,),
            _drip,
        ),
        ScriptKind(
            "twice",
            "Send the answer twice.",
            (),
            (Twice,),
            lambda _: Twice(),
        ),
        ScriptKind(
            "unasked",
            "Send a response that no request asked for on the same connection.",
            (
                *(
                    attrs.evolve(field, title=field.title.replace(", of any other answer", "; 200 when left out"))
                    for field in _ANSWER
                ),
                Field("first", FieldKind.FLAG, "Before the answer, and not after it."),
                Field("lead", FieldKind.SECONDS, "The seconds between a first one and the answer."),
            ),
            (Unasked,),
            _unasked,
        ),
        ScriptKind(
            "swap",
            "Swap the answers of this attempt and of the venue's next one that is to be swapped.",
            (Field("within", FieldKind.SECONDS, "The seconds that one waits for another; 10 when left out."),),
            (Swap,),
            lambda fields: Swap(**fields),
        ),
        ScriptKind(
            "half-close",
            "Answer, and close the sending half of the connection.",
            (),
            (HalfClose,),
            lambda _: HalfClose(),
        ),
        ScriptKind(
            "actor",
            "Let another client of the account act just before the request is carried out.",
            (
                Field("command", FieldKind.TEXT, "Its command.", required=True, choices=tuple(ACTIONS), is_word=True),
                Field(
                    "with",
                    FieldKind.JSON,
                    "The command's fields, a table; venue and account are those of the attempt when left out.",
                ),
                Field("after", FieldKind.FLAG, "Just after it, before its answer leaves."),
            ),
            (SecondActor,),
            _actor,
        ),
        ScriptKind(
            "lag",
            "Answer the next reads of the route from the account as it is now.",
            (Field("reads", FieldKind.WHOLE, "The number of reads; 1 when left out.", minimum=1, maximum=_TIMES_MAX),),
            (Lag,),
            lambda fields: Lag(**fields),
        ),
        ScriptKind(
            "step-clock",
            "Let the venue's clock jump, for good.",
            (
                attrs.evolve(CLOCK, title="The seconds; below 0 it goes back."),
                Field("after", FieldKind.FLAG, "After the request, and not before it."),
            ),
            (StepClock,),
            lambda fields: StepClock(**{**fields, "seconds": float(fields["seconds"])}),
        ),
    )
}
"""The kinds of disturbances that can be written, by name."""
