"""One odd row hides no other: the others are read, it is told, and only what needs that very row stops."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit import Guard
from venuekit.capabilities import InstrumentKind, OrderRequest, OrderSide, OrderType
from venuekit.errors import GuardRefused, OddRow, OperationError, OutcomeUnknown, PayloadMismatch
from venuekit.message import HttpRequest, HttpResponse
from venuekit.plugins import make_plugins
from venuekit.testing.fake import json_answer
from venuekit.testing.staged import fake_stage

D = Decimal
#: held, flat, and how positions, open orders, instruments and income are read
VENUES = {
    "aster_usdm_v1": ("BTCUSDT", "positionRisk", "openOrders", "exchangeInfo", "income"),
    "binance_usdm": ("BTCUSDT", "positionRisk", "openOrders", "exchangeInfo", "income"),
    "binance_coinm": ("BTCUSD_PERP", "positionRisk", "openOrders", "exchangeInfo", "income"),
    "bybit_inverse": ("BTCUSD", "position/list", "order/realtime", "instruments-info", "transaction-log"),
}
venues = pytest.mark.parametrize("venue", VENUES)
Edit = Callable[[list[dict[str, Any]]], None]


def rows_of(document: Any) -> list[dict[str, Any]]:
    """Return the rows of an answer, wherever it holds them."""
    if isinstance(document, list):
        return document
    rows: list[dict[str, Any]] = document["symbols"] if "symbols" in document else document["result"]["list"]
    return rows


@attrs.define(eq=False)
class Stage:
    """An account, some of whose answers are edited before they arrive."""

    venue: str
    account: Any
    tell: Callable[[HttpRequest], HttpResponse]
    edits: dict[str, Edit] = attrs.field(factory=dict)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as the simulated venue does, edited."""
        answer = self.tell(request)
        for part, edit in self.edits.items():
            if part in request.url and request.verb == "GET":
                document = json.loads(answer.body)
                edit(rows_of(document))
                return json_answer(document)
        return answer

    @property
    def held(self) -> str:
        """What is held."""
        return VENUES[self.venue][0]


@asynccontextmanager
async def staged(venue: str, *, keep_raw: bool = False) -> AsyncIterator[Stage]:
    """Open an account that holds a position."""
    async with fake_stage(make_plugins().venue(venue), "holding", keep_raw=keep_raw) as opened:
        stage = Stage(venue, opened.account, opened.transport.reply)  # type: ignore[arg-type]
        opened.transport.reply = stage
        yield stage


def quantity_name(row: dict[str, Any]) -> str:
    """Return what a venue calls the quantity of a position."""
    return "size" if "size" in row else "positionAmt"


@venues
@pytest.mark.parametrize("keep_raw", [False, True])
async def test_an_odd_position_hides_no_other(venue: str, keep_raw: bool) -> None:
    """Its symbol cannot be asked for; the others are there, each with its own object of the venue."""
    async with staged(venue, keep_raw=keep_raw) as stage:

        def add_odd(rows: list[dict[str, Any]]) -> None:
            (row,) = [row for row in rows if row["symbol"] == stage.held and float(row[quantity_name(row)])]
            rows.insert(0, {**row, "symbol": "ODD", quantity_name(row): "1_000"})

        before = await stage.account.get_positions()
        stage.edits[VENUES[venue][1]] = add_odd
        with pytest.warns(OddRow, match=r"0\].*(size|positionAmt): expected a decimal number, got '1_000'") as told:
            positions = await stage.account.get_positions()
        assert [one.symbol for one in positions] == [one.symbol for one in before]
        assert [None if one.raw is None else one.raw["symbol"] for one in positions] == (
            [one.symbol for one in before] if keep_raw else [None] * len(before)
        )
        (warning,) = told
        assert isinstance(warning.message, OddRow)
        assert (warning.message.venue, warning.message.operation.split()[0]) == (venue, "GET")


@venues
async def test_the_symbol_of_an_odd_position_cannot_be_asked_for(venue: str) -> None:
    """It is never told as flat; when no row can be read, all of them are an error."""
    async with staged(venue) as stage:

        def spoil(rows: list[dict[str, Any]]) -> None:
            for row in rows:
                if row["symbol"] == stage.held:
                    row[quantity_name(row)] = "NaN"

        def spoil_all(rows: list[dict[str, Any]]) -> None:
            for row in rows:
                row[quantity_name(row)] = None

        stage.edits[VENUES[venue][1]] = spoil
        with pytest.raises(PayloadMismatch, match="got 'NaN'"):
            await stage.account.get_position(stage.held)
        stage.edits[VENUES[venue][1]] = spoil_all
        for call in (stage.account.get_positions(), stage.account.get_position(stage.held)):
            with pytest.raises(PayloadMismatch):
                await call


@venues
async def test_what_only_describes_a_position_may_be_missing(venue: str) -> None:
    """Symbol, side or sign, and quantity make a position; everything else becomes None."""
    async with staged(venue) as stage:
        needed = {"symbol", "side", "size", "positionAmt", "positionSide", "positionIdx"}

        def strip(rows: list[dict[str, Any]]) -> None:
            for row in rows:
                for name in row.keys() - needed:
                    del row[name]

        def empty(rows: list[dict[str, Any]]) -> None:
            for row in rows:
                for name in row.keys() - needed:
                    row[name] = None if len(name) % 2 else ""

        before = await stage.account.get_position(stage.held)
        for edit in (strip, empty):
            stage.edits[VENUES[venue][1]] = edit
            position = await stage.account.get_position(stage.held)
            assert (position.symbol, position.side, position.quantity) == (before.symbol, before.side, before.quantity)
            assert (position.liquidation_price, position.entry_price, position.mark_price) == (None, None, None)
            assert position in await stage.account.get_positions()


@venues
async def test_an_odd_order_hides_no_other_and_is_not_taken_for_ended(venue: str) -> None:
    """The others are listed; cancelling everything does not call the symbol empty because one cannot be read."""
    async with staged(venue) as stage:
        quantity = {"binance_coinm": D(1), "bybit_inverse": D(100)}.get(venue, D("0.01"))
        order = OrderRequest(
            symbol=stage.held, side=OrderSide.BUY, type=OrderType.LIMIT, quantity=quantity, price=D(50000)
        )
        await stage.account.place_order(order)

        def add_odd(rows: list[dict[str, Any]]) -> None:
            odd = {**rows[0], "price": "Infinity", "orderId": rows[0]["orderId"] * 2} if rows else {"price": "Infinity"}
            rows.append(odd)

        stage.edits[VENUES[venue][2]] = add_odd
        with pytest.warns(OddRow):
            assert len(await stage.account.get_open_orders(symbol=stage.held)) == 1
        with pytest.raises((PayloadMismatch, OutcomeUnknown)):
            await stage.account.cancel_all_orders(symbol=stage.held)


@venues
async def test_an_odd_row_of_a_history_hides_no_other(venue: str) -> None:
    """Fills and orders come without it, and it is warned of."""
    async with staged(venue) as stage:
        quantity = {"binance_coinm": D(1), "bybit_inverse": D(100)}.get(venue, D("0.01"))
        for _ in range(3):
            await stage.account.place_order(
                OrderRequest(symbol=stage.held, side=OrderSide.BUY, type=OrderType.MARKET, quantity=quantity)
            )
        bybit = venue == "bybit_inverse"
        fills = ("execution/list", "execId", "execPrice") if bybit else ("userTrades", "id", "price")
        orders = ("order/history" if bybit else "allOrders", "orderId", "price")
        for (part, name, field), walk in ((fills, stage.account.iter_fills), (orders, stage.account.iter_orders)):
            every = await walk(symbol=stage.held).all()
            odd = every[-2].id

            def spoil(rows: list[dict[str, Any]], name: str = name, field: str = field, odd: str = odd) -> None:
                for row in rows:
                    row[field] = "NaN" if str(row[name]) == odd else row[field]

            stage.edits = {part: spoil}
            with pytest.warns(OddRow, match="rice: expected a decimal number, got 'NaN'"):
                found = await walk(symbol=stage.held).all()
            assert [one.id for one in found] == [one.id for one in every if one.id != odd]


@venues
async def test_an_odd_instrument_hides_no_other(venue: str) -> None:
    """It is left out with a warning; another one can be traded."""
    async with staged(venue) as stage:
        instruments = await stage.account.get_instruments()

        def add_odd(rows: list[dict[str, Any]]) -> None:
            rows.insert(0, {"symbol": "ODD", "filters": "none", "lotSizeFilter": "none"})

        stage.edits[VENUES[venue][3]] = add_odd
        with pytest.warns(OddRow):
            assert await stage.account.get_instruments() == instruments


@venues
@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("TRADIFI_PERPETUAL", InstrumentKind.PERPETUAL),
        ("PERPETUAL DELIVERING", InstrumentKind.PERPETUAL),
        ("PERPETUAL_DELIVERING", InstrumentKind.PERPETUAL),
        ("CURRENT_QUARTER DELIVERING", InstrumentKind.DELIVERY),
        ("", "unknown"),
        ("EVENT", "EVENT"),
    ],
)
async def test_the_kind_of_a_contract_is_read_from_what_says_so(venue: str, word: str, kind: str) -> None:
    """A perpetual is one whatever its label is, and what says neither is told in the venue's word."""
    said = word
    if venue == "bybit_inverse":
        said = {"TRADIFI_PERPETUAL": "TradFiPerpetual", "CURRENT_QUARTER DELIVERING": "QuarterFutures"}.get(word, word)
        said = "InversePerpetualDelivering" if "PERPETUAL" in said else said
    async with staged(venue) as stage:

        def relabel(rows: list[dict[str, Any]]) -> None:
            for row in rows:
                row["contractType"] = said

        stage.edits[VENUES[venue][3]] = relabel
        for instrument in await stage.account.get_instruments():
            assert str(instrument.kind) == str(kind)
            assert instrument.expires_at is None or instrument.kind is not InstrumentKind.PERPETUAL


async def test_a_contract_without_a_size_has_no_notional_that_a_guard_could_limit() -> None:
    """900 contracts of 100 USD do not pass a limit of 1,000 because nobody told what a contract is."""
    async with staged("binance_coinm") as stage:

        def forget(rows: list[dict[str, Any]]) -> None:
            for row in rows:
                row.pop("contractSize", None)

        stage.edits["exchangeInfo"] = forget
        (instrument,) = await stage.account.get_instruments(symbol=stage.held)
        position = await stage.account.get_position(stage.held)
        assert (instrument.contract_size, position.contract_size, position.notional) == (None, None, None)

        stage.account._session.guard = Guard(max_notional=D(1000))
        order = OrderRequest(symbol=stage.held, side=OrderSide.BUY, type=OrderType.MARKET, quantity=D(900))
        with pytest.raises(GuardRefused, match="is unknown"):
            await stage.account.place_order(order)
        with pytest.raises(GuardRefused, match="is unknown"):
            await stage.account.place_orders([order])


async def test_no_limit_is_told_as_none() -> None:
    """At leverage 1 the venue writes INF where the largest position stands elsewhere."""
    for venue, read in (("binance_usdm", "symbolConfig"), ("aster_usdm_v1", "positionRisk")):
        async with staged(venue) as stage:

            def unlimited(rows: list[dict[str, Any]]) -> None:
                for row in rows:
                    row["maxNotionalValue"] = "INF"

            stage.edits[read] = unlimited
            assert (await stage.account.get_leverage(stage.held)).max_position is None
            assert (await stage.account.get_position(stage.held)).max_position is None


async def test_an_error_about_a_word_says_whose_answer_it_was() -> None:
    """With several accounts in one log, venue and method are named."""
    async with staged("binance_usdm") as stage:

        def portfolio(rows: list[dict[str, Any]]) -> None:
            for row in rows:
                row["marginType"] = "PORTFOLIO"

        stage.edits["symbolConfig"] = portfolio
        with pytest.raises(
            PayloadMismatch, match="binance_usdm: get_margin_type could not read the answer for BTCUSDT"
        ):
            await stage.account.get_margin_type(stage.held)


@pytest.mark.parametrize("venue", ["aster_usdm_v1", "binance_usdm", "binance_coinm", "bybit_inverse"])
async def test_a_leverage_is_told_whatever_the_word_for_the_margin_type_is(venue: str) -> None:
    """Who asks for one of two settings gets it, though the other is unknown."""
    async with staged(venue) as stage:

        def reword(rows: list[dict[str, Any]]) -> None:
            for row in rows:
                row["marginType"] = "PORTFOLIO"

        before = await stage.account.get_leverage(stage.held)
        stage.edits["symbolConfig" if venue == "binance_usdm" else VENUES[venue][1]] = reword
        assert await stage.account.get_leverage(stage.held) == before


@venues
async def test_an_odd_place_in_the_queue_hides_no_other(venue: str) -> None:
    """The ranks of the others are there."""
    async with staged(venue) as stage:

        def add_odd(rows: list[dict[str, Any]]) -> None:
            rows.append({**rows[0], "symbol": "ODD", "adlQuantile": "first", "adlRankIndicator": "first"})

        before = await stage.account.get_adl_quantiles()
        stage.edits["position/list" if venue == "bybit_inverse" else "adlQuantile"] = add_odd
        with pytest.warns(OddRow):
            assert await stage.account.get_adl_quantiles() == before


HISTORIES = ("iter_income", "iter_fills", "iter_orders", "iter_forced_orders", "iter_margin_changes")


@pytest.mark.parametrize(
    ("venue", "name"),
    [(venue, name) for venue in VENUES for name in HISTORIES if hasattr(make_plugins().venue(venue).account, name)],
)
@pytest.mark.parametrize("times", [1, 1000])
async def test_a_history_is_not_walked_to_the_end_of_time(venue: str, name: str, times: int) -> None:
    """One wild answer about the time is asked again; a venue that insists on the year 9999 is told by an error."""
    async with staged(venue) as stage:
        symbol = {} if name in {"iter_income", "iter_forced_orders"} else {"symbol": stage.held}
        tell, told, asked = stage.tell, 0, 0

        def wild(request: HttpRequest) -> HttpResponse:
            nonlocal told, asked
            asked += 1
            if not request.url.endswith(("/time", "/v5/market/time")):
                return tell(request)
            told += 1
            if told > times:
                return tell(request)
            last = 253_402_300_799_999
            bybit = {"retCode": 0, "retMsg": "OK", "time": last}
            result = {"timeSecond": str(last // 1000), "timeNano": str(last * 1_000_000)}
            return json_answer({**bybit, "result": result} if venue == "bybit_inverse" else {"serverTime": last})

        before = len(await getattr(stage.account, name)(**symbol).all())
        stage.tell = wild
        if times == 1:
            assert len(await getattr(stage.account, name)(**symbol).all()) == before
        else:
            with pytest.raises(OperationError, match="9999"):
                await getattr(stage.account, name)(**symbol).all()
            assert asked < 20
        assert told
