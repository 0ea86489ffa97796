"""Every documented message becomes events whose fields are compared whole; what is not named here is None."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.frames import ARRIVAL, COMMON, RECEIVED_AT, Frames, at, body_of, find_ignored

from venuekit.capabilities import (
    AssetMode,
    Balance,
    BalanceUpdate,
    Fill,
    FillKind,
    FillUpdate,
    FundingPayment,
    MarginCall,
    MarginType,
    Order,
    OrderKind,
    OrderSide,
    OrderStatus,
    OrderType,
    OrderUpdate,
    OrderUpdateKind,
    Position,
    PositionSide,
    PositionUpdate,
    SessionExpiry,
    SettingsUpdate,
    StreamEvent,
    TimeInForce,
    Unit,
    UnknownEvent,
    WorkingPrice,
)
from venuekit_binance_common.stream.events import BinanceDecoder
from venuekit_binance_usdm.stream import MESSAGES

D = Decimal
FRAMES = Frames(__file__)
DECODE = BinanceDecoder(MESSAGES)
CONTRACT: dict[str, Any] = {"contract_size": D(1), "contract_unit": Unit.BASE}


def _balance(asset: str, wallet: str, cross: str) -> Balance:
    return Balance(asset, D(wallet), cross_wallet=D(cross), updated_at=at(1564745798938), received_at=RECEIVED_AT)


def _position(side: PositionSide, quantity: str, **fields: Any) -> Position:
    return Position(
        "BTCUSDT",
        side,
        D(quantity),
        **CONTRACT,
        margin_type=MarginType.ISOLATED,
        updated_at=at(1564745798938),
        received_at=RECEIVED_AT,
        **fields,
    )


ACCOUNT: dict[str, Any] = {**COMMON, "time": at(1564745798939)}
TRAILING_STOP = Order(
    id="8886774",
    client_id="TEST",
    symbol="BTCUSDT",
    kind=OrderKind.PLAIN,
    side=OrderSide.SELL,
    type=OrderType.TRAILING_STOP_MARKET,
    status=OrderStatus.OPEN,
    position_side=PositionSide.LONG,
    time_in_force=TimeInForce.GTC,
    quantity=D("0.001"),
    filled=D(0),
    trigger_price=D("7103.04"),
    **CONTRACT,
    reduce_only=False,
    close_position=False,
    working_price=WorkingPrice.LAST,
    price_protect=False,
    stp_mode="EXPIRE_TAKER",
    price_match="OPPONENT",
    activation_price=D("7476.89"),
    callback_rate=D("5.0"),
    venue_status="NEW",
    updated_at=at(1568879465650),
    received_at=RECEIVED_AT,
)
TAKE_PROFIT = Order(
    id="2148719",
    client_id="Q5xaq5EGKgXXa0fD7fs0Ip",
    symbol="BNBUSDT",
    kind=OrderKind.CONDITIONAL,
    side=OrderSide.SELL,
    type=OrderType.TAKE_PROFIT,
    status=OrderStatus.CANCELED,
    position_side=PositionSide.BOTH,
    time_in_force=TimeInForce.GTC,
    quantity=D("0.01"),
    price=D(750),
    trigger_price=D(750),
    **CONTRACT,
    reduce_only=False,
    close_position=False,
    working_price=WorkingPrice.LAST,
    price_protect=False,
    stp_mode="EXPIRE_MAKER",
    reject_reason="Reduce Only reject",
    venue_status="CANCELED",
    updated_at=at(1750515742297),
    received_at=RECEIVED_AT,
)
EVENTS: dict[str, tuple[StreamEvent, ...]] = {
    "account_update": (
        BalanceUpdate(
            balance=_balance("USDT", "122624.12345678", "100.12345678"),
            change=D("50.12345678"),
            reason="ORDER",
            **ACCOUNT,
        ),
        BalanceUpdate(balance=_balance("BUSD", "1.00000000", "0"), change=D("-49.12345678"), reason="ORDER", **ACCOUNT),
        PositionUpdate(
            position=_position(PositionSide.BOTH, "0", unrealized_pnl=D(0), realized_pnl=D(200), isolated_wallet=D(0)),
            reason="ORDER",
            **ACCOUNT,
        ),
        PositionUpdate(
            position=_position(
                PositionSide.LONG,
                "20",
                entry_price=D("6563.66500"),
                unrealized_pnl=D("2850.21200"),
                realized_pnl=D(0),
                isolated_wallet=D("13200.70726908"),
            ),
            reason="ORDER",
            **ACCOUNT,
        ),
        PositionUpdate(
            position=_position(
                PositionSide.SHORT,
                "-10",
                entry_price=D("6563.86000"),
                break_even_price=D("6563.6"),
                unrealized_pnl=D("-1423.15600"),
                realized_pnl=D("-45.04000000"),
                isolated_wallet=D("6570.42511771"),
            ),
            reason="ORDER",
            **ACCOUNT,
        ),
    ),
    "account_update_funding_cross": (
        BalanceUpdate(
            balance=_balance("USDT", "122624.12345678", "100.12345678"),
            change=D("-0.12345678"),
            reason="FUNDING_FEE",
            **ACCOUNT,
        ),
        FundingPayment(symbol="BTCUSDT", asset="USDT", amount=D("-0.12345678"), **ACCOUNT),
    ),
    "order_trade_update": (
        OrderUpdate(order=TRAILING_STOP, change=OrderUpdateKind.NEW, time=at(1568879465651), **COMMON),
    ),
    "trade_lite": (
        FillUpdate(
            fill=Fill(
                id="109100866",
                order_id="8886774",
                symbol="BTCUSDT",
                side=OrderSide.BUY,
                price=D("64089.20"),
                quantity=D("0.040"),
                time=at(1721895408214),
                client_id="z8hcUoOsqEdKMeKPSABslD",
                is_maker=False,
                **CONTRACT,
            ),
            is_preliminary=True,
            time=at(1721895408092),
            **COMMON,
        ),
    ),
    "algo_update": (OrderUpdate(order=TAKE_PROFIT, change=OrderUpdateKind.CANCELED, time=at(1750515742303), **COMMON),),
    "account_config_update": (SettingsUpdate(symbol="BTCUSDT", leverage=D(25), time=at(1611646737479), **COMMON),),
    "account_config_update_multi_assets": (
        SettingsUpdate(asset_mode=AssetMode.MULTI, time=at(1611646737479), **COMMON),
    ),
    "margin_call": (
        MarginCall(
            positions=(
                Position(
                    "ETHUSDT",
                    PositionSide.LONG,
                    D("1.327"),
                    **CONTRACT,
                    mark_price=D("187.17127"),
                    unrealized_pnl=D("-1.166074"),
                    margin_type=MarginType.CROSS,
                    maintenance_margin=D("1.614445"),
                    updated_at=at(1587727187525),
                    received_at=RECEIVED_AT,
                ),
            ),
            cross_wallet=D("3.16812045"),
            time=at(1587727187525),
            **COMMON,
        ),
    ),
    "listen_key_expired": (SessionExpiry(reason="listenKeyExpired", time=at(1736996475556), **COMMON),),
    "listen_key_expired_string_time": (SessionExpiry(reason="listenKeyExpired", time=at(1736996475556), **COMMON),),
    **{
        name: (UnknownEvent(kind=name.upper(), body=FRAMES.body(name), time=at(made_at), **COMMON),)
        for name, made_at in {
            "strategy_update": 1669261797628,
            "grid_update": 1669262908218,
            "conditional_order_trigger_reject": 1685517224945,
        }.items()
    },
}
#: the fields that no event has: those that other messages tell, and those of the venue's own book-keeping
IGNORED = {
    "order_trade_update": ["o.L", "o.N", "o.a", "o.b", "o.l", "o.m", "o.n", "o.rp", "o.si", "o.ss"],
    "trade_lite": ["p", "q"],
    "algo_update": ["o.act", "o.at", "o.tt"],
    "listen_key_expired": ["listenKey"],
    "listen_key_expired_string_time": ["listenKey"],
}


@pytest.mark.parametrize("name", FRAMES.names)
def test_a_documented_message_becomes_events(name: str) -> None:
    """All fields of all events are those of the message, with the venue's own objects where they are kept."""
    assert DECODE(FRAMES.body(name), ARRIVAL) == EVENTS[name]
    document = FRAMES.document(name)
    kept = DECODE(FRAMES.body(name), ARRIVAL._replace(keep_raw=True))
    assert kept == EVENTS[name]
    for event in kept:
        assert event.raw is None or event.raw.items() <= document.items()
        assert "WsCMN0a4" not in repr(event.raw)


@pytest.mark.parametrize("name", [name for name, events in EVENTS.items() if type(events[0]) is not UnknownEvent])
def test_every_field_of_a_message_is_read(name: str) -> None:
    """Another value of a field makes another event, but for those that are ignored for a reason."""
    assert find_ignored(FRAMES.body(name), DECODE) == IGNORED.get(name, [])


def _changed(name: str, **fields: Any) -> bytes:
    document = FRAMES.document(name)
    inner = document.get("o") or document.get("a") or document
    inner.update(fields)
    return body_of(document)


def test_a_triggered_order_says_how_far_the_order_that_it_became_was_filled() -> None:
    """The figures are those of the other order, and nothing before it was triggered."""
    triggered = {"X": "FINISHED", "ai": "31", "ap": "749.5", "aq": "0.008"}
    (update,) = DECODE(_changed("algo_update", **triggered), ARRIVAL)
    (waiting,) = DECODE(_changed("algo_update", **triggered | {"ai": ""}), ARRIVAL)
    assert isinstance(update, OrderUpdate)
    assert isinstance(waiting, OrderUpdate)
    order = update.order
    assert (order.triggered_order_id, order.triggered_filled, order.triggered_price) == ("31", D("0.008"), D("749.5"))
    assert order.filled is order.average_price is None
    assert waiting.order.triggered_filled is waiting.order.triggered_price is None


FILL = {"x": "TRADE", "X": "PARTIALLY_FILLED", "l": "0.0004", "z": "0.0006", "L": "7100.5", "t": 31, "m": True}


def test_a_fill_comes_with_the_order_that_it_is_of() -> None:
    """The order first, then the fill, both of the same message; the commission is the change of the account."""
    body = _changed("order_trade_update", **FILL, n="0.00012", N="BNB", rp="1.5", ap="7100.4")
    order, fill = DECODE(body, ARRIVAL)
    assert isinstance(order, OrderUpdate)
    assert isinstance(fill, FillUpdate)
    assert order.change is OrderUpdateKind.TRADE
    assert (order.order.filled, order.order.average_price) == (D("0.0006"), D("7100.4"))
    assert order.order.status is OrderStatus.PARTIALLY_FILLED
    expected = Fill(
        id="31",
        order_id="8886774",
        symbol="BTCUSDT",
        side=OrderSide.SELL,
        price=D("7100.5"),
        quantity=D("0.0004"),
        time=at(1568879465650),
        client_id="TEST",
        position_side=PositionSide.LONG,
        realized_pnl=D("1.5"),
        commission=D("-0.00012"),
        commission_asset="BNB",
        is_maker=True,
        **CONTRACT,
    )
    assert fill == FillUpdate(fill=expected, time=at(1568879465651), **COMMON)
    early = DECODE(
        body_of(
            {
                "e": "TRADE_LITE",
                "E": 2,
                "T": 1,
                "s": "BTCUSDT",
                "q": "1",
                "p": "0",
                "m": True,
                "c": "TEST",
                "S": "SELL",
                "L": "7100.5",
                "l": "0.0004",
                "t": 31,
                "i": 8886774,
            }
        ),
        ARRIVAL,
    )[0]
    assert isinstance(early, FillUpdate)
    assert early.fill.key == fill.fill.key
    assert early.is_preliminary


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({"x": "CALCULATED", "c": "autoclose-1596107620040000020"}, [FillKind.LIQUIDATION]),
        ({"x": "TRADE", "c": "adl_autoclose"}, [FillKind.ADL]),
        ({"x": "TRADE", "c": "settlement_autoclose-7"}, [FillKind.DELIVERY]),
        ({"x": "TRADE", "c": "my-autoclose-bot"}, [FillKind.TRADE]),
        ({"x": "TRADE", "n": None, "N": None}, [FillKind.TRADE]),
        ({"x": "TRADE", "t": 0}, []),
        ({"x": "TRADE", "l": "0"}, []),
        ({"x": "CANCELED", "X": "CANCELED"}, []),
        ({"x": "AMENDMENT", "X": "NEW", "M": 3}, []),
    ],
)
def test_a_fill_is_what_was_filled(fields: dict[str, Any], kinds: list[FillKind]) -> None:
    """A forced one is known by its order's client id; without a quantity or a trade id there is none."""
    events = DECODE(_changed("order_trade_update", **{**FILL, **fields}), ARRIVAL)
    assert [event.fill.kind for event in events if isinstance(event, FillUpdate)] == kinds
    assert isinstance(events[0], OrderUpdate)
    assert events[0].change.value == fields["x"].lower()


@pytest.mark.parametrize(
    ("code", "words"),
    [("0", None), (None, None), ("5", "liquidation"), ("77", "77")],
)
def test_an_order_tells_why_it_expired(code: str | None, words: str | None) -> None:
    """A code that is not documented stays as it is."""
    (update,) = DECODE(_changed("order_trade_update", x="EXPIRED", X="EXPIRED", er=code), ARRIVAL)
    assert isinstance(update, OrderUpdate)
    assert (update.change, update.order.reject_reason) == (OrderUpdateKind.EXPIRED, words)


@pytest.mark.parametrize(
    ("status", "change", "expected"),
    [
        ("NEW", "new", OrderStatus.UNTRIGGERED),
        ("TRIGGERING", "triggered", OrderStatus.TRIGGERED),
        ("TRIGGERED", "triggered", OrderStatus.TRIGGERED),
        ("FINISHED", "FINISHED", OrderStatus.TRIGGERED),
        ("REJECTED", "rejected", OrderStatus.REJECTED),
        ("EXPIRED", "expired", OrderStatus.EXPIRED),
        ("PAUSED", "PAUSED", OrderStatus("PAUSED")),
    ],
)
def test_a_conditional_order_becomes_another_one(status: str, change: str, expected: OrderStatus) -> None:
    """Its step is its status, and the order that it became is named; a status that is not documented is kept."""
    (update,) = DECODE(_changed("algo_update", X=status, ai="9988", ia=True), ARRIVAL)
    assert isinstance(update, OrderUpdate)
    assert (update.change.value, update.order.status, update.order.triggered_order_id) == (change, expected, "9988")


def test_a_change_of_the_margin_type_is_a_setting() -> None:
    """It comes as a change of the account, which has no other message for it."""
    document = FRAMES.document("account_update")
    document["a"]["m"] = "MARGIN_TYPE_CHANGE"
    document["a"]["P"] = document["a"]["P"][:2]
    *others, setting = DECODE(body_of(document), ARRIVAL)
    assert setting == SettingsUpdate(symbol="BTCUSDT", margin_type=MarginType.ISOLATED, **ACCOUNT)
    assert [event.reason for event in others if isinstance(event, PositionUpdate)] == ["MARGIN_TYPE_CHANGE"] * 2


@pytest.mark.parametrize(
    ("changes", "funding"),
    [
        ({"P": "first"}, [("BTCUSDT", "USDT", D("50.12345678")), ("BTCUSDT", "BUSD", D("-49.12345678"))]),
        ({"P": None}, [(None, "USDT", D("50.12345678")), (None, "BUSD", D("-49.12345678"))]),
        ({"P": []}, [(None, "USDT", D("50.12345678")), (None, "BUSD", D("-49.12345678"))]),
        ({"P": [], "B": [{"a": "USDT", "wb": "1", "cw": "1"}]}, []),
        ({"P": [], "B": [{"a": "USDT", "wb": "1", "cw": "1", "bc": "0"}]}, []),
        ({"P": [], "B": None}, []),
    ],
)
def test_funding_names_the_symbol_of_an_isolated_position(changes: dict[str, Any], funding: list[Any]) -> None:
    """That of cross positions has none; lists may be empty, null or absent, and so may the movement."""
    document = FRAMES.document("account_update")
    changes = {"m": "FUNDING_FEE", **changes}
    if changes["P"] == "first":
        changes["P"] = document["a"]["P"][:1]
    document["a"].update(changes)
    for _ in range(2):
        events = DECODE(body_of(document), ARRIVAL)
        found = [(one.symbol, one.asset, one.amount) for one in events if isinstance(one, FundingPayment)]
        assert found == funding
        document["a"] = {name: value for name, value in document["a"].items() if value is not None}


def test_a_message_of_a_combined_stream_is_read() -> None:
    """It is wrapped, and names the stream beside the message."""
    body = b'{"stream":"key","data":' + FRAMES.body("margin_call") + b"}"
    assert DECODE(body, ARRIVAL) == EVENTS["margin_call"]
    (event,) = DECODE(b'{"stream":"key","data":{"data":{"e":"MARGIN_CALL"}}}', ARRIVAL)
    assert isinstance(event, UnknownEvent)
    assert (event.kind, event.body) == (None, b'{"data":{"e":"MARGIN_CALL"}}')


def test_numbers_are_read_as_written() -> None:
    """A JSON number in place of a text is taken, too."""
    document = json.loads(FRAMES.body("account_update"))
    document["a"]["B"][0]["wb"] = 122624
    (balance, *_) = DECODE(body_of(document), ARRIVAL)
    assert isinstance(balance, BalanceUpdate)
    expected = EVENTS["account_update"][0]
    assert isinstance(expected, BalanceUpdate)
    assert balance == attrs.evolve(expected, balance=attrs.evolve(expected.balance, wallet=D(122624)))
