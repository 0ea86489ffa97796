"""Messages of Aster: those of the USD-margined product, with conditional orders among the plain ones."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.plugins.frames import ARRIVAL, Frames, body_of

from venuekit.capabilities import (
    AssetMode,
    FillUpdate,
    OrderKind,
    OrderStatus,
    OrderUpdate,
    PositionMode,
    PositionUpdate,
    SessionExpiry,
    SettingsUpdate,
)
from venuekit_binance_common.stream.events import BinanceDecoder
from venuekit_binance_usdm.aster.stream import MESSAGES, STREAM, V1_STREAM
from venuekit_binance_usdm.stream import STREAM as USDM_STREAM

FRAMES = Frames(__file__)
DECODE = BinanceDecoder(MESSAGES)


def test_messages_of_one_moment_come_in_any_order() -> None:
    """Those of the product that it is alike come in the order of their changes."""
    assert [stream.is_ordered for stream in (STREAM, V1_STREAM, USDM_STREAM)] == [False, False, True]


def test_a_conditional_order_is_in_the_same_book() -> None:
    """It waits for its trigger as long as it has its first type; the trigger price of one that trails means nothing."""
    (update,) = DECODE(FRAMES.body("order_trade_update"), ARRIVAL)
    assert isinstance(update, OrderUpdate)
    order = update.order
    assert (order.kind, order.status, order.trigger_price) == (OrderKind.CONDITIONAL, OrderStatus.UNTRIGGERED, None)
    document = FRAMES.document("order_trade_update")
    document["o"] |= {"o": "MARKET", "ot": "STOP_MARKET"}
    (update,) = DECODE(body_of(document), ARRIVAL)
    assert isinstance(update, OrderUpdate)
    order = update.order
    assert (order.kind, order.status, order.trigger_price) == (
        OrderKind.CONDITIONAL,
        OrderStatus.OPEN,
        Decimal("7103.04"),
    )


def test_a_commission_has_the_sign_of_the_reads() -> None:
    """Paid is negative at this venue."""
    document = FRAMES.document("order_trade_update")
    document["o"] |= {"x": "TRADE", "X": "FILLED", "l": "1", "z": "1", "L": "7100", "t": 5, "n": "-0.07819010"}
    _, fill = DECODE(body_of(document), ARRIVAL)
    assert isinstance(fill, FillUpdate)
    assert fill.fill.commission == Decimal("-0.07819010")


@pytest.mark.parametrize(("dual", "mode"), [(True, PositionMode.HEDGE), (False, PositionMode.ONE_WAY)])
def test_the_modes_of_the_account_come_together(dual: bool, mode: PositionMode) -> None:
    """A change of one names both; ``f`` is whether commissions are paid by a token."""
    document = FRAMES.document("account_config_update_multi_assets")
    document["ai"] |= {"f": True, "d": dual}
    (update,) = DECODE(body_of(document), ARRIVAL)
    assert isinstance(update, SettingsUpdate)
    assert (update.asset_mode, update.position_mode, update.symbol) == (AssetMode.MULTI, mode, None)


def test_its_messages_lack_some_fields() -> None:
    """Positions have no break-even price, and the end of a listen key does not name it."""
    document = FRAMES.document("account_update")
    for row in document["a"]["P"]:
        del row["bep"]
    positions = [event for event in DECODE(body_of(document), ARRIVAL) if isinstance(event, PositionUpdate)]
    assert [event.position.break_even_price for event in positions] == [None] * 3
    assert isinstance(DECODE(b'{"e":"listenKeyExpired","E":1576653824250}', ARRIVAL)[0], SessionExpiry)
