"""What proves that a lost write happened, what a crash leaves behind, and what is closed in the journal."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

import venuekit
from venuekit import errors
from venuekit.capabilities import LeverageSetting
from venuekit.endpoint import Effect, Endpoint
from venuekit.message import HttpRequest
from venuekit.parameters import Kind, Parameter
from venuekit.pipeline.transport import AiohttpTransport
from venuekit.resolution import Reading
from venuekit.simulator import ApplyLater, Delay, DropAfter, DropBefore
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime


ADDING: dict[str, Any] = {"contract": "TOYUSD", "amount": Decimal(5)}


def added(stage: Any) -> Decimal:
    return sum((change.amount for change in stage.sim.ledger.margin_changes("TOYUSD")), Decimal(0))


async def add(account: Any, amount: int = 5) -> Any:
    return await account.call(TOY.ADD_COLLATERAL, contract="TOYUSD", amount=Decimal(amount))


async def test_the_row_of_an_answered_write_proves_no_other_one(stage: Any) -> None:
    """An equal write just before, whose answer came, is not taken for the lost one."""
    await add(stage.account)
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())

    with pytest.raises(errors.NotExecuted):
        await add(stage.account)

    assert Decimal(5) == added(stage)


async def test_accounts_of_one_key_do_not_claim_one_row_twice(stage: Any) -> None:
    """What one account's lost write was proven by proves nothing for another account of the same key."""
    credentials = stage.sim.credentials("toy_perp")
    async with venuekit.connect("toy_perp", credentials, runtime=stage.runtime) as other:
        stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropAfter(), DropBefore())
        await add(stage.account)

        with pytest.raises(errors.NotExecuted):
            await add(other)

    assert Decimal(5) == added(stage)


async def test_an_equal_delta_waits_for_the_fence_of_the_lost_one(stage: Any) -> None:
    """A second copy of what adds up is another write: it leaves only when the first can no longer arrive."""
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
    stage.sim.disturb("toy_perp", TOY.COLLATERAL_HISTORY, Delay(before=30))
    with pytest.raises(errors.OutcomeUnknown):
        await stage.account.with_options(deadline=1).call(TOY.ADD_COLLATERAL, contract="TOYUSD", amount=Decimal(5))
    stage.sim.script.clear()

    first = stage.arrivals("POST", "/v1/collateral")[0].at
    await stage.account.with_options(max_wait=30).call(TOY.ADD_COLLATERAL, contract="TOYUSD", amount=Decimal(5))

    assert stage.arrivals("POST", "/v1/collateral")[1].at > first + 6000


async def test_a_reading_without_a_value_is_no_conflict(stage: Any) -> None:
    """When the venue does not say what holds, the outcome is unknown, and nobody else is blamed."""

    async def silent(*_: object) -> Reading[None]:
        return Reading(value=None, holds=False)

    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore())
    endpoint = attrs.evolve(TOY.SET_LEVERAGE, readback=silent)

    with pytest.raises(errors.OutcomeUnknown, match="cannot be told"):
        await stage.account.with_options(expected=Decimal(10)).call(endpoint, contract="GEMUSD", leverage=7)


async def test_a_write_within_a_cleanup_is_resolved_like_any_other(stage: Any) -> None:
    """In the finally block of a cancelled task our own timeout is a lost answer, and no second cancellation."""
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, Delay(before=40))
    cleaned: list[Any] = []

    async def work(account: Any) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            change = await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
            cleaned.append(change.changed)

    async with (
        venuekit.Runtime(clock=stage.clock, journal=False) as runtime,
        venuekit.connect("toy_perp", stage.sim.credentials("toy_perp"), runtime=runtime) as account,
    ):
        task = asyncio.create_task(work(account))
        await stage.clock.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert [None] == cleaned


async def test_a_timeout_of_the_transport_is_no_cancellation(stage: Any) -> None:
    """A request given up within a cancelled task raises that its answer was lost."""
    transport = AiohttpTransport(timeout=1)
    stage.sim.disturb("toy_perp", ("GET", "/v1/time"), Delay(before=30))
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            try:
                await transport.send(HttpRequest("GET", f"{stage.sim.rest('toy_perp')}/v1/time", {}))
            except errors.AnswerLost as error:
                ended.append(error.message)

    task = asyncio.create_task(work())
    await stage.clock.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await transport.aclose()

    assert ["no answer within 1 s"] == ended


@pytest.fixture
def journaled(stage: Any, tmp_path: Path) -> Any:
    """Return a function that opens an account whose runtime keeps its journal in one and the same place."""

    def connect() -> Any:
        runtime = venuekit.Runtime(clock=stage.clock, journal=tmp_path)
        return runtime, venuekit.connect("toy_perp", stage.sim.credentials("toy_perp"), runtime=runtime)

    return connect


async def lose(stage: Any, account: Any, endpoint: Any, disturbance: Any, **parameters: Any) -> errors.OutcomeUnknown:
    """Send a write whose answer is lost, and fall silent before anything was read."""
    stage.sim.disturb("toy_perp", endpoint, disturbance)
    for read in (TOY.SETTINGS, TOY.COLLATERAL_HISTORY):
        stage.sim.disturb("toy_perp", read, Delay(before=30))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await account.with_options(deadline=1).call(endpoint, **parameters)
    stage.sim.script.clear()
    return caught.value


async def test_a_restarted_process_waits_for_what_the_killed_one_sent(stage: Any, journaled: Any) -> None:
    """An open line of the journal is a fence: another value is not sent while the first can still arrive."""
    runtime, connection = journaled()
    async with runtime, connection as account:
        await lose(stage, account, TOY.SET_LEVERAGE, ApplyLater(4), contract="GEMUSD", leverage=7)
    runtime, connection = journaled()
    async with runtime, connection as account:
        await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=9)
    await stage.clock.sleep(10)

    assert Decimal(9) == stage.sim.ledger.leverage("GEMUSD")


async def test_a_setting_overwritten_since_is_not_said_never_to_have_held(stage: Any, journaled: Any) -> None:
    """Of an unfinished setting that does not hold now, only that is said."""
    runtime, connection = journaled()
    async with runtime, connection as account:
        await lose(stage, account, TOY.SET_LEVERAGE, DropAfter(), contract="GEMUSD", leverage=7)
        await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=9)
        await stage.clock.sleep(10)
        (entry,) = account.unresolved

        found = await account.resolve(entry)

        assert "does not hold" in found
        assert "not executed" not in found
        assert () == account.unresolved


async def test_resolving_an_error_closes_its_line(stage: Any, journaled: Any) -> None:
    """What error.resolve() found out is found out: the journal does not ask again."""
    runtime, connection = journaled()
    async with runtime, connection as account:
        stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, DropBefore(), DropBefore())
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        await stage.clock.sleep(10)

        with pytest.raises(errors.NotExecuted):
            await caught.value.resolve()

        assert () == account.unresolved


async def test_what_met_its_deadline_is_found_out_about_later(stage: Any) -> None:
    """error.resolve() tells of a write that was given up, and nothing is sent again."""
    late = stage.account.with_options(deadline=1)
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, Delay(before=3))
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, Delay(before=3))

    with pytest.raises(errors.OutcomeUnknown, match="deadline") as adding:
        await add(late)
    with pytest.raises(errors.OutcomeUnknown, match="deadline") as levering:
        await late.set_leverage("GEMUSD", 7)
    await stage.clock.sleep(5)

    assert (await adding.value.resolve()).amount == Decimal(5)
    assert (await adding.value.resolve()).amount == Decimal(5), "what proves it proves it again"
    assert added(stage) == Decimal(5)
    assert await levering.value.resolve() == LeverageSetting("GEMUSD", Decimal(7), Decimal(7), changed=None)
    assert len(stage.arrivals("PUT", "/v1/leverage")) == 1


async def test_a_value_is_made_of_what_is_found_later_still(stage: Any) -> None:
    """While it stays unknown the error comes anew, and the value is made once it is found."""
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, Delay(before=4))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await stage.account.with_options(deadline=1).call_as(
            lambda row: f"{row.amount:.0f} added", TOY.ADD_COLLATERAL, **ADDING
        )
    stage.sim.disturb("toy_perp", TOY.COLLATERAL_HISTORY, Delay(before=30), times=4)
    with pytest.raises(errors.OutcomeUnknown) as again:
        await caught.value.resolve()

    stage.sim.script.clear()
    assert await again.value.resolve() == "5 added"


def tear(directory: Path) -> None:
    """Leave the beginning of a line in the journal, as a crash would."""
    (path,) = directory.glob("*.jsonl")
    with path.open("a") as file:
        file.write('{"begin":"torn')


async def test_a_torn_line_spoils_only_itself(stage: Any, journaled: Any, tmp_path: Path) -> None:
    """What follows a line that a crash cut off is read as if the cut had not been."""
    runtime, connection = journaled()
    async with runtime, connection as account:
        await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        tear(tmp_path)
        await lose(stage, account, TOY.SET_LEVERAGE, DropBefore(), contract="GEMUSD", leverage=9)

        assert 1 == len(account.unresolved)


BATCH: Endpoint[bytes] = Endpoint(
    TOY.ADD_COLLATERAL.verb,
    TOY.ADD_COLLATERAL.path,
    decode=bytes,
    effect=Effect.KEYED,
    parameters=(Parameter("items", Kind.LIST),),
    client_ids=lambda parameters: [item["id"] for item in parameters["items"]],
)


async def test_what_is_said_of_a_batch_names_the_client_ids_of_its_items(
    stage: Any, journaled: Any, tmp_path: Path
) -> None:
    """An error and the journal's line of several orders tell every id by which they can be looked for."""
    runtime, connection = journaled()
    async with runtime, connection as account:
        stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await account.call(BATCH, items=[{"id": "a-1"}, {"id": "a-2"}])
        (entry,) = account.unresolved

    assert caught.value.client_id == entry.client_id == "a-1, a-2"
