"""Fates of an attempt: everything that the wire and the venue may do to a request, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from venuekit.simulator import (
    ApplyLater,
    CannedAnswer,
    Cut,
    Delay,
    Disturbance,
    DropAfter,
    DropBefore,
    HalfClose,
    Simulation,
    Truncate,
    Twice,
    Unasked,
)


@attrs.frozen
class Fate:
    """
    What becomes of one attempt.

    Attributes:
        make: Makes the disturbance; None where nothing is disturbed.
        is_refusal: Whether the venue says that it was not carried out, so that it may be sent again.
        is_answered: Whether the venue's own answer arrives whole and alone: so does a refusal.
    """

    make: Callable[[], Disturbance | None]
    is_refusal: bool = False
    is_answered: bool = False


#: a success and a refusal of other questions
_SUCCESS = {"retCode": 0, "retMsg": "OK", "result": {}, "time": 1_700_000_000_000}
_REFUSAL = {"code": -2022, "msg": "?", "retCode": 110017, "retMsg": "?"}

PLAIN: dict[str, Fate] = {
    "nothing": Fate(lambda: None, is_answered=True),
    "dropped before": Fate(DropBefore),
    "dropped after": Fate(DropAfter),
    "applied later": Fate(lambda: ApplyLater(0.5)),
    "applied late": Fate(lambda: ApplyLater(3)),
    "applied at the fence": Fate(lambda: ApplyLater(5.9)),
    "applied after the fence": Fate(lambda: ApplyLater(7)),
    "slow before": Fate(lambda: Delay(before=2), is_answered=True),
    "slow after": Fate(lambda: Delay(after=2), is_answered=True),
    "queued too long": Fate(lambda: Delay(queued=7), is_answered=True),
    "truncated": Fate(lambda: Truncate(4)),
    "cut": Fate(lambda: Cut(4)),
    "empty": Fate(lambda: Cut(0)),
    "half closed": Fate(HalfClose, is_answered=True),
    "gateway": Fate(lambda: CannedAnswer.html(502)),
    "gateway but applied": Fate(lambda: CannedAnswer.html(502, applied=True)),
    "firewall but applied": Fate(lambda: CannedAnswer.html(403, applied=True)),
    "shut out but applied": Fate(lambda: CannedAnswer(418, b"blocked", {"Retry-After": "1"}, applied=True)),
    "nowhere but applied": Fate(lambda: CannedAnswer.html(404, applied=True)),
    "answered twice": Fate(Twice),
    "success behind": Fate(lambda: Unasked.json(_SUCCESS)),
    "success first": Fate(lambda: Unasked.json(_SUCCESS, first=True)),
    "success long before": Fate(lambda: Unasked.json(_SUCCESS, first=True, lead=0.5)),
    "refusal first": Fate(lambda: Unasked.json(_REFUSAL, status=400, first=True)),
}


def fates_of(sim: Simulation, venue: str) -> dict[str, Fate]:
    """Return the plain fates, and each answer that the venue documents, applied or not where it says neither."""

    def documented(name: str, applied: bool | None) -> Callable[[], Any]:
        return lambda: sim.documented(venue, name, applied=applied)

    found = dict(PLAIN)
    for name, answer in sim.answers_of(venue).items():
        if answer.executed is None:
            found[f"{name}, not applied"] = Fate(documented(name, applied=False))
            found[f"{name}, but applied"] = Fate(documented(name, applied=True))
        else:
            found[name] = Fate(documented(name, applied=None), is_refusal=not answer.executed)
    return found
