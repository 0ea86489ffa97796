"""The kinds of disturbances of streams that can be written, and such a disturbance, not yet added to a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from venuekit.simulator.commands import find_account, find_venue
from venuekit.simulator.fields import Field, FieldError, FieldKind, read_fields
from venuekit.simulator.simulation import Simulation
from venuekit.simulator.streams import (
    StreamCut,
    StreamDelay,
    StreamDisturbance,
    StreamDuplicate,
    StreamExpiry,
    StreamHalfOpen,
    StreamOverflow,
    StreamReorder,
    StreamRestart,
    StreamSilence,
)

#: the most messages that one command disturbs, or waits for
_MESSAGES_MAX = 1_000_000
#: the codes of close frames
_CODE_MIN, _CODE_MAX = 1000, 4999

STREAM_FIELDS = (
    Field("venue", FieldKind.TEXT, "The venue; all that have streams when left out."),
    Field("account", FieldKind.TEXT, "The account, by name or number; all when left out."),
    Field(
        "message",
        FieldKind.WHOLE,
        "The message from now before which it begins, 1 for the next, on the stream of that message; at once, on all "
        "that are open, when left out.",
        minimum=1,
        maximum=_MESSAGES_MAX,
    ),
)
"""The fields of every kind."""


@attrs.frozen
class StreamKind:
    """A kind of disturbance of streams that can be written: name, one sentence about it, its own fields, its class."""

    name: str
    title: str
    fields: tuple[Field, ...]
    type: type[StreamDisturbance]


def _count(name: str, title: str) -> Field:
    return Field(name, FieldKind.WHOLE, title, minimum=1, maximum=_MESSAGES_MAX)


STREAM_KINDS: Mapping[str, StreamKind] = {
    kind.name: kind
    for kind in (
        StreamKind(
            "stream-cut",
            "Break a stream, or close it by a frame.",
            (
                Field(
                    "code",
                    FieldKind.WHOLE,
                    "The code of the close frame; without it there is none.",
                    minimum=_CODE_MIN,
                    maximum=_CODE_MAX,
                ),
            ),
            StreamCut,
        ),
        StreamKind(
            "stream-half-open",
            "Leave a stream open, and neither read nor send any more: no message, no ping, no pong.",
            (),
            StreamHalfOpen,
        ),
        StreamKind(
            "stream-silence",
            "Lose the venue's own messages; pings and answers go on.",
            (Field("seconds", FieldKind.SECONDS, "The seconds; for ever when left out."),),
            StreamSilence,
        ),
        StreamKind(
            "stream-duplicate",
            "Send the next messages twice, each one directly behind itself.",
            (_count("messages", "The number of messages; 1 when left out."),),
            StreamDuplicate,
        ),
        StreamKind(
            "stream-reorder",
            "Send the next message behind the ones that follow it.",
            (_count("behind", "The number of those that overtake it; 1 when left out."),),
            StreamReorder,
        ),
        StreamKind(
            "stream-delay",
            "Send the next message, and those behind it, later.",
            (Field("seconds", FieldKind.SECONDS, "The seconds.", required=True, is_word=True),),
            StreamDelay,
        ),
        StreamKind(
            "stream-expiry",
            "Let the session expire before its time, with the venue's message about it.",
            (_count("times", "The number of those messages; 1 when left out."),),
            StreamExpiry,
        ),
        StreamKind(
            "stream-overflow",
            "Lose the next messages, and then close the stream, as of a client that reads too slowly.",
            (_count("messages", "The number of messages; 1 when left out."),),
            StreamOverflow,
        ),
        StreamKind(
            "stream-restart",
            "Break every stream of every venue, and refuse connections for a time, as of a server that restarts.",
            (Field("seconds", FieldKind.SECONDS, "The seconds; 0 when left out."),),
            StreamRestart,
        ),
    )
}
"""The kinds of disturbances of streams that can be written, by name."""


@attrs.frozen
class ScriptedStream:
    """
    A disturbance of streams, not yet added to a simulation; the fields are those of every kind.

    ``venue_id`` is None for every venue that has streams: then messages are counted over all of them.
    """

    disturbance: StreamDisturbance
    venue_id: str | None = None
    account: str | None = None
    message: int | None = None

    def add_to(self, simulation: Simulation) -> tuple[str, ...]:
        """
        Let a simulation play it, and return the ids of the venues whose streams it is about.

        Raises:
            FieldError: the simulation has no such venue or account, the venue has no streams, or none is open where it
                begins at once.
        """
        places = simulation.venue_ids if self.venue_id is None else (find_venue(simulation, self.venue_id),)
        venue_ids = tuple(place for place in places if simulation.stream(place) is not None)
        if not venue_ids:
            who = "no simulated venue has" if self.venue_id is None else f"the simulated {self.venue_id} has no"
            raise FieldError(f"{who} streams", "venue")
        if self.account is not None:
            find_account(simulation, {"account": self.account})
        try:
            simulation.disturb_streams(venue_ids, self.disturbance, account=self.account, message=self.message)
        except LookupError as error:
            raise FieldError(f"it is missing, and {error}", "message") from error
        return venue_ids


def read_stream_disturbance(kind: StreamKind, given: Mapping[str, object]) -> ScriptedStream:
    """
    Return the disturbance of a kind that the fields of a table of TOML or a JSON object describe.

    Raises:
        FieldError: a field is unknown, or a value cannot be used.
    """
    fields: Mapping[str, Any] = read_fields((*STREAM_FIELDS, *kind.fields), given)
    own = {field.name: fields[field.name] for field in kind.fields if field.name in fields}
    return ScriptedStream(kind.type(**own), fields.get("venue"), fields.get("account"), fields.get("message"))
