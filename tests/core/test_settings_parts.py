"""Settings parts: setter, reader, read-back and snapshot follow from one function of a venue's row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import venuekit
from venuekit.capabilities import (
    LeverageSetting,
    MarginType,
    MarginTypeSetting,
    PositionSide,
    SettingsSnapshot,
    SymbolSettings,
    Unit,
)
from venuekit.endpoint import Changing, Effect, Endpoint
from venuekit.errors import Conflict, InvalidArgument, InvalidRequest, Outcome, PayloadMismatch
from venuekit.parameters import Parameter
from venuekit.parts.settings.controls import AccountMarginType
from venuekit.parts.settings.lens import AccountLens, RowSettings, SymbolLens
from venuekit.parts.settings.snapshot import SettingsDraft
from venuekit.simulator import DropAfter, DropBefore
from venuekit.simulator.ledger import Side
from venuekit_toy_perp.endpoints import TOY

D = Decimal
CROSS, ISOLATED = MarginType.CROSS, MarginType.ISOLATED
ACCOUNT: Any = SimpleNamespace()


@attrs.frozen
class Stage:
    """A simulated venue and an account of it."""

    sim: Any
    account: Any

    def writes(self) -> int:
        """Return the number of writes that arrived."""
        return sum(request.verb == "PUT" for request in self.sim.requests)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """An account that holds a position in TOYUSD; GEMUSD is flat."""
    async with (
        venuekit.simulate("toy_perp") as sim,
        venuekit.Runtime(journal=False) as runtime,
        venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime) as account,
    ):
        yield Stage(sim, account)


async def test_one_function_serves_reader_setter_and_snapshot(stage: Stage) -> None:
    """A leverage and a margin type that were set are read singly and in the snapshot."""
    set_leverage = await stage.account.set_leverage("GEMUSD", 15)
    set_type = await stage.account.set_margin_type("GEMUSD", ISOLATED)
    assert (set_leverage.long, set_leverage.max_position_unit, set_leverage.changed) == (D(15), Unit.QUOTE, True)
    assert set_type == MarginTypeSetting("GEMUSD", ISOLATED, changed=True)
    assert await stage.account.get_leverage("GEMUSD") == LeverageSetting("GEMUSD", D(15), D(15))
    assert await stage.account.get_margin_type("GEMUSD") == MarginTypeSetting("GEMUSD", ISOLATED)
    snapshot = await stage.account.get_settings(["GEMUSD"])
    assert snapshot.symbol("GEMUSD") == SymbolSettings("GEMUSD", ISOLATED, D(15), D(15), position=D(0))


@pytest.mark.parametrize(("loss", "writes"), [(DropAfter(), 1), (DropBefore(), 2)], ids=["applied", "not applied"])
async def test_a_lost_change_is_read_back(stage: Stage, loss: Any, writes: int) -> None:
    """It is sent once more only when the row shows another value; it then holds."""
    stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, loss)
    leverage = await stage.account.set_leverage("GEMUSD", 15)
    assert (leverage.long, leverage.short, leverage.changed) == (D(15), D(15), None)
    assert stage.writes() == writes
    stage.sim.disturb("toy_perp", TOY.SET_MARGIN_TYPE, loss)
    assert await stage.account.set_margin_type("GEMUSD", ISOLATED) == MarginTypeSetting("GEMUSD", ISOLATED, None)
    assert stage.writes() == 2 * writes


async def test_no_need_to_change_is_a_success(stage: Stage) -> None:
    """The setting is then the value that was asked for."""
    present = await stage.account.get_leverage("GEMUSD")
    again = await stage.account.set_leverage("GEMUSD", int(present.long))
    assert again == attrs.evolve(present, changed=False)


async def test_arguments_outside_the_scope_are_not_sent(stage: Stage) -> None:
    """A margin type needs a symbol, and cross or isolated; leverage has neither side nor margin type."""
    sent = len(stage.sim.requests)
    for symbol, margin_type, account_wide in ((None, CROSS, False), ("GEMUSD", CROSS, True)):
        with pytest.raises(InvalidArgument, match="name one"):
            await stage.account.set_margin_type(symbol, margin_type, account_wide=account_wide)
    with pytest.raises(InvalidArgument, match="only cross and isolated can be set, not portfolio"):
        await stage.account.set_margin_type("GEMUSD", MarginType.PORTFOLIO)
    with pytest.raises(InvalidArgument, match="one per symbol"):
        await stage.account.set_leverage("GEMUSD", 5, margin_type=CROSS)
    with pytest.raises(InvalidArgument, match="one per symbol"):
        await stage.account.get_leverage("GEMUSD", margin_type=CROSS)
    with pytest.raises(InvalidArgument, match="name one"):
        await stage.account.get_margin_type()
    assert len(stage.sim.requests) == sent


async def test_orders_and_brackets_are_laid_over_a_known_snapshot(stage: Stage) -> None:
    """Each adds the weight of its own reads; what was known stays, and its age."""
    stage.sim.ledger.rest_order("GEMUSD", Side.BUY, D(1), D(10))
    known = await stage.account.get_settings(["GEMUSD"])
    assert (known.weight, known.open_orders, known.open_positions) == (2, None, 1)
    some = await stage.account.get_settings(["GEMUSD"], orders=["GEMUSD"], known=known)
    assert {row.symbol: row.open_orders for row in some.symbols} == {"GEMUSD": 1, "TOYUSD": None}
    assert (some.weight, some.as_of, some.open_orders) == (4, known.as_of, None)
    every = await stage.account.get_settings(["GEMUSD"], orders=True, brackets=["TOYUSD"], known=some)
    assert {row.symbol: row.open_orders for row in every.symbols} == {"GEMUSD": 1, "TOYUSD": 0}
    assert {row.symbol: row.max_leverage for row in every.symbols} == {"GEMUSD": None, "TOYUSD": D(20)}
    assert (every.open_orders, every.weight, every.as_of) == (1, 4 + 2 + 2, known.as_of)


async def test_an_unknown_symbol_is_refused_in_the_words_of_the_venue(stage: Stage) -> None:
    """It is asked for by name."""
    with pytest.raises(InvalidRequest, match="no such contract"):
        await stage.account.get_settings(["NOPE"])


async def _row_of(_: Any, symbol: str) -> RowSettings:
    return RowSettings(symbol, margin_word="strange")


async def test_a_setting_that_the_row_does_not_show_is_a_mismatch() -> None:
    """A missing leverage is one unless the venue declares that it may be missing, an unknown margin type always."""
    lens = SymbolLens(find_row=_row_of, state=lambda row: row)
    with pytest.raises(PayloadMismatch, match="leverage: missing"):
        await lens.read_leverage(ACCOUNT, "A")
    with pytest.raises(PayloadMismatch, match="marginType: expected cross or isolated, got 'strange'"):
        await lens.read_margin_type(ACCOUNT, "A")
    without = SymbolLens(find_row=_row_of, state=lambda row: row, leverage_may_be_missing=True)
    assert (await without.read_leverage(ACCOUNT, "A")).leverage is None


@pytest.mark.parametrize(("short", "holds"), [(D(5), True), (D(6), False), (None, False)])
async def test_a_leverage_holds_when_both_sides_have_it(short: Decimal | None, holds: bool) -> None:
    """One side alone is not what was asked for."""

    async def row_of(_: Any, symbol: str) -> RowSettings:
        return RowSettings(symbol, leverage=D(5), leverage_short=short)

    lost: Any = SimpleNamespace(parameters={"symbol": "A", "leverage": "5"})
    reading = await SymbolLens(find_row=row_of, state=lambda row: row).leverage_readback()(ACCOUNT, lost)
    assert (reading.value, reading.holds, reading.answer) == (D(5), holds, None)


def test_a_snapshot_has_the_symbols_asked_for_and_those_that_matter() -> None:
    """Legs are added up, settings come from whichever row has them, and flat cross symbols are left out."""
    draft = SettingsDraft.over(ACCOUNT, SettingsSnapshot(margin_type=CROSS))
    draft.add(
        [
            RowSettings("FLAT", CROSS, D(3)),
            RowSettings("ISOLATED", ISOLATED, D(2)),
            RowSettings("ASKED", None, D(9)),
            RowSettings("HEDGED", None, D(7), position=D(2)),
            RowSettings("HEDGED", None, D(8), position=D(3)),
            RowSettings("ORDERS", matters=True),
            RowSettings("ORDERS", CROSS, D(4)),
        ],
        ["ASKED", "MISSING"],
    )
    assert tuple(draft.rows.values()) == (
        SymbolSettings("ASKED", CROSS, D(9), D(9), D(0)),
        SymbolSettings("HEDGED", CROSS, D(7), D(8), D(5)),
        SymbolSettings("ISOLATED", ISOLATED, D(2), D(2), D(0)),
        SymbolSettings("ORDERS", CROSS, D(4), D(4), D(0)),
    )


def test_a_symbol_may_have_several_leverages() -> None:
    """Each is found by margin type and side; without a margin type it is that of the one that holds."""
    cross, isolated = (
        LeverageSetting("A", D(5), D(5), margin_type=CROSS),
        LeverageSetting("A", D(3), D(4), margin_type=ISOLATED),
    )
    row = SymbolSettings("A", ISOLATED, D(3), D(4), leverages=(cross, isolated))
    assert (row.leverage(), row.leverage(side=PositionSide.SHORT)) == (D(3), D(4))
    assert (row.leverage(margin_type=CROSS), row.leverage(margin_type=ISOLATED)) == (D(5), D(3))
    assert row.leverage(margin_type=ISOLATED, side=PositionSide.SHORT) == D(4)
    assert SymbolSettings("A", ISOLATED, D(3), D(4)).leverage(margin_type=CROSS) is None


@given(
    st.lists(st.builds(RowSettings, st.sampled_from("ABC"), st.none(), st.none(), position=st.integers(0, 5).map(D)))
)
def test_no_position_is_lost(states: list[RowSettings]) -> None:
    """The rows hold every position that the states show."""
    draft = SettingsDraft.over(ACCOUNT, SettingsSnapshot())
    draft.add(states)
    assert sum((row.position or D(0) for row in draft.rows.values()), D(0)) == sum(state.position for state in states)
    assert all(row.position for row in draft.rows.values())


class Wallet(AccountMarginType):
    """An account whose margin type is read from a plain value."""

    __slots__ = ()


async def test_an_account_wide_margin_type_is_read_before_it_is_written(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The present value is not sent again, and a third one is a conflict; both without a write."""
    lens: Any = AccountLens(TOY.SETTINGS, lambda rows: CROSS, "mode", {CROSS: "c", ISOLATED: "i"})
    setter = Endpoint(
        "POST",
        "/v1/margin-mode",
        decode=Changing(bytes.decode),
        parameters=(Parameter("mode"),),
        effect=Effect.SET,
        readback=lens.readback(),
        reads_present=True,
    )
    endpoints = SimpleNamespace(MARGIN_TYPE_LENS=lens, SET_MARGIN_TYPE=setter)
    monkeypatch.setattr(Wallet, "endpoints", endpoints, raising=False)
    account = Wallet(stage.account._session)
    assert await account.get_margin_type() == MarginTypeSetting(None, CROSS)
    same = await account.set_margin_type(None, CROSS, account_wide=True)
    assert same == MarginTypeSetting(None, CROSS, changed=False)
    planned = account.with_options(expected=ISOLATED)
    assert planned.differs_from_expected(CROSS)
    assert not planned.differs_from_expected(ISOLATED)
    with pytest.raises(Conflict) as caught:
        await planned.set_margin_type(None, ISOLATED, account_wide=True)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert stage.writes() == 0


async def test_the_lens_of_an_account_reads_back_its_write() -> None:
    """The word that was sent holds, or another one does."""
    lens: Any = AccountLens(TOY.SETTINGS, lambda rows: ISOLATED, "mode", {CROSS: "c", ISOLATED: "i"})

    async def call(*_: Any, **__: Any) -> None: ...

    for word, holds in (("i", True), ("c", False)):
        lost: Any = SimpleNamespace(parameters={"mode": word})
        reading = await lens.readback()(call, lost)
        assert (reading.value, reading.holds) == (ISOLATED, holds)
