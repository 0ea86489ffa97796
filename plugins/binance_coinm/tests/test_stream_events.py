"""Every documented message becomes events whose fields are compared whole; contracts give what messages lack."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.frames import ARRIVAL, COMMON, RECEIVED_AT, Frames, at, body_of, find_ignored

from venuekit.capabilities import (
    Balance,
    BalanceUpdate,
    FillUpdate,
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
from venuekit_binance_coinm.stream import MESSAGES
from venuekit_binance_common.payloads import InstrumentRow
from venuekit_binance_common.stream.events import BinanceDecoder

D = Decimal
SYMBOL = "BTCUSD_200925"
FRAMES = Frames(__file__)
CONTRACTS = {SYMBOL: InstrumentRow(SYMBOL, "BTCUSD", "BTC", "USD", "BTC", contract_size=D(100))}
DECODE = BinanceDecoder(MESSAGES, CONTRACTS)
CONTRACT: dict[str, Any] = {"contract_size": D(100), "contract_unit": Unit.QUOTE}
HAPPENED_AT = at(1564745798938)
ACCOUNT: dict[str, Any] = {**COMMON, "time": at(1564745798939)}


def _balance(asset: str, wallet: str, cross: str) -> Balance:
    return Balance(asset, D(wallet), cross_wallet=D(cross), updated_at=HAPPENED_AT, received_at=RECEIVED_AT)


def _position(side: PositionSide, quantity: str, notional: str, **fields: Any) -> PositionUpdate:
    figures: dict[str, Any] = {name: D(text) for name, text in fields.items()}
    position = Position(
        SYMBOL,
        side,
        D(quantity),
        **CONTRACT,
        settle="BTC",
        notional=D(notional),
        margin_type=MarginType.ISOLATED,
        updated_at=HAPPENED_AT,
        received_at=RECEIVED_AT,
        **figures,
    )
    return PositionUpdate(position=position, reason="ORDER", **ACCOUNT)


TRAILING_STOP = Order(
    id="8888888",
    client_id="TEST",
    symbol=SYMBOL,
    kind=OrderKind.PLAIN,
    side=OrderSide.SELL,
    type=OrderType.TRAILING_STOP_MARKET,
    status=OrderStatus.OPEN,
    position_side=PositionSide.LONG,
    time_in_force=TimeInForce.GTC,
    quantity=D(2),
    filled=D(0),
    trigger_price=D("9103.1"),
    **CONTRACT,
    reduce_only=False,
    close_position=False,
    working_price=WorkingPrice.LAST,
    price_protect=False,
    stp_mode="EXPIRE_TAKER",
    price_match="OPPONENT",
    activation_price=D("9476.8"),
    callback_rate=D("5.0"),
    venue_status="NEW",
    updated_at=at(1591274595442),
    received_at=RECEIVED_AT,
)
EVENTS: dict[str, tuple[StreamEvent, ...]] = {
    "account_update": (
        BalanceUpdate(
            balance=_balance("BTC", "122624.12345678", "100.12345678"),
            change=D("50.12345678"),
            reason="ORDER",
            **ACCOUNT,
        ),
        BalanceUpdate(balance=_balance("ETH", "1", "0"), change=D("-49.12345678"), reason="ORDER", **ACCOUNT),
        _position(PositionSide.BOTH, "0", "0", unrealized_pnl="0", realized_pnl="200", isolated_wallet="0"),
        _position(
            PositionSide.LONG,
            "20",
            "2000",
            entry_price="6563.6",
            break_even_price="6563.7",
            unrealized_pnl="2850.212",
            realized_pnl="0",
            isolated_wallet="13200.70726908",
        ),
        _position(
            PositionSide.SHORT,
            "-10",
            "1000",
            entry_price="6563.8",
            break_even_price="6563.6",
            unrealized_pnl="-1423.156",
            realized_pnl="-45.04",
            isolated_wallet="6570.42511771",
        ),
    ),
    "order_trade_update": (
        OrderUpdate(order=TRAILING_STOP, change=OrderUpdateKind.NEW, time=at(1591274595442), **COMMON),
    ),
    "account_config_update": (SettingsUpdate(symbol="BTCUSD_PERP", leverage=D(25), time=at(1611646737479), **COMMON),),
    "margin_call": (
        MarginCall(
            positions=(
                Position(
                    SYMBOL,
                    PositionSide.LONG,
                    D(132),
                    **CONTRACT,
                    settle="BTC",
                    notional=D(13200),
                    mark_price=D("9187.17127"),
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
    "listen_key_expired": (SessionExpiry(reason="listenKeyExpired", time=at(1576653824250), **COMMON),),
    **{
        name: (UnknownEvent(kind=name.upper(), body=FRAMES.body(name), time=at(made_at), **COMMON),)
        for name, made_at in {"strategy_update": 1669261797628, "grid_update": 1669262908218}.items()
    },
}
#: the account's alias, and the fields that other messages tell
IGNORED = {
    "account_update": ["i"],
    "order_trade_update": ["i", "o.L", "o.N", "o.a", "o.b", "o.l", "o.m", "o.ma", "o.n", "o.rp"],
    "margin_call": ["i"],
    "listen_key_expired": ["listenKey"],
}


@pytest.mark.parametrize("name", FRAMES.names)
def test_a_documented_message_becomes_events(name: str) -> None:
    """All fields of all events are those of the message, also where the venue's own objects are kept."""
    assert DECODE(FRAMES.body(name), ARRIVAL) == EVENTS[name]
    assert DECODE(FRAMES.body(name), ARRIVAL._replace(keep_raw=True)) == EVENTS[name]


@pytest.mark.parametrize("name", [name for name, events in EVENTS.items() if type(events[0]) is not UnknownEvent])
def test_every_field_of_a_message_is_read(name: str) -> None:
    """Another value of a field makes another event, but for those that are ignored for a reason."""
    assert find_ignored(FRAMES.body(name), DECODE) == IGNORED.get(name, [])


def test_a_contract_that_the_venue_does_not_list_has_no_size() -> None:
    """Its position, order and fill are there all the same, without the figures that follow from the size."""
    decode = BinanceDecoder(MESSAGES)
    *_, position = decode(FRAMES.body("account_update"), ARRIVAL)
    assert isinstance(position, PositionUpdate)
    expected = EVENTS["account_update"][-1]
    assert isinstance(expected, PositionUpdate)
    assert position.position == attrs.evolve(expected.position, contract_size=None, settle=None, notional=None)
    document = FRAMES.document("order_trade_update")
    document["o"] |= {"x": "TRADE", "X": "FILLED", "l": "2", "z": "2", "L": "9100.1", "t": 5, "n": "0.0001", "rp": "-1"}
    for decoder, size in ((decode, None), (DECODE, D(100))):
        order, fill = decoder(body_of(document), ARRIVAL)
        assert isinstance(order, OrderUpdate)
        assert isinstance(fill, FillUpdate)
        assert {order.order.contract_size, fill.fill.contract_size} == {size}
        assert (fill.fill.commission, fill.fill.commission_asset, fill.fill.realized_pnl) == (
            D("-0.0001"),
            "BTC",
            D(-1),
        )
