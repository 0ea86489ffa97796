"""Entries that a process left unfinished in the journal: their outcome in words, and what the journal keeps of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.core.bounded_toys import KINDS

import venuekit
from venuekit import errors
from venuekit.endpoint import Effect, Endpoint
from venuekit.errors import Outcome
from venuekit.parameters import Kind, Parameter
from venuekit.pipeline.observe import EventKind
from venuekit.plugin import Venue, to_milliseconds
from venuekit.resolution import Applied, Lost
from venuekit.simulator import CannedAnswer, Delay, DropAfter, DropBefore, Simulation
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime

ADDING: dict[str, Any] = {"contract": "TOYUSD", "amount": Decimal(5)}
SETTING: dict[str, Any] = {"contract": "GEMUSD", "leverage": 7}
#: a read that fails at once
BROKEN = CannedAnswer.json(409, {"error": {"code": 9999, "message": "no"}})


@attrs.define
class Left:
    """An account with a journal, and what its observers saw."""

    sim: Simulation
    account: Any
    clock: Any
    directory: Path
    events: list[Any] = attrs.field(factory=list)

    async def lose(self, endpoint: Endpoint[Any], disturbance: Any, **parameters: Any) -> Any:
        """Return the entry of a write whose answer is lost, and of which nothing was read."""
        self.sim.disturb("toy_perp", endpoint, disturbance)
        for read in (TOY.SETTINGS, TOY.COLLATERAL_HISTORY):
            self.sim.disturb("toy_perp", read, Delay(before=30))
        with pytest.raises(errors.OutcomeUnknown):
            await self.account.with_options(deadline=1).call(endpoint, **parameters)
        self.sim.script.clear()
        self.events.clear()
        (entry,) = self.account.unresolved
        return entry

    def resolutions(self) -> list[Outcome]:
        return [event.outcome for event in self.events if event.kind is EventKind.RESOLUTION]

    def last_line(self) -> dict[str, Any]:
        """Return the end that the journal keeps of the last write, without its moment."""
        (path,) = self.directory.glob("*.jsonl")
        line: dict[str, Any] = json.loads(path.read_text().splitlines()[-1])
        assert abs(line.pop("at") - self.clock.milliseconds()) < 5_000
        return line


@asynccontextmanager
async def opened(venue: Venue[Any], directory: Path) -> AsyncIterator[Left]:
    """Open an account of a venue with a journal."""
    clock = LoopClock()
    async with Simulation((venue,), clock=clock) as sim, venuekit.Runtime(clock=clock, journal=directory) as runtime:
        account: Any = await runtime.open(venue, sim.credentials("toy_perp"))
        left = Left(sim, account, clock, directory)
        account._session.venue_session.observers = (left.events.append,)
        yield left


@pytest.fixture
async def left(tmp_path: Path) -> AsyncIterator[Left]:
    async with opened(TOY_PERP, tmp_path) as left:
        yield left


def words_of(entry: Any, name: str) -> str:
    return f"toy_perp: {name} of {entry.sent_at:%Y-%m-%d %H:%M:%S} UTC: "


@pytest.mark.parametrize("pause", [0, 10], ids=["before its fence", "after its fence"])
async def test_a_setting_that_holds_is_closed_as_applied(left: Left, pause: float) -> None:
    """Journal and observers are told, and until when another attempt of it may arrive."""
    entry = await left.lose(TOY.SET_LEVERAGE, DropAfter(), **SETTING)
    await asyncio.sleep(pause)

    assert await left.account.resolve(entry) == words_of(entry, "set_leverage for GEMUSD") + "it holds"

    late = {} if pause else {"late_until": to_milliseconds(entry.fence)}
    assert left.last_line() == {"end": entry.id, "outcome": "applied", **late}
    assert left.resolutions() == [Outcome.APPLIED]
    assert left.account.unresolved == ()


async def test_a_setting_that_does_not_hold_is_closed_as_that(left: Left) -> None:
    """It may have held until a later write, so that no more is said."""
    entry = await left.lose(TOY.SET_LEVERAGE, DropBefore(), **SETTING)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await left.account.resolve(entry)
    assert caught.value.message == f"left unfinished at {entry.sent_at:%Y-%m-%d %H:%M:%S} UTC; it may still arrive"
    assert caught.value.reads == ("read 10",)
    await asyncio.sleep(10)
    left.events.clear()

    words = words_of(entry, "set_leverage for GEMUSD") + "does not hold, 10 does; it cannot arrive any more"
    assert await left.account.resolve(entry) == words

    assert left.last_line() == {"end": entry.id, "outcome": "does_not_hold"}
    assert left.resolutions() == [Outcome.UNKNOWN]


async def test_a_setting_that_cannot_be_read_stays_open(left: Left) -> None:
    """The error says since when it is unfinished, and which read failed."""
    entry = await left.lose(TOY.SET_LEVERAGE, DropBefore(), **SETTING)
    await asyncio.sleep(10)
    left.sim.disturb("toy_perp", TOY.SETTINGS, BROKEN)

    with pytest.raises(errors.OutcomeUnknown) as caught:
        await left.account.resolve(entry)

    since = f"left unfinished at {entry.sent_at:%Y-%m-%d %H:%M:%S} UTC"
    assert caught.value.message == f"{since}; the read that would show its outcome failed"
    assert (caught.value.sent_at, caught.value.fence) == (entry.sent_at, entry.fence)
    assert left.account.unresolved == (entry,)


@pytest.mark.parametrize("found", [True, False])
async def test_a_move_is_closed_by_its_row_or_by_its_absence(left: Left, found: bool) -> None:
    """The row that proves it is kept: it proves no other write."""
    entry = await left.lose(TOY.ADD_COLLATERAL, DropAfter() if found else DropBefore(), **ADDING)
    name = "POST /v1/collateral for TOYUSD"

    words = await left.account.resolve(entry)

    if found:
        (change,) = left.sim.ledger.margin_changes("TOYUSD")
        assert words == words_of(entry, name) + "it happened"
        assert left.last_line() == {"end": entry.id, "outcome": "applied", "claims": str(change.id)}
        assert left.resolutions() == [Outcome.APPLIED]
    else:
        since = f"left unfinished at {entry.sent_at:%Y-%m-%d %H:%M:%S} UTC"
        assert words.startswith(f"toy_perp: {name.split(' for', maxsplit=1)[0]}")
        assert f"{since}; found nowhere in 2 reads since" in words
        assert left.last_line() == {"end": entry.id, "outcome": "not_applied"}
        assert left.resolutions() == [Outcome.NOT_APPLIED]


@pytest.mark.parametrize("is_read_first", [False, True])
async def test_a_look_is_told_of_the_other_writes_of_the_journal(left: Left, is_read_first: bool) -> None:
    """Rows that they explain are not its own, in this process or another; a read before it has seen the earlier."""
    told: list[Lost] = []

    async def look(_: object, lost: Lost) -> Applied[bytes]:
        told.append(lost)
        return Applied(b"found")

    async def read(*_: object) -> str:
        return "the wallet"

    added = await left.account.call(TOY.ADD_COLLATERAL, **ADDING)
    left.account._session.owner.write_scopes.claimed = {"row 0"}
    left.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
    lost = attrs.evolve(TOY.ADD_COLLATERAL, claims=None, resolve=look, before=read if is_read_first else None)
    assert await left.account.call(lost, **{**ADDING, "amount": Decimal(6)}) == b"found"

    assert told[0].claimed == {"row 0", added.id}
    assert [(one.claims, one.is_open) for one in told[0].others] == ([] if is_read_first else [(added.id, False)])


async def find_it(_: object, lost: Lost) -> Applied[bytes]:
    """Find a batch whose orders bear the name of its journal's line."""
    assert (lost.made, lost.client_id) == ({"ours"}, "a")
    return Applied(b"found")


BATCH: Endpoint[bytes] = Endpoint(
    "POST",
    "/v1/batch",
    decode=bytes,
    effect=Effect.KEYED,
    parameters=(Parameter("items", Kind.LIST),),
    client_ids=lambda parameters: [item["id"] for item in parameters["items"]],
    resolve=find_it,
)


async def test_a_write_without_a_symbol_is_named_without_one(left: Left) -> None:
    """Its words go on with the time; a client id that cannot be read is that of another version."""
    entry = await left.lose(TOY.ADD_COLLATERAL, DropBefore(), **ADDING)
    session = left.account._session.venue_session
    session.venue = attrs.evolve(session.venue, endpoints=(*session.venue.endpoints, BATCH))
    batch = attrs.evolve(entry, path="/v1/batch", operation="POST /v1/batch", made=frozenset({"ours"}))

    words = await left.account.resolve(attrs.evolve(batch, parameters={"items": [{"id": "a"}]}))

    assert words == words_of(entry, "POST /v1/batch") + "it happened"
    with pytest.raises(errors.ConfigurationError, match="the contents of a list are not those this version sends"):
        await left.account.resolve(attrs.evolve(batch, parameters={"items": [{}]}))


@pytest.mark.parametrize("key", ["ours", "another", None])
async def test_a_number_is_overtaken_by_a_read_of_the_same_key(tmp_path: Path, key: str | None) -> None:
    """Signed by this key, a setting cannot arrive once the read about it is answered; of another key that is open."""
    async with opened(KINDS["nonce"], tmp_path) as left:
        entry = await left.lose(TOY.SET_LEVERAGE, DropBefore(), **SETTING)
        assert entry.nonce is not None
        if key != "ours":
            entry = attrs.evolve(entry, nonce=key and (key, entry.nonce[1]))

        if key == "ours":
            assert "does not hold, 10 does" in await left.account.resolve(entry)
        else:
            with pytest.raises(errors.OutcomeUnknown, match="; it was not signed by this key, so that no request of"):
                await left.account.resolve(entry)


async def test_a_read_that_should_overtake_a_number_and_fails_leaves_it_open(tmp_path: Path) -> None:
    """The reason is that of the read."""
    async with opened(KINDS["nonce"], tmp_path) as left:
        entry = await left.lose(TOY.SET_LEVERAGE, DropBefore(), **SETTING)
        left.sim.disturb("toy_perp", TOY.SETTINGS, DropBefore(), times=9)

        with pytest.raises(
            errors.OutcomeUnknown, match=r"^toy_perp: .*left unfinished at .*; the read that would show"
        ):
            await left.account.resolve(entry)
