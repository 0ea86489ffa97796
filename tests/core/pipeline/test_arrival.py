"""Arrival: that a lost request cannot arrive any more is believed only by what its venue's bound proves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.core.bounded_toys import KINDS, TIME_HEADER, answer_time

import venuekit
from venuekit import errors
from venuekit.errors import Outcome
from venuekit.pipeline.write_scopes import Fence, Footprint, WriteScopes
from venuekit.plugin import (
    AbsenceProof,
    Absent,
    Call,
    Endpoint,
    Lost,
    NonceRule,
    RequestExpiry,
    Resolution,
    Venue,
    WriteScope,
)
from venuekit.simulator import ApplyLater, CannedAnswer, Delay, DropAfter, DropBefore, Simulation
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.simulated import SimulatedToy

pytestmark = pytest.mark.looptime

#: the ways to know a venue's time
TIMES: Mapping[str, Mapping[str, Any]] = {
    "endpoint": {},
    "answers": {"server_time": None, "answered_at": answer_time},
    "unknown": {"server_time": None},
}
#: the kinds and ways by which absence is proven
PROVEN = {
    ("window", "endpoint"),
    ("expiry", "endpoint"),
    ("window", "answers"),
    ("expiry", "answers"),
    ("nonce", "endpoint"),
    ("nonce", "answers"),
    ("nonce", "unknown"),
}
ADD = {"contract": "TOYUSD", "amount": Decimal(5)}


def venue_of(kind: str, time: str, **changes: Any) -> Venue[Any]:
    return attrs.evolve(KINDS[kind], **TIMES[time], **changes)


@asynccontextmanager
async def opened(
    venue: Venue[Any], clock: LoopClock, journal: Path | bool = False
) -> AsyncIterator[tuple[Simulation, Any]]:
    """A simulated venue and an account of it."""
    async with Simulation((venue,), clock=clock) as sim, venuekit.Runtime(clock=clock, journal=journal) as runtime:
        yield sim, await runtime.open(venue, sim.credentials("toy_perp"))


def added(sim: Simulation) -> Decimal:
    return sum((change.amount for change in sim.ledger.margin_changes("TOYUSD")), Decimal(0))


@pytest.fixture
def clock() -> LoopClock:
    return LoopClock()


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("kind", KINDS)
async def test_absence_is_proven_by_its_bound_alone(kind: str, time: str, clock: LoopClock) -> None:
    """A request that never arrives is reported as not executed where the bound can be seen to be over, else unknown."""
    async with opened(venue_of(kind, time), clock) as (sim, account):
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
        with pytest.raises(errors.OperationError) as caught:
            await account.call(TOY.ADD_COLLATERAL, **ADD)

    is_proven = isinstance(caught.value, errors.NotExecuted)
    assert is_proven is ((kind, time) in PROVEN), caught.value
    assert caught.value.outcome is (Outcome.NOT_APPLIED if is_proven else Outcome.UNKNOWN)


@pytest.mark.parametrize("skew", [-30, 0, 30])
@pytest.mark.parametrize("later", [0, 6.5, 500])
@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("kind", KINDS)
async def test_write_reported_as_not_executed_never_is(
    kind: str, time: str, later: float, skew: float, clock: LoopClock
) -> None:
    """However late it is carried out, and whatever the venue's clock is after the account was opened."""
    async with opened(venue_of(kind, time), clock) as (sim, account):
        sim.skew(skew)
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, ApplyLater(later) if later else DropAfter())
        outcome = Outcome.APPLIED
        try:
            await account.call(TOY.ADD_COLLATERAL, **ADD)
        except errors.OperationError as error:
            outcome = error.outcome
            if error.can_resolve:
                try:
                    await error.resolve()
                    outcome = Outcome.APPLIED
                except errors.OperationError as again:
                    outcome = again.outcome
        told = added(sim)
        await clock.sleep(1000)

        assert outcome is not Outcome.NOT_APPLIED or added(sim) == 0
        assert outcome is not Outcome.APPLIED or told == 5


@pytest.mark.parametrize("skew", [-30, 0, 30])
@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("kind", KINDS)
async def test_setting_reported_as_not_executed_never_is(kind: str, time: str, skew: float, clock: LoopClock) -> None:
    """A setting whose attempts are lost and carried out late is never told as not executed while it may come."""
    async with opened(venue_of(kind, time), clock) as (sim, account):
        sim.skew(skew)
        sim.disturb("toy_perp", TOY.SET_LEVERAGE, ApplyLater(20), ApplyLater(25))
        outcome = Outcome.APPLIED
        try:
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        except errors.OperationError as error:
            outcome = error.outcome
            for pause in (0, 3, 4):
                await clock.sleep(pause)
                if outcome is Outcome.UNKNOWN and error.can_resolve:
                    try:
                        await error.resolve()
                        outcome = Outcome.APPLIED
                    except errors.OperationError as again:
                        outcome = again.outcome
        await clock.sleep(1000)
        leverage = sim.ledger.leverage("GEMUSD")

    assert outcome is not Outcome.NOT_APPLIED or leverage != 7
    assert outcome is not Outcome.APPLIED or leverage == 7


def with_add(venue: Venue[Any], add: Endpoint[Any]) -> Venue[Any]:
    """The venue with another declaration of the endpoint that adds collateral."""
    others = [one for one in venue.endpoints if one is not TOY.ADD_COLLATERAL]
    return attrs.evolve(venue, endpoints=(*others, add))


async def find_unsigned(call: Call, lost: Lost) -> Resolution[Any]:
    await call(TOY.SERVER_TIME)
    return Absent("nothing, by a read that carries no number")


@pytest.mark.parametrize("probe", [None, TOY.POSITIONS])
async def test_unsigned_reads_prove_nothing_about_a_number(probe: Endpoint[Any] | None, clock: LoopClock) -> None:
    """Not even the venue's time does; the declared probe is signed, and its answer does."""
    add = attrs.evolve(TOY.ADD_COLLATERAL, resolve=find_unsigned)
    venue = venue_of("nonce", "endpoint", nonce=NonceRule(1_000_000, probe=probe))
    async with opened(with_add(venue, add), clock) as (sim, account):
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
        with pytest.raises(errors.OperationError) as caught:
            await account.call(add, **ADD)
        assert isinstance(caught.value, errors.OutcomeUnknown if probe is None else errors.NotExecuted)
        if probe is not None:
            return
        assert "until a later signed request of this key is answered" in str(caught.value)

        await account.call(TOY.POSITIONS)
        with pytest.raises(errors.NotExecuted):
            await caught.value.resolve()


async def test_probe_that_fails_proves_nothing(clock: LoopClock) -> None:
    """The error names it."""
    add = attrs.evolve(TOY.ADD_COLLATERAL, resolve=find_unsigned)
    venue = venue_of("nonce", "endpoint", nonce=NonceRule(1_000_000, probe=TOY.POSITIONS))
    async with opened(with_add(venue, add), clock) as (sim, account):
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
        sim.disturb("toy_perp", TOY.POSITIONS, CannedAnswer.json(400, {"error": {"code": 9, "message": "no"}}))
        with pytest.raises(errors.OutcomeUnknown, match=r"none was \(GET /v1/positions"):
            await account.call(add, **ADD)


@pytest.mark.parametrize(("kind", "waits"), [("window", True), ("none", True), ("nonce", False)])
async def test_later_setting_waits_where_an_earlier_one_could_win(kind: str, waits: bool, clock: LoopClock) -> None:
    """A later number of one key always wins, so that only other bounds hold it back."""
    async with opened(venue_of(kind, "endpoint"), clock) as (sim, account):
        sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore(), DropBefore())
        with pytest.raises(errors.OutcomeUnknown):
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        began = clock.monotonic()
        await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=9)

    assert (clock.monotonic() - began > 4) is waits


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("kind", KINDS)
async def test_journal_proves_no_more_than_the_process_did(
    kind: str, time: str, clock: LoopClock, tmp_path: Path
) -> None:
    """A later process finds the open write, and proves its absence only where its bound does, a day later too."""
    venue = venue_of(kind, time)
    async with Simulation((venue,), clock=clock) as sim:
        credentials = sim.credentials("toy_perp")
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
        async with venuekit.Runtime(clock=clock, journal=tmp_path) as first:
            account: Any = await first.open(venue, credentials)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await account.call(TOY.ADD_COLLATERAL, **ADD)
        await clock.sleep(86_400)
        async with venuekit.Runtime(clock=clock, journal=tmp_path) as second:
            account = await second.open(venue, credentials)
            (entry,) = account.unresolved
            if (kind, time) in PROVEN:
                assert "found nowhere" in await account.resolve(entry)
                assert () == account.unresolved
            else:
                with pytest.raises(errors.OutcomeUnknown):
                    await account.resolve(entry)
                assert 1 == len(account.unresolved)


async def test_number_of_another_key_is_not_overtaken(clock: LoopClock, tmp_path: Path) -> None:
    """An entry that was signed with another key stays open: no request of this one shows that it cannot arrive."""
    venue = venue_of("nonce", "endpoint")
    async with Simulation((venue,), clock=clock) as sim:
        credentials = sim.credentials("toy_perp")
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
        async with venuekit.Runtime(clock=clock, journal=tmp_path) as runtime:
            account: Any = await runtime.open(venue, credentials)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await account.call(TOY.ADD_COLLATERAL, **ADD)
            (entry,) = account.unresolved
            assert entry.nonce is not None
            other = attrs.evolve(entry, nonce=("another key", entry.nonce[1]))
            with pytest.raises(errors.OutcomeUnknown, match="it was not signed by this key"):
                await account.resolve(other)


@pytest.mark.parametrize("kind", ["none", "nonce"])
async def test_setting_that_holds_is_closed_where_nothing_proves_that_it_cannot_arrive(
    kind: str, clock: LoopClock, tmp_path: Path
) -> None:
    """A later process reads the value that was sent; nothing has to be proven about the request for that."""
    venue = venue_of(kind, "endpoint")
    async with (
        Simulation((venue,), clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
    ):
        account: Any = await runtime.open(venue, sim.credentials("toy_perp"))
        sim.disturb("toy_perp", TOY.SET_LEVERAGE, Delay(5))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        await clock.sleep(100)
        (entry,) = account.unresolved
        unproven = attrs.evolve(entry, nonce=None if entry.nonce is None else ("another key", entry.nonce[1]))

        assert "it holds" in await account.resolve(unproven)
        assert () == account.unresolved


async def test_second_attempt_is_overtaken_anew(clock: LoopClock) -> None:
    """What was proven about an earlier number says nothing about how long ago a later one was overtaken."""
    after = timedelta(seconds=20)
    add = attrs.evolve(TOY.ADD_COLLATERAL, absence_proof=AbsenceProof(after=after))
    async with opened(with_add(venue_of("nonce", "endpoint"), add), clock) as (sim, account):
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore(), DropBefore())
        began, until = clock.monotonic(), account.now() + timedelta(seconds=26)
        with pytest.raises(errors.NotExecuted):
            await account.with_options(resend_until=until).call(add, **ADD)

    assert clock.monotonic() - began > 2 * after.total_seconds()


def test_answered_number_lowers_the_fences_below_it_of_its_key() -> None:
    """Those of other keys, of later numbers and of none stay, and hold back writes of this key as well."""
    scopes, symbol = WriteScopes(), Footprint(WriteScope.SYMBOL, ("TOYUSD",))
    numbers = [("ours", 1), ("ours", 2), ("ours", 3), ("theirs", 1), None]
    scopes.fences = tuple(Fence(symbol, until, until, "", number) for until, number in enumerate(numbers))

    scopes.lower_below("ours", 2)

    assert [("ours", 2), ("ours", 3), ("theirs", 1), None] == [fence.number for fence in scopes.fences]
    scopes.fences = scopes.fences[:-1]
    before = scopes.fence_before(symbol, "new", 0, overtaken="ours")
    assert before is not None
    assert ("theirs", 1) == before.number


async def test_clock_of_a_venue_without_time_is_ours(clock: LoopClock) -> None:
    """Opening reads no time and warns of nothing, histories end by our clock, and measuring it is refused in words."""
    async with opened(venue_of("window", "unknown"), clock) as (sim, account):
        assert await account.call(TOY.POSITIONS)
        assert abs((await account.venue_time() - account.now()).total_seconds()) < 1
        with pytest.raises(errors.UnsupportedCapability, match="the venue has no endpoint for its time"):
            await account.sync_clock()

        assert [] == [one for one in sim.requests if one.path == TOY.SERVER_TIME.path]


class SetClock(LoopClock):
    """The clock of the loop on a machine whose wall clock is set while it runs."""

    ahead = 0

    def milliseconds(self) -> int:
        return super().milliseconds() + SetClock.ahead


@pytest.mark.parametrize("kind", ["window", "none"])
async def test_own_clock_that_is_set_ahead_ends_no_wait_for_an_earlier_write(
    kind: str, clock: LoopClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The venue's time has not moved, and the earlier setting may still win; minutes later ours is believed again."""
    venue, ours = venue_of(kind, "unknown"), SetClock()
    async with Simulation((venue,), clock=clock) as sim, venuekit.Runtime(clock=ours, journal=False) as runtime:
        account: Any = await runtime.open(venue, sim.credentials("toy_perp"))
        sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore(), DropBefore())
        with pytest.raises(errors.OutcomeUnknown):
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        monkeypatch.setattr(SetClock, "ahead", 60_000)
        with pytest.raises(errors.Fenced):
            await account.with_options(max_wait=1).call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=9)

        known = account._session.venue_session.clock
        assert known.error > 60_000
        await clock.sleep(200)
        assert known.error < 5000
        monkeypatch.undo()
        assert (await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=9)).changed


async def test_one_odd_time_in_an_answer_proves_nothing(clock: LoopClock) -> None:
    """Two answers must give it, and none that lies a day ahead of our clock is believed."""
    odd = {TIME_HEADER: str(clock.milliseconds() + 3_600_000)}
    absurd = {TIME_HEADER: str(clock.milliseconds() + 10 * 86_400_000)}
    async with opened(venue_of("window", "answers"), clock) as (sim, account):
        known: Any = account._session.venue_session.clock
        for headers in (odd, absurd):
            sim.disturb("toy_perp", TOY.POSITIONS, CannedAnswer.json(200, {"positions": []}, headers))
            await account.call(TOY.POSITIONS)
        assert known.earliest is None

        await account.call(TOY.POSITIONS)
        earliest: Any = known.earliest
        assert abs(earliest - clock.milliseconds()) < 1000


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("kind", KINDS)
async def test_resolver_is_told_that_it_is_over_by_the_bound_alone(kind: str, time: str, clock: LoopClock) -> None:
    """``lost.is_over`` is False while the write may arrive, and stays False where nothing shows that it cannot."""
    told: list[bool] = []

    async def find_nothing(call: Call, lost: Lost) -> Resolution[Any]:
        if kind != "nonce" or told:
            await call(TOY.POSITIONS)  # its answer says the time, and overtakes an earlier number
        told.append(await lost.is_over())
        return Absent("nothing")

    add = attrs.evolve(TOY.ADD_COLLATERAL, resolve=find_nothing)
    async with opened(with_add(venue_of(kind, time), add), clock) as (sim, account):
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
        with pytest.raises(errors.OperationError):
            await account.call(add, **ADD)

    assert (told[0], told[-1]) == (False, (kind, time) in PROVEN)


class SlowClock(LoopClock):
    """The clock of a venue on which a second takes ten of ours."""

    def milliseconds(self) -> int:
        return self.start + (super().milliseconds() - self.start) // 10


@pytest.mark.parametrize(
    ("time", "words"), [("endpoint", "do not run alike"), ("answers", "say no time that is late enough")]
)
async def test_venue_whose_time_hardly_passes_is_not_waited_for_without_end(
    time: str, words: str, clock: LoopClock
) -> None:
    """After a few rounds the outcome stays unknown: by the venue's own clock the request may still arrive."""
    venue = venue_of("expiry", time)
    async with Simulation((venue,), clock=SlowClock()) as sim, venuekit.Runtime(clock=clock, journal=False) as runtime:
        account: Any = await runtime.open(venue, sim.credentials("toy_perp"))
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
        with pytest.raises(errors.OutcomeUnknown, match=words):
            await account.call(TOY.ADD_COLLATERAL, **ADD)


async def test_answers_without_a_time_prove_nothing(clock: LoopClock) -> None:
    """A venue that leaves out the header that it declares is asked twice, and then not believed to be past it."""
    venue = venue_of("window", "answers", simulated=SimulatedToy)
    async with opened(venue, clock) as (sim, account):
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
        with pytest.raises(errors.OutcomeUnknown, match="no answer says the venue's time"):
            await account.call(TOY.ADD_COLLATERAL, **ADD)


async def test_second_answer_of_a_clock_that_was_set_right_proves_absence(clock: LoopClock) -> None:
    """The earlier of two answers counts: one from before the venue's clock was set has to be followed by two."""
    async with opened(venue_of("expiry", "answers"), clock) as (sim, account):
        sim.skew(-60)
        sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore(), DropBefore())
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        sim.skew(0)
        await clock.sleep(10)
        sim.requests.clear()
        with pytest.raises(errors.NotExecuted):
            await caught.value.resolve()

        assert len(sim.requests) == 3  # the two, and the read of what holds after it


def test_expiry_by_nonce_needs_a_rule() -> None:
    """A scheme that counts by itself would leave nothing to prove by."""
    with pytest.raises(ValueError, match=r"toy_perp: an expiry of NONCE needs nonce=NonceRule"):
        attrs.evolve(TOY_PERP, expiry=RequestExpiry.NONCE)


async def test_refused_time_without_a_clock_to_measure_is_raised(clock: LoopClock) -> None:
    """There is nothing to set ours by: the venue's own refusal is what the caller gets, and nothing was executed."""
    async with opened(venue_of("window", "unknown"), clock) as (sim, account):
        sim.skew(60)
        with pytest.raises(errors.ClockSkew) as caught:
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert caught.value.outcome is Outcome.NOT_APPLIED
