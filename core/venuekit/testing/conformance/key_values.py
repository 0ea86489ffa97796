"""Checks of the facts about a key: its account and permissions, the clock of its venue, and places in queues."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from venuekit.capabilities import AdlReader, ApiKeyReader, IdentityReader, ServerTimeReader
from venuekit.plugin import from_milliseconds
from venuekit.runtime import Runtime
from venuekit.testing.conformance.account_states import on_account, states_of
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.fake import Watch, plugins_with
from venuekit.testing.staged import Stage, on_stage


class KeyValueChecks(Checks):
    """The account and permissions of a key, the venue's time, and the legs in the queue of auto-deleveraging."""

    tier = Tier.GOLD

    async def test_identity_agrees(self, identity_reader: type[IdentityReader]) -> None:
        """Two keys of one account have one identity; a sub-account has another, below the master if below any."""
        async with on_stage(self.inventory.venue) as stage:
            own = await identity_reader.of(stage.account).get_identity()
            async with _open(stage, read_only=True) as again:
                assert await again.get_identity() == own, "another key of the same account has another identity"
            async with _open(stage, sub_account=True) as below:
                other = await below.get_identity()
            assert other.account != own.account, f"a sub-account has the master's identity {own}"
            assert other.parent in {None, own.account}, f"{other} is below {own}"

    async def test_api_key_agrees(self, api_key_reader: type[ApiKeyReader]) -> None:
        """A key that may only read says so, and one that may trade does not."""
        async with on_stage(self.inventory.venue) as stage:
            assert (await api_key_reader.of(stage.account).get_api_key()).read_only is False
            async with _open(stage, read_only=True) as reading:
                assert (await reading.get_api_key()).read_only is True

    async def test_server_time_agrees(self, server_time_reader: type[ServerTimeReader]) -> None:
        """The venue's time is that of its clock, and not of ours."""
        async with on_stage(self.inventory.venue) as stage:
            stage.simulation.skew(3600)
            given = await server_time_reader.of(stage.account).get_server_time()
            held = from_milliseconds(stage.simulation.milliseconds())
            assert abs(given - held) < timedelta(seconds=1), f"the time is {given}; the venue has {held}"

    async def test_adl_quantiles_agree(self, adl_reader: type[AdlReader]) -> None:
        """Every open leg has its place in the queue, and no place is outside of it."""
        for state in states_of(self.inventory.venue):
            async with on_account(self.inventory.venue, state) as stage:
                places = await adl_reader.of(stage.account).get_adl_quantiles()
                missing = {(leg.symbol, leg.side) for leg in stage.ledger.positions()}
                missing -= {(place.symbol, place.side) for place in places}
                assert not missing, f"no place for {missing}"
                odd = [place for place in places if not 0 <= place.rank <= place.of]
                assert not odd, f"outside of the queue: {odd}"


@asynccontextmanager
async def _open(stage: Stage, *, read_only: bool = False, sub_account: bool = False) -> AsyncIterator[Any]:
    """Open an account with another key of a simulation."""
    credentials = stage.simulation.credentials(stage.venue.id, read_only=read_only, sub_account=sub_account)
    async with Runtime(plugins=plugins_with(Watch()), clock=stage.clock, journal=False) as runtime:
        yield await runtime.open(stage.venue, credentials)
