"""Checks of arrival: a write that is held back beyond the bound that its venue declares is refused."""

from __future__ import annotations

from typing import Any

import pytest

from venuekit.endpoint import Endpoint
from venuekit.errors import VenuekitError
from venuekit.message import HttpRequest, HttpResponse
from venuekit.pipeline.wire import RestWire
from venuekit.request_bounds import fence_of
from venuekit.signing import EncodedRequest
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage
from venuekit.venue import Refusal

#: seconds past the fence, before which a longer window than the declared one is not over
_PAST = 0.05


class _HeldBack(BaseException):
    """The request has left, and is not there: no failure that the pipeline could do something about."""


class _HoldingWire:
    """A wire that keeps the first request to one endpoint back; everything else passes."""

    def __init__(self, wire: RestWire, endpoint: Endpoint[Any]) -> None:
        self._wire = wire
        self._endpoint = endpoint
        self._encoded: EncodedRequest | None = None
        self._request: HttpRequest | None = None

    def encode(self, endpoint: Endpoint[Any], *arguments: Any, **options: Any) -> EncodedRequest:
        """Encode a request, and remember the one to keep back."""
        encoded = self._wire.encode(endpoint, *arguments, **options)
        if endpoint is self._endpoint:
            self._encoded = encoded
        return encoded

    async def sign(self, encoded: EncodedRequest, *arguments: Any, **options: Any) -> HttpRequest:
        """Sign a request, and remember the one to keep back."""
        request = await self._wire.sign(encoded, *arguments, **options)
        if encoded is self._encoded and self._request is None:
            self._request = request
        return request

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request; the one to keep back raises."""
        if request is self._request:
            raise _HeldBack
        return await self._wire.send(request)

    async def let_go(self) -> HttpResponse:
        """Send the request that was kept back, and return its answer."""
        assert self._request is not None, f"nothing was sent to {self._endpoint}"
        return await self._wire.send(self._request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wire, name)


class ArrivalChecks(Checks):
    """The bound that a venue declares for its requests is one that its requests carry."""

    tier = Tier.GOLD

    async def test_write_held_back_past_its_window_is_refused(self, windowed_write: Endpoint[Any]) -> None:
        """
        A signed write that arrives after its fence is refused because of its time, with a shorter window too.

        One that the signing scheme gives another window, or none, is carried out, and no lost write of this venue could
        be proven absent.
        """
        venue = self.inventory.venue
        shorter = max(venue.recv_window_least, venue.recv_window // 2)
        for window in sorted({venue.recv_window, shorter}):
            late = fence_of(0, window) / 1000 + _PAST
            in_time = await self._arrive(windowed_write, window, 0)
            refusal = await self._arrive(windowed_write, window, late)
            _check(refusal, in_time, f"{windowed_write}, {late:g} s after it was signed with recv_window {window} ms,")

    async def test_write_overtaken_by_a_later_number_is_refused(self, numbered_write: Endpoint[Any]) -> None:
        """A signed write that arrives after a request with a later number was answered is refused because of that."""
        in_time = await self._arrive(numbered_write, None, 0)
        refusal = await self._arrive(numbered_write, None, 0, behind=self.inventory.signed_read)
        _check(refusal, in_time, f"{numbered_write}, behind an answered request with a later number,")

    async def _arrive(
        self, endpoint: Endpoint[Any], window: int | None, seconds: float, *, behind: Endpoint[Any] | None = None
    ) -> Refusal | None:
        """Sign a write, hold it back for so long and ``behind`` a read, send it, and return its refusal, if any."""
        async with on_stage(self.inventory.venue) as stage:
            session = stage.account._session  # noqa: SLF001 - no caller can hold a request back
            wire = session.wire = _HoldingWire(session.wire, endpoint)
            with pytest.raises(_HeldBack):
                await self._call(stage, endpoint, window)
            await stage.clock.sleep(seconds)
            if behind is not None:
                await stage.account.call(behind, **self.inventory.parameters_on(stage, behind))
            return stage.venue.answers(await wire.let_go())

    async def _call(self, stage: Stage, endpoint: Endpoint[Any], window: int | None) -> None:
        parameters = self.inventory.parameters_on(stage, endpoint)
        try:
            await stage.account.with_options(recv_window=window).call(endpoint, **parameters)
        except VenuekitError as error:
            pytest.fail(f"{endpoint} ended before it was sent: {error}")


def _check(refusal: Refusal | None, in_time: Refusal | None, write: str) -> None:
    """Fail unless a write that is too late is refused, and by another code, or other words, than it may be in time."""
    too_late = refusal is not None and (in_time is None or _reason(in_time) != _reason(refusal))
    how = "carried out" if refusal is None else f"refused as it is in time ({refusal.code} {refusal.message})"
    assert too_late, f"{write} is {how}: nothing bounds how late it can arrive"


def _reason(refusal: Refusal) -> int | str:
    """Return the code of a refusal; where it has none the words, without the digits that differ from time to time."""
    words = "".join(letter for letter in refusal.message if not letter.isdigit())
    return words if refusal.code is None else refusal.code
