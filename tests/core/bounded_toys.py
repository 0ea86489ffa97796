"""The toy venue with every bound that a request can have, on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from venuekit.plugin import (
    EncodedRequest,
    HttpResponse,
    NonceRule,
    RequestExpiry,
    Security,
    Stamp,
    Venue,
)
from venuekit.simulator import SimKey, SimRequest, Usage
from venuekit.simulator.ledger import Reason, Refused
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.signing import ToySigning
from venuekit_toy_perp.simulated import SimulatedToy

TIME_HEADER = "X-Toy-Time"


class Unbounded(SimulatedToy):
    """Takes a request however late it comes, and says when it answered."""

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """Check nothing."""

    def limit_headers(self, usages: tuple[Usage, ...], milliseconds: int) -> Mapping[str, str]:
        return {**super().limit_headers(usages, milliseconds), TIME_HEADER: str(milliseconds)}


class Windowed(Unbounded):
    """Refuses what is too old, or of the future."""

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        SimulatedToy.recheck(self, request, milliseconds)


class Expiring(Unbounded):
    """Refuses what has expired."""

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        if milliseconds > int(request.parameters["time"]) + int(request.parameters["window"]):
            raise Refused(Reason.OUTSIDE_WINDOW)


class Numbered(Unbounded):
    """Refuses what carries no larger number than the last one that it took, also when it is carried out."""

    def __init__(self) -> None:
        self.highest = 0

    def authenticate(
        self, request: SimRequest, security: Security, keys: Mapping[str, SimKey], milliseconds: int
    ) -> SimKey:
        key = super().authenticate(request, security, keys, milliseconds)
        if security is Security.SIGNED:
            number = int(request.parameters["number"])
            if number <= self.highest:
                raise Refused(Reason.OUTSIDE_WINDOW)
            self.highest = number
        return key

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        if int(request.parameters["number"]) < self.highest:
            raise Refused(Reason.OUTSIDE_WINDOW)


class NumberedSigning(ToySigning):
    """The toy venue's, with the number among the signed parameters."""

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        return super().payload(encoded, stamp) + f"&number={stamp.nonce}".encode()


def answer_time(response: HttpResponse) -> int | None:
    given = response.headers.get(TIME_HEADER)
    return None if given is None else int(given)


KINDS: Mapping[str, Venue[Any]] = {
    "window": attrs.evolve(TOY_PERP, simulated=Windowed),
    "expiry": attrs.evolve(TOY_PERP, simulated=Expiring, expiry=RequestExpiry.EXPIRY),
    "nonce": attrs.evolve(
        TOY_PERP,
        simulated=Numbered,
        expiry=RequestExpiry.NONCE,
        nonce=NonceRule(1_000_000),
        signing=NumberedSigning(),
    ),
    "none": attrs.evolve(TOY_PERP, simulated=Unbounded, expiry=RequestExpiry.NONE),
}
