"""What is peculiar to BitMEX: the signature, units by currency, three kinds of contracts, words in place of codes."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from venuekit.capabilities import IncomeKind, MarginType, OrderRequest, OrderSide, OrderStatus, OrderType, Unit
from venuekit.plugin import HttpResponse, InvalidArgument, InvalidRequest, Rejected
from venuekit.simulator import CannedAnswer
from venuekit.simulator.ledger import Side
from venuekit.testing.clocks import LoopClock
from venuekit.testing.staged import on_stage
from venuekit_bitmex import BITMEX, orders, positions, rows
from venuekit_bitmex.refusals import read_answer
from venuekit_bitmex.signing import signed_text

D = Decimal
RECORDED = Path(__file__).parent / "recorded"


def body(name: str) -> bytes:
    """Return the body of a recorded answer."""
    return json.dumps(json.loads((RECORDED / f"{name}.json").read_text("utf-8"))["answer"]).encode()


@pytest.mark.parametrize(
    ("verb", "target", "expires", "sent", "signature"),
    [
        (
            "GET",
            "/api/v1/instrument",
            "1518064236",
            "",
            "c7682d435d0cfe87c16098df34ef2eb5a549d4c5a3c2b1f0f77b8af73423bf00",
        ),
        (
            "POST",
            "/api/v1/order",
            "1518064238",
            '{"symbol":"XBTM15","price":219.0,"clOrdID":"mm_bitmex_1a/oemUeQ4CAJZgP3fjHsA","orderQty":98}',
            "1749cd2ccae4aa49048ae09f0b95110cee706e0944e6a14ad0b3a8cb45bd336b",
        ),
    ],
)
def test_signature_is_that_of_the_documentation(
    verb: str, target: str, expires: str, sent: str, signature: str
) -> None:
    """BitMEX's own examples, with the secret that stands beside them."""
    secret = b"chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO"
    assert hmac.digest(secret, signed_text(verb, target, expires, sent.encode()), "sha256").hex() == signature


def test_contracts_are_inverse_linear_and_quanto() -> None:
    """One rule for all: the multiplier is the worth of a contract at a price of 1, in units of the currency."""
    inverse, linear, quanto, _ = rows.read_instruments(body("instruments"))
    assert (inverse.contract_size, inverse.contract_unit, inverse.settle) == (D(1), Unit.QUOTE, "XBT")
    assert (linear.contract_size, linear.contract_unit, linear.settle) == (D("0.0001"), Unit.BASE, "USDT")
    assert (quanto.multiplier, quanto.contract_unit, quanto.settle) == (D("0.000001"), Unit.CONTRACTS, "XBT")
    assert inverse.funding_interval == timedelta(hours=8)
    assert inverse.notional(D(100), None) == D(100)
    assert linear.notional(D(1000), D(144)) == D("14.4")
    assert quanto.notional(D(1), D(3000)) is None


def test_amounts_are_counted_in_the_units_of_their_currency() -> None:
    """Satoshi have eight decimals, units of USDt six; a currency whose units are not known is refused."""
    xbt, usdt = rows.BALANCES.read_all(body("margins"))
    assert (xbt.asset, xbt.wallet, xbt.unrealized_pnl) == ("XBT", D("1.00005180"), D("0.00005180"))
    assert (usdt.asset, usdt.wallet) == ("USDT", D("250.000000"))
    (position,) = rows.POSITIONS.read_all(body("positions"))
    assert (position.quantity, position.leverage, position.margin_type) == (D(2000), D(3), MarginType.ISOLATED)
    assert (position.isolated_wallet, position.isolated_margin) == (D("13.125928"), D("13.149828"))
    assert (position.value, position.unrealized_pnl) == (D("39.283900"), D("0.023900"))
    with pytest.raises(Exception, match="a currency whose units are known"):
        rows.BALANCES.read_all(body("margins").replace(b"USDt", b"Other"))


def test_short_cross_position_has_no_leverage_of_its_own() -> None:
    """BitMEX shows the highest one there."""
    (position,) = rows.POSITIONS.read_all(body("position"))
    assert (position.quantity, position.margin_type) == (D(-100), MarginType.CROSS)
    assert (position.leverage, position.isolated_wallet) == (None, None)


def test_commissions_of_fills_are_paid() -> None:
    """A positive commission of BitMEX is paid, a negative one received."""
    maker, taker = rows.FILLS.read_all(body("trades"))
    assert (maker.commission, maker.is_maker, maker.value) == (D("-0.00000076"), True, D("0.00101061"))
    assert (taker.commission, taker.is_maker, taker.realized_pnl) == (D("0.00000025"), False, None)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cancel_ended", "Unable to cancel order due to existing state: Filled"),
        ("cancel_unknown", "Invalid orderID"),
        ("place_duplicate", "Duplicate clOrdID"),
        ("orders", None),
    ],
)
def test_refusals_are_words_in_a_row_or_in_an_envelope(name: str, words: str | None) -> None:
    """A row of a refused cancel is a refusal under status 200; orders that were rejected are none."""
    refusal = read_answer(HttpResponse(200, {}, body(name)))
    assert (refusal.message if refusal else None) == words
    rejected = body("orders").replace(b'"New"', b'"Rejected"')
    assert read_answer(HttpResponse(200, {}, rejected)) is None


async def test_leverage_isolates_and_zero_makes_cross() -> None:
    """One request sets both; margin alone cannot be isolated, since no leverage would stay."""
    async with on_stage(BITMEX) as stage:
        account = stage.account
        assert (await account.set_leverage("ETHUSD", D("12.5"), margin_type=MarginType.ISOLATED)).long == D("12.5")
        assert stage.ledger.margin_type("ETHUSD") is MarginType.ISOLATED
        await account.set_margin_type("ETHUSD", MarginType.CROSS)
        sent = [json.loads(arrival.request.body) for arrival in stage.arrivals(positions.SET_LEVERAGE)]
        assert sent == [{"symbol": "ETHUSD", "leverage": 12.5}, {"symbol": "ETHUSD", "leverage": 0}]
        with pytest.raises(InvalidArgument, match="name both"):
            await account.set_margin_type("ETHUSD", MarginType.ISOLATED)
        with pytest.raises(InvalidArgument, match="leverage can be set under isolated only"):
            await account.set_leverage("ETHUSD", 5)


async def test_margin_moves_in_whole_units() -> None:
    """A satoshi is the least, and the sign of the request says which way."""
    async with on_stage(BITMEX) as stage:
        change = await stage.account.add_margin("XBTUSD", D("0.00000001"))
        await stage.account.reduce_margin("XBTUSD", D("0.00000001"))
        assert (change.asset, change.amount) == ("XBT", D("0.00000001"))
        sent = [json.loads(arrival.request.body)["amount"] for arrival in stage.arrivals(positions.TRANSFER)]
        assert sent == [1, -1]
        with pytest.raises(InvalidArgument, match="at most 8 decimals"):
            await stage.account.add_margin("XBTUSD", D("0.000000001"))


async def test_instructions_of_an_order_stand_in_one_text() -> None:
    """What other venues have as parameters of their own, and the price that a trigger watches."""
    async with on_stage(BITMEX) as stage:
        stop = OrderRequest(
            symbol="XBTUSD",
            side=OrderSide.SELL,
            type=OrderType.STOP_MARKET,
            quantity=D(100),
            trigger_price=D(70_000),
            reduce_only=True,
        )
        order = await stage.account.place_order(stop)
        assert (order.status, order.reduce_only, order.created_at) == (OrderStatus.UNTRIGGERED, True, None)
        (arrival,) = stage.arrivals(orders.PLACE)
        assert json.loads(arrival.request.body)["execInst"] == "ReduceOnly"
        await stage.account.cancel_order("XBTUSD", order_id=order.id)
        with pytest.raises(Rejected, match="Unable to cancel order due to existing state: Canceled"):
            await stage.account.call(orders.CANCEL, orderID=order.id)


async def test_profit_of_a_session_is_one_kind_of_income() -> None:
    """Fees are a part of it, and asking for them alone is refused; what is not settled is left out."""
    async with on_stage(BITMEX) as stage:
        income = await stage.account.iter_income().all()
        assert [one.venue_kind for one in income] == ["Deposit", "Deposit", "RealisedPNL"]
        assert [one.kind for one in income if one.symbol == "XBTUSD"] == [IncomeKind.REALIZED_PNL]
        with pytest.raises(InvalidArgument, match="booked as a part of realized_pnl"):
            stage.account.iter_income(kind=IncomeKind.FUNDING)


async def test_contract_that_was_never_traded_has_no_row() -> None:
    """It is flat, and its settings are not known; one that is not listed is refused."""
    async with on_stage(BITMEX) as stage:
        stage.simulation.disturb("bitmex", positions.LIST, CannedAnswer.json(200, []))
        position = await stage.account.get_position("ETHUSD")
        assert (position.quantity, position.leverage, position.margin_type) == (D(0), None, None)
        with pytest.raises(InvalidRequest, match="the venue lists no such contract"):
            await stage.account.get_position("NONE")


@pytest.mark.looptime
async def test_countdown_ends_every_order_of_the_account() -> None:
    """Of all contracts and of both kinds; it counts milliseconds and names no symbol."""
    async with on_stage(BITMEX, clock=LoopClock()) as stage:
        for symbol, price in (("XBTUSD", D(40_000)), ("ETHUSD", D(1_500))):
            stage.ledger.rest_order(symbol, Side.BUY, D(100), price)
        await stage.account.set_countdown(None, 1.5)
        await stage.account.pause(1)
        assert len(stage.ledger.open_orders()) == 2
        await stage.account.pause(1)
        assert stage.ledger.open_orders() == ()
