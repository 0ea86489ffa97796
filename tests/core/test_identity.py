"""Identity: keys that belong to one account share its limits, write scopes and journals, in whatever order opened."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.core.known_toy import KNOWN, LOOKS, PLAIN, READS, SETTINGS, WALLET, WHO, Keys, KnownToyAccount

from venuekit import Account, Credentials, Runtime, errors
from venuekit.capabilities import Identity
from venuekit.credential_fields import CredentialField
from venuekit.endpoint import Priority
from venuekit.hooks import hookimpl
from venuekit.pipeline import Budget, PoolName, make_budget
from venuekit.settings import Target, parse_target, plan
from venuekit.simulator import CannedAnswer, Delay, DropBefore, SimKey, Simulation
from venuekit.testing import InstantClock, plugins_with
from venuekit.testing.clocks import LoopClock
from venuekit.venue import Venue
from venuekit_toy_perp.codes import Code
from venuekit_toy_perp.endpoints import TOY


@attrs.define
class Stage:
    """The venue, its keys, and a runtime; both toy venues are opened at the one address."""

    sim: Simulation
    keys: Keys
    runtime: Runtime

    async def open(self, venue: Venue[Any], key: Any, runtime: Runtime | None = None) -> Any:
        return await (runtime or self.runtime).open(venue, self.sim.credentials("toy_known", key=key))

    def arrived(self) -> list[str]:
        return [f"{one.verb} {one.path}" for one in self.sim.requests]


@pytest.fixture
def clock() -> Any:
    return InstantClock()


@pytest.fixture
async def stage(clock: Any) -> AsyncIterator[Stage]:
    async with Simulation((KNOWN,), clock=clock) as sim, Runtime(clock=clock, journal=False) as runtime:
        yield Stage(sim, Keys.of(sim), runtime)


async def lose(stage: Stage, account: Account, leverage: int = 7) -> None:
    """Lose a write of an account for good."""
    stage.sim.disturb("toy_known", TOY.SET_LEVERAGE, DropBefore(), DropBefore())
    with pytest.raises(errors.OutcomeUnknown):
        await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=leverage)


async def is_fenced(account: Account) -> bool:
    """Say whether a write must wait for one that was lost."""
    try:
        await account.with_options(max_wait=0.1).call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=9)
    except errors.Fenced:
        return True
    return False


# -- what is shared


async def test_two_keys_of_one_account_are_one_account(stage: Stage) -> None:
    """They have the venue's name for it, and one write scope; a key of a sub-account has another."""
    one, two, sub = [await stage.open(KNOWN, key) for key in attrs.astuple(stage.keys, recurse=False)]

    assert one.identity == two.identity == ("toy", "sim", "uid-1")
    assert sub.identity == ("toy", "sim", "uid-7")
    assert repr(sub) == "<KnownToyAccount toy_known sim uid-7>"

    await lose(stage, one)
    assert [await is_fenced(account) for account in (two, sub, one)] == [True, False, True]


async def test_two_keys_of_one_account_spend_one_limit(stage: Stage) -> None:
    """What one key has spent the other lacks, the question who it is included; a sub-account has a limit of its own."""
    one, two, sub = [await stage.open(KNOWN, key) for key in attrs.astuple(stage.keys, recurse=False)]
    hurried = one.with_options(max_wait=0), two.with_options(max_wait=0), sub.with_options(max_wait=0)
    await hurried[0].call(SETTINGS)
    await hurried[1].call(SETTINGS)

    for account in hurried[:2]:
        with pytest.raises(errors.Throttled, match="'weight, reads' is exhausted"):
            await account.call(SETTINGS)
    for _ in range(3):
        await hurried[2].call(SETTINGS)


async def test_a_sub_account_spends_the_limit_of_its_uid(stage: Stage) -> None:
    """A limit of the scope UID is one for the master and its sub-accounts, and the venue counts it so."""
    one, two, sub = [await stage.open(KNOWN, key) for key in attrs.astuple(stage.keys, recurse=False)]
    for account in (one, sub, two, sub, one, two):
        await account.with_options(max_wait=0, priority=Priority.RISK).call(WALLET)

    for account in (one, two, sub):
        with pytest.raises(errors.Throttled, match="'weight, looks' is exhausted"):
            await account.with_options(max_wait=0, priority=Priority.RISK).call(WALLET)
    assert one._session.pool(LOOKS) is two._session.pool(LOOKS) is sub._session.pool(LOOKS)


async def test_accounts_below_one_key_stay_apart_and_share_their_uid(stage: Stage) -> None:
    """A field that names an account below the key is a part of its name, whatever the venue calls the key's account."""
    desks = attrs.evolve(
        KNOWN, credential_fields=(CredentialField("desk", "the desk to trade for", secret=False, names_account=True),)
    )
    key, rest = stage.keys.first, stage.sim.rest("toy_known")

    async def open_desk(key: SimKey, desk: str) -> Any:
        return await stage.runtime.open(desks, Credentials.sim(rest, key.key, key.secret, fields={"desk": desk}))

    east, west = await open_desk(key, "east"), await open_desk(key, "west")
    other = await open_desk(stage.keys.second, "east")

    assert east.identity == other.identity != west.identity
    assert east.identity[-1].startswith("uid-1/")
    assert east._session.pool(READS) is other._session.pool(READS) is not west._session.pool(READS)
    assert east._session.pool(LOOKS) is other._session.pool(LOOKS) is west._session.pool(LOOKS)
    await stage.runtime.clock.sleep(61)  # the simulated venue counts the reads of all of them together
    await lose(stage, east)
    assert [await is_fenced(account) for account in (west, other)] == [False, True]


async def test_settings_of_two_keys_of_one_account_are_planned_once(stage: Stage) -> None:
    """Entries with two keys of one account go along with each other, or are refused where they contradict."""
    names = {"a": stage.keys.first, "b": stage.keys.second, "sub": stage.keys.sub}
    accounts = {name: await stage.open(KNOWN, key) for name, key in names.items()}

    def entries(a: int, b: int) -> Target:
        values = {"a": a, "b": b, "sub": 9}
        return parse_target(
            "".join(f"[accounts.{one}]\nsymbols.GEMUSD.leverage = {values[one]}\n" for one in names)
        ).target

    made = await plan(entries(7, 7), accounts)
    assert [(step.name[9:], step.status.value) for step in made.steps] == [
        ("a.symbols.GEMUSD.leverage", "pending"),
        ("b.symbols.GEMUSD.leverage", "along"),
        ("sub.symbols.GEMUSD.leverage", "pending"),
    ]
    apart = await plan(entries(7, 8), accounts)
    assert [step.status.value for step in apart.steps] == ["refused", "refused", "pending"]
    assert "both are one setting of one account" in str(apart.steps[0].reason)


# -- in any order of opening

OPENED = tuple(itertools.product(("plain", "known"), ("first", "second")))


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))])
async def test_venues_and_keys_are_joined_in_any_order_of_opening(stage: Stage, order: tuple[int, ...]) -> None:
    """Whatever was opened and spent before, all are one account in the end, and nothing that was spent is forgotten."""
    accounts: dict[int, Any] = {}
    asked = 0
    for number in order:
        venue, key = OPENED[number]
        account = await stage.open(KNOWN if venue == "known" else PLAIN, getattr(stage.keys, key))
        accounts[number] = account
        await account.call(WALLET)
        asked += venue == "known"
    sub = await stage.open(PLAIN, stage.keys.sub)

    sessions = [accounts[number]._session for number in range(4)]
    for limit in (READS, LOOKS):
        pools = {id(session.pool(limit)) for session in sessions}
        paid = {
            id(pool)
            for session in sessions
            for costs in (session.costs(SETTINGS), session.costs(WALLET))
            for one, pool, _ in costs.pools
            if one == limit
        }
        assert len(pools) == 1 == len(pools | paid)
    assert sessions[0].pool(READS)._used == asked
    assert sessions[0].pool(LOOKS)._used == 4
    assert len({id(session.owner.write_scopes) for session in sessions}) == 1
    assert len({account.identity for account in accounts.values()}) == 1
    assert sub.identity not in {account.identity for account in accounts.values()}


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))])
async def test_a_sub_account_shares_its_uid_in_any_order_of_opening(stage: Stage, order: tuple[int, ...]) -> None:
    """Whichever key and venue comes first, master and sub-account have one pool of the UID, and two of the account."""
    opened = ((PLAIN, stage.keys.sub), (KNOWN, stage.keys.sub), (PLAIN, stage.keys.first), (KNOWN, stage.keys.first))
    accounts: dict[int, Any] = {}
    for number in order:
        accounts[number] = await stage.open(*opened[number])
        await accounts[number].call(WALLET)

    pools = [accounts[number]._session.pool(LOOKS) for number in range(4)]
    assert len(set(map(id, pools))) == 1
    assert pools[0]._used == 4
    assert len({id(accounts[number]._session.pool(READS)) for number in range(4)}) == 2


async def test_keys_that_are_opened_at_the_same_time_are_joined(stage: Stage) -> None:
    """None of them was handed out before the others were asked, and all have the venue's name."""
    which = [(venue, key) for venue in (KNOWN, PLAIN) for key in (stage.keys.first, stage.keys.second)]

    accounts = await asyncio.gather(*(stage.open(*one) for one in which * 2))

    names = {account.identity[-1] for account in accounts}
    assert len(names) == 1
    assert len({id(account._session.owner.write_scopes) for account in accounts}) == 1
    assert len({id(account._session.pool(READS)) for account in accounts}) == 1


async def test_a_hook_makes_the_pool_of_the_account_that_the_venue_names(stage: Stage) -> None:
    """Its pools, wherever it keeps them, are named by the venue's word, so that other processes share them."""
    made: list[PoolName] = []

    class Hook:
        @hookimpl
        def venuekit_make_budget(self, pool: PoolName) -> Budget:
            made.append(pool)
            return make_budget(attrs.evolve(pool.limit, amount=pool.limit.amount * 10))

    async with Runtime(clock=stage.runtime.clock, journal=False, plugins=plugins_with(Hook())) as runtime:
        one, two = [await stage.open(KNOWN, key, runtime) for key in (stage.keys.first, stage.keys.second)]
        for limit in (READS, LOOKS):
            assert one._session.pool(limit) is two._session.pool(limit)

    assert len(made) == len(set(made))
    assert [name.owner for name in made if name.limit == READS].count("uid-1") == 1
    assert [name.owner for name in made if name.limit == LOOKS].count("uid-1") == 1


async def test_a_name_stays_while_the_account_is_open(stage: Stage) -> None:
    """An account that was named by its key keeps that name, and the venue that knows better takes it over."""
    plain = await stage.open(PLAIN, stage.keys.first)
    named = plain.identity

    known = await stage.open(KNOWN, stage.keys.first)
    second = await stage.open(KNOWN, stage.keys.second)

    assert named == plain.identity == known.identity == second.identity
    assert named[-1] != "uid-1"


@pytest.mark.looptime
async def test_writes_of_two_keys_run_one_after_another_once_they_are_one_account() -> None:
    """A write that runs while keys are joined is waited for, those that waited go on, and each leaves its scope."""
    clock = LoopClock()
    async with Simulation((KNOWN,), clock=clock) as sim, Runtime(clock=clock, journal=False) as runtime:
        stage = Stage(sim, Keys.of(sim), runtime)
        first, second = [await stage.open(PLAIN, key) for key in (stage.keys.first, stage.keys.second)]
        sim.disturb("toy_known", TOY.SET_LEVERAGE, Delay(before=3), times=2)

        async def write(account: Account, leverage: int) -> float:
            await account.with_options(max_wait=60).call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=leverage)
            return clock.monotonic()

        began = clock.monotonic()
        running = [asyncio.create_task(write(second, 5)), asyncio.create_task(write(second, 6))]
        await asyncio.sleep(1)
        for key in (stage.keys.first, stage.keys.second):
            await stage.open(KNOWN, key)
        ended = await asyncio.gather(write(first, 7), *running)

        # the two of the second key ran from 0 to 3 and from 3 to 6; the first key's came last and waited for them
        assert [round(moment - began) for moment in ended] == [6, 3, 6]
        assert first._session.owner.write_scopes is second._session.owner.write_scopes
        assert not first._session.owner.write_scopes._held
        assert sim.ledger_of("toy_known").leverage("GEMUSD") == 7


# -- opening


async def test_only_a_venue_that_can_say_who_it_is_is_asked_and_once_a_key(stage: Stage) -> None:
    """A venue without the capability costs no request; one that has it costs one for each key, before it is given."""
    await stage.open(PLAIN, stage.keys.first)
    stage.sim.requests.clear()

    await stage.open(PLAIN, stage.keys.second)
    assert stage.arrived() == []

    account = await stage.open(KNOWN, stage.keys.first)
    assert [one for one in stage.arrived() if one != "GET /v1/time"] == ["GET /v1/who"]
    assert isinstance(account, KnownToyAccount)
    assert await account.get_identity() == Identity("uid-1")

    stage.sim.requests.clear()
    await stage.open(KNOWN, stage.keys.first)
    assert stage.arrived() == []


@pytest.mark.parametrize(
    ("status", "answer", "words"),
    [
        (403, {"error": {"code": int(Code.READ_ONLY_KEY), "message": "not with this key"}}, "get_identity .*not with"),
        (200, {"uid": ""}, "get_identity .*an identity without a name"),
    ],
)
async def test_an_account_that_is_not_named_is_not_opened(stage: Stage, status: int, answer: Any, words: str) -> None:
    """Where the venue is asked and does not say, opening fails, and nothing of another account is shared by mistake."""
    stage.sim.disturb("toy_known", WHO, CannedAnswer.json(status, answer))

    with pytest.raises(errors.OperationError, match=words):
        await stage.open(KNOWN, stage.keys.first)

    assert (await stage.open(KNOWN, stage.keys.first)).identity[-1] == "uid-1"


# -- over the end of a process


@pytest.fixture
async def journaled(tmp_path: Path) -> AsyncIterator[tuple[Stage, Path]]:
    """A stage whose runtimes keep journals; they are opened by the tests, one a process."""
    clock = InstantClock()
    async with Simulation((KNOWN,), clock=clock) as sim:
        yield Stage(sim, Keys.of(sim), Runtime(clock=clock, journal=tmp_path)), tmp_path


def process(stage: Stage, directory: Path) -> Runtime:
    return Runtime(clock=stage.runtime.clock, journal=directory)


async def test_a_later_process_finds_the_writes_of_the_accounts_other_key(journaled: tuple[Stage, Path]) -> None:
    """It is shown, fenced and closed through any key of the account, in the file of the key that sent it."""
    stage, directory = journaled
    async with process(stage, directory) as runtime:
        await lose(stage, await stage.open(KNOWN, stage.keys.first, runtime))
    (file,) = directory.glob("*.jsonl")

    async with process(stage, directory) as runtime:
        sub = await stage.open(KNOWN, stage.keys.sub, runtime)
        second = await stage.open(KNOWN, stage.keys.second, runtime)
        assert sub.unresolved == ()
        (entry,) = second.unresolved
        assert entry.parameters["leverage"] == 7
        assert [await is_fenced(account) for account in (sub, second)] == [False, True]

        first = await stage.open(KNOWN, stage.keys.first, runtime)
        assert first.unresolved == (entry,)
        assert "does not hold" in await second.resolve(entry)
        assert first.unresolved == second.unresolved == ()
    assert entry.id in file.read_text().rpartition('"end":')[2]
    assert len([*directory.glob("*.jsonl")]) == 2  # and the sub-account's own


async def test_names_that_an_earlier_process_learned_join_venues_that_are_not_asked(
    journaled: tuple[Stage, Path],
) -> None:
    """Once it is written down, keys are one account also where no venue is asked, and fences come from all of them."""
    stage, directory = journaled
    async with process(stage, directory) as runtime:
        for key in (stage.keys.first, stage.keys.second):
            await stage.open(KNOWN, key, runtime)
        await lose(stage, await stage.open(PLAIN, stage.keys.first, runtime))

    async with process(stage, directory) as runtime:
        stage.sim.requests.clear()
        second = await stage.open(PLAIN, stage.keys.second, runtime)
        assert WHO.path not in {one.path for one in stage.sim.requests}
        assert second.identity[-1] == "uid-1"
        assert [one.parameters["leverage"] for one in second.unresolved] == [7]
        assert await is_fenced(second)


async def test_an_account_that_was_named_before_opens_while_the_venue_does_not_say(
    journaled: tuple[Stage, Path],
) -> None:
    """Its name never changes: orders can be cancelled and fences hold while the one read that names it is down."""
    stage, directory = journaled
    async with process(stage, directory) as runtime:
        await stage.open(KNOWN, stage.keys.second, runtime)
        await lose(stage, await stage.open(KNOWN, stage.keys.first, runtime))

    stage.sim.disturb("toy_known", WHO, DropBefore(), times=30)
    async with process(stage, directory) as runtime:
        with pytest.warns(UserWarning, match="the account is opened as uid-1, as an earlier process knew it"):
            second = await stage.open(KNOWN, stage.keys.second, runtime)
        assert second.identity[-1] == "uid-1"
        assert len(second.unresolved) == 1
        assert await is_fenced(second)
        with pytest.raises(errors.AnswerLost):
            await stage.open(KNOWN, stage.keys.sub, runtime)


async def test_a_process_that_runs_sees_what_another_key_does_meanwhile(journaled: tuple[Stage, Path]) -> None:
    """The writes of a key that another process opened later are found, and so is the row that one of them claims."""
    stage, directory = journaled
    async with process(stage, directory) as here, process(stage, directory) as there:
        first = await stage.open(KNOWN, stage.keys.first, here)
        second = await stage.open(KNOWN, stage.keys.second, there)
        await second.call(TOY.ADD_COLLATERAL, contract="TOYUSD", amount=Decimal(5))
        await lose(stage, second)

        assert [one.parameters["leverage"] for one in first.unresolved] == [7]
        assert len(first._session.journal.claims()) == 1
        (other,) = first._session.journal.others(None, TOY.ADD_COLLATERAL.name, sole=False)
        assert other.parameters == {"contract": "TOYUSD", "amount": Decimal(5)}
