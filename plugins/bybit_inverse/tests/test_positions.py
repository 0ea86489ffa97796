"""Positions: documented bodies field by field, filters, pages."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from urllib.parse import parse_qs

import pytest

import venuekit
from venuekit.capabilities import MarginType, Position, PositionSide, PositionState, Unit
from venuekit.errors import InvalidArgument, InvalidRequest, OddRow, PayloadMismatch
from venuekit.plugin import from_milliseconds
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.simulator.ledger import Side
from venuekit.testing import InstantClock
from venuekit.testing.recorded import Recorded
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

Replay = Callable[..., None]
D = Decimal


async def test_documented_short_position(recorded: Recorded) -> None:
    """Every field of the documented row reaches the position, with its sign, unit and source."""
    clock = InstantClock()  # the venue's clock and ours are one, so that what it says and what we say can be compared
    async with (
        venuekit.simulate("bybit_inverse", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
        venuekit.connect("bybit_inverse", sim.credentials("bybit_inverse"), runtime=runtime, keep_raw=True) as account,
    ):
        assert isinstance(account, BybitInverseAccount)
        for case in map(recorded.case, ("get_v5_account_info", "get_v5_position_list")):
            sim.disturb("bybit_inverse", case.endpoint_name, CannedAnswer(case.status, case.body))
        position = await account.get_position("BTCUSD")
    assert position.received_at is not None
    assert position.as_of is not None
    assert position.as_of <= position.received_at
    assert position == Position(
        symbol="BTCUSD",
        side=PositionSide.BOTH,
        quantity=D(-300),
        contract_size=D(1),
        contract_unit=Unit.QUOTE,
        settle="BTC",
        entry_price=D("27464.50441675"),
        break_even_price=D("93556.73034991"),
        mark_price=D("28224.50"),
        notional=D(300),
        value=position.value,
        unrealized_pnl=D("-0.00029413"),
        realized_pnl=D("0.00013123"),
        leverage=D(10),
        margin_type=MarginType.ISOLATED,
        isolated_wallet=None,
        isolated_margin=None,
        position_initial_margin=D("0.00010923"),
        open_order_initial_margin=None,
        initial_margin=None,
        maintenance_margin=D("0.0000015"),
        liquidation_price=None,
        bankruptcy_price=D("999999.00"),
        max_position=D(150),
        max_position_unit=Unit.SETTLE,
        auto_add_margin=True,
        state=PositionState.NORMAL,
        reduce_only_forced=False,
        adl_rank=2,
        adl_rank_of=5,
        updated_at=from_milliseconds(1697673600012),
        opened_at=None,
        sequence=5723621632,
        as_of=position.as_of,
        received_at=position.received_at,
    )
    assert position.value is not None
    assert abs(position.value - D("0.0106290634")) < D("1e-10")
    row = recorded.case("get_v5_position_list")
    assert position.raw is not None
    assert position.raw["positionBalance"] == "0.00139186"
    assert b'"positionBalance"' in row.body


async def test_constructed_long_and_flat_rows(account: BybitInverseAccount, replay: Replay) -> None:
    """A long row has its liquidation price; a flat one is left out, and full of None when it is asked for."""
    replay("get_v5_account_info", "get_v5_position_list_long_and_flat", times=2)
    (long,) = await account.get_positions()
    assert (long.quantity, long.entry_price, long.leverage) == (D(10_000), D(80_000), D(10))
    assert (long.liquidation_price, long.bankruptcy_price) == (D("73059.40"), None)
    assert (long.position_initial_margin, long.maintenance_margin) == (D("0.0126"), D("0.0007"))
    assert (long.unrealized_pnl, long.realized_pnl) == (D("0.00304878"), D("-0.00006875"))
    assert (long.auto_add_margin, long.opened_at) == (False, from_milliseconds(1790370000000))
    both = await account.get_positions(include_flat=True)
    assert [position.symbol for position in both] == ["BTCUSD", "ETHUSD"]
    flat = both[1]
    assert (flat.side, flat.quantity, flat.notional, flat.value) == (PositionSide.BOTH, D(0), D(0), D(0))
    assert (flat.settle, flat.leverage, flat.mark_price) == ("ETH", D(10), D("3021.55"))
    assert (flat.max_position, flat.adl_rank, flat.sequence, flat.opened_at) == (D(1800), 0, None, None)
    unsaid = (
        flat.entry_price,
        flat.break_even_price,
        flat.unrealized_pnl,
        flat.position_initial_margin,
        flat.maintenance_margin,
        flat.liquidation_price,
        flat.bankruptcy_price,
    )
    assert unsaid == (None,) * 7


async def test_position_of_the_simulated_account(account: BybitInverseAccount, sim: Simulation) -> None:
    """What the ledger holds is what is read."""
    held = sim.ledger.position("BTCUSD")
    (position,) = await account.get_positions()
    assert (position.symbol, position.quantity, position.settle) == ("BTCUSD", held.quantity, "BTC")
    assert (position.entry_price, position.unrealized_pnl) == (held.entry_price, held.unrealized_pnl)
    assert position.position_initial_margin == held.position_initial_margin
    assert position.maintenance_margin == held.maintenance_margin
    assert position.margin_type is MarginType.ISOLATED


async def test_short_position_is_negative(account: BybitInverseAccount, sim: Simulation) -> None:
    """Sell means short."""
    sim.ledger.fill("ETHUSD", Side.SELL, D(30_000), D(3000))
    position = await account.get_position("ETHUSD")
    assert (position.quantity, position.notional) == (D(-30_000), D(30_000))


async def test_filters(account: BybitInverseAccount, sim: Simulation) -> None:
    """Symbol and margin asset narrow the list; a pair is refused before sending."""
    sim.ledger.fill("ETHUSD", Side.BUY, D(3000), D(3000))
    assert [p.symbol for p in await account.get_positions(margin_asset="ETH")] == ["ETHUSD"]
    assert [p.symbol for p in await account.get_positions(symbol="BTCUSD")] == ["BTCUSD"]
    assert await account.get_positions(symbol="BTCUSD", margin_asset="ETH") == ()
    assert await account.get_positions(symbol="BTCUSDZ26") == ()
    sent = len(sim.requests)
    with pytest.raises(InvalidArgument, match="filter by pair"):
        await account.get_positions(pair="BTCUSD")
    assert len(sim.requests) == sent


@pytest.mark.parametrize("side", [PositionSide.LONG, PositionSide.SHORT])
async def test_one_way_mode_has_no_legs(account: BybitInverseAccount, sim: Simulation, side: PositionSide) -> None:
    """Asking for a leg is refused before sending; BOTH is the position."""
    sent = len(sim.requests)
    with pytest.raises(InvalidArgument, match="one-way"):
        await account.get_position("BTCUSD", side=side)
    assert len(sim.requests) == sent
    assert (await account.get_position("BTCUSD", side=PositionSide.BOTH)).quantity == D(16_000_000)


async def test_unknown_symbol_is_the_venues_refusal(account: BybitInverseAccount) -> None:
    """The venue's code and words arrive."""
    with pytest.raises(InvalidRequest, match="NOPE") as caught:
        await account.get_position("NOPE")
    assert caught.value.code == 10001


async def test_flat_position_of_a_listed_symbol_without_a_row(account: BybitInverseAccount, sim: Simulation) -> None:
    """Where the venue gives no row at all, the position is flat if the contract is listed and an error if not."""
    empty = CannedAnswer.json(200, {"retCode": 0, "retMsg": "OK", "result": {"list": [], "nextPageCursor": ""}})
    sim.disturb("bybit_inverse", BYBIT.POSITION_LIST, empty, times=2)
    position = await account.get_position("ETHUSD")
    assert (position.quantity, position.settle) == (D(0), "ETH")
    with pytest.raises(InvalidRequest):
        await account.get_position("NOPE")


def page(symbol: str, cursor: str) -> CannedAnswer:
    """One row of a list that goes on."""
    row = {"symbol": symbol, "positionIdx": 0, "side": "Buy", "size": "1", "markPrice": "100"}
    body = {"retCode": 0, "retMsg": "OK", "result": {"list": [row], "nextPageCursor": cursor, "category": "inverse"}}
    return CannedAnswer.json(200, body)


async def test_pages_are_walked_to_the_end(
    account: BybitInverseAccount, sim: Simulation, arrivals: Callable[[str], list[str]]
) -> None:
    """Each cursor goes back byte for byte as it came; an empty page ends the list."""
    empty = CannedAnswer.json(200, {"retCode": 0, "result": {"list": [], "nextPageCursor": "more"}})
    pages = (page("BTCUSD", "page_args%3D1%26x%3D%2C"), page("ETHUSD", "page_args%3D2"), empty)
    sim.disturb("bybit_inverse", BYBIT.POSITION_LIST, *pages)
    before = len(arrivals(BYBIT.POSITION_LIST.path))
    assert [position.symbol for position in await account.get_positions()] == ["BTCUSD", "ETHUSD"]
    queries = arrivals(BYBIT.POSITION_LIST.path)[before:]
    assert [query.partition("cursor=")[2] for query in queries] == ["", "page_args%3D1%26x%3D%2C", "page_args%3D2"]
    assert parse_qs(queries[0])["limit"] == ["200"]


async def test_repeated_cursor_is_an_error(account: BybitInverseAccount, sim: Simulation) -> None:
    """What follows cannot be asked for, so the list would be cut; behind an empty page nothing follows."""
    sim.disturb("bybit_inverse", BYBIT.POSITION_LIST, page("BTCUSD", "same"), page("ETHUSD", "same"))
    with pytest.raises(PayloadMismatch, match=r"bybit_inverse: get_positions .* repeats a cursor"):
        await account.get_positions()
    empty = CannedAnswer.json(200, {"retCode": 0, "result": {"list": [], "nextPageCursor": "same"}})
    sim.disturb("bybit_inverse", BYBIT.POSITION_LIST, page("BTCUSD", "same"), empty)
    assert [position.symbol for position in await account.get_positions()] == ["BTCUSD"]


async def test_a_position_of_an_unknown_side_keeps_no_other(account: BybitInverseAccount, sim: Simulation) -> None:
    """It is left out with a warning; asked for by its symbol it is an error, since it is neither long nor short."""

    def rows(*sides: str) -> CannedAnswer:
        told = [
            {"symbol": symbol, "positionIdx": 7, "side": side, "size": "10"}
            for symbol, side in zip(("BTCUSD", "ETHUSD"), sides, strict=False)
        ]
        return CannedAnswer.json(200, {"retCode": 0, "result": {"list": told, "nextPageCursor": ""}})

    sim.disturb("bybit_inverse", BYBIT.POSITION_LIST, rows("Sideways", "Sell"))
    with pytest.warns(OddRow, match=r"list\[0\]: expected Buy or Sell beside a size of 10, got 'Sideways'"):
        (position,) = await account.get_positions()
    assert (position.symbol, position.quantity, position.side) == ("ETHUSD", -10, "both")
    sim.disturb("bybit_inverse", BYBIT.POSITION_LIST, rows("Sideways"))
    with pytest.raises(PayloadMismatch, match=r"position/list could not read the answer.*Buy or Sell beside a size"):
        await account.get_position("BTCUSD")


@pytest.mark.parametrize(
    ("told", "quantity"),
    [
        ({"side": "Sell", "size": "300"}, -300),
        ({"side": "Sell", "size": "-300"}, -300),
        ({"side": "", "size": "-300"}, -300),
        ({"side": "Buy", "size": "300"}, 300),
        ({"side": "", "size": "0"}, 0),
        ({"side": "None", "size": "0"}, 0),
        ({"size": "0"}, 0),
    ],
)
async def test_side_and_sign_of_a_size_say_which_way(
    account: BybitInverseAccount, sim: Simulation, told: dict[str, str], quantity: int
) -> None:
    """A size that is signed already is not turned over, and its sign stands for a side that is missing."""
    row = {"symbol": "BTCUSD", **told}
    body = {"retCode": 0, "result": {"list": [row], "nextPageCursor": ""}}
    sim.disturb("bybit_inverse", BYBIT.POSITION_LIST, CannedAnswer.json(200, body))
    assert (await account.get_position("BTCUSD")).quantity == quantity


@pytest.mark.parametrize(
    "told",
    [
        {"side": "", "size": "300"},
        {"side": "None", "size": "300"},
        {"size": "300"},
        {"side": "Buy", "size": "-300"},
        {"side": "Sell"},
        {"side": "Sell", "size": None},
        {"side": "Sell", "size": ""},
    ],
)
async def test_a_size_without_side_or_a_side_without_size_is_told_and_never_flat(
    account: BybitInverseAccount, sim: Simulation, told: dict[str, str]
) -> None:
    """Such a row is an error where it is asked for, and hides no other where all are."""
    odd, other = {"symbol": "BTCUSD", **told}, {"symbol": "ETHUSD", "side": "Buy", "size": "5"}
    for rows in ([odd], [other, odd]):
        body = {"retCode": 0, "result": {"list": rows, "nextPageCursor": ""}}
        sim.disturb("bybit_inverse", BYBIT.POSITION_LIST, CannedAnswer.json(200, body))
        with pytest.raises(PayloadMismatch, match="position/list could not read the answer"):
            await account.get_position("BTCUSD")
    sim.disturb("bybit_inverse", BYBIT.POSITION_LIST, CannedAnswer.json(200, body))
    with pytest.warns(OddRow, match=r"list\[1\]"):
        (position,) = await account.get_positions()
    assert (position.symbol, position.quantity) == ("ETHUSD", 5)


async def test_cursor_of_the_simulated_venue(account: BybitInverseAccount, sim: Simulation) -> None:
    """Two positions in pages of one row are found by following the venue's own cursors."""
    sim.ledger.fill("ETHUSD", Side.BUY, D(3000), D(3000))
    first = await account.call(BYBIT.POSITION_LIST, category="inverse", limit=1)
    second = await account.call(BYBIT.POSITION_LIST, category="inverse", limit=1, cursor="page_args=1")
    last = await account.call(BYBIT.POSITION_LIST, category="inverse", limit=1, cursor="page_args=2")
    assert [row.symbol for page in (first, second) for row in page.rows] == ["BTCUSD", "ETHUSD"]
    assert (first.cursor, second.cursor, [*last.rows]) == ("page_args%3D1", "page_args%3D2", [])


async def test_misshapen_row_names_the_field(account: BybitInverseAccount, sim: Simulation) -> None:
    """A number that is none is told by endpoint and field."""
    row = {"symbol": "BTCUSD", "positionIdx": 0, "side": "Buy", "size": "many"}
    body = {"retCode": 0, "retMsg": "OK", "result": {"list": [row]}}
    sim.disturb("bybit_inverse", BYBIT.POSITION_LIST, CannedAnswer.json(200, body))
    with pytest.raises(PayloadMismatch, match=r"GET /v5/position/list.*result\.list\[0\]\.size"):
        await account.get_positions()
