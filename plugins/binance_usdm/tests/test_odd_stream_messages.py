"""Messages that no documentation has: news of the venue are kept, and another shape is refused by its field."""

from __future__ import annotations

import pytest
from tests.plugins.frames import ARRIVAL, Frames, body_of

from venuekit.capabilities import BalanceUpdate, OrderUpdate, PositionUpdate, UnknownEvent
from venuekit.errors import PayloadMismatch
from venuekit_binance_common.stream.events import BinanceDecoder
from venuekit_binance_usdm.stream import MESSAGES

FRAMES = Frames(__file__)
DECODE = BinanceDecoder(MESSAGES)


def test_what_the_venue_adds_one_day_is_kept() -> None:
    """Fields, words and kinds of messages that nobody knows end nothing."""
    document = FRAMES.document("order_trade_update")
    document["new"], document["o"]["newer"] = {"x": [1]}, "?"
    document["o"] |= {"x": "MELTED", "X": "LIQUID", "o": "PEGGED", "ot": "PEGGED", "f": "GTX2", "ps": "UP", "wt": "MID"}
    (update,) = DECODE(body_of(document), ARRIVAL)
    assert isinstance(update, OrderUpdate)
    order = update.order
    words = (update.change, order.status, order.type, order.time_in_force, order.position_side, order.working_price)
    assert [(word.name, word.value) for word in words if word is not None] == [
        ("OTHER", word) for word in ("MELTED", "LIQUID", "PEGGED", "GTX2", "UP", "MID")
    ]
    document = FRAMES.document("account_update")
    document["a"]["m"], document["a"]["P"][0]["mt"], document["a"]["P"][0]["ma"] = "GIFT", "portfolio", "USDC"
    balance, _, position, *_ = DECODE(body_of(document), ARRIVAL)
    assert isinstance(balance, BalanceUpdate)
    assert isinstance(position, PositionUpdate)
    assert (balance.reason, position.position.margin_type, position.position.settle) == ("GIFT", None, "USDC")
    for body, kind in ((b'{"e":"FUTURE_EVENT","E":1}', "FUTURE_EVENT"), (b'{"result":null,"id":1}', None)):
        (event,) = DECODE(body, ARRIVAL)
        assert isinstance(event, UnknownEvent)
        assert (event.kind, event.body) == (kind, body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[1]", "an object"),
        (b'{"e":{}}', "e: expected text"),
        (b'{"e":"ACCOUNT_UPDATE","E":1}', "a: missing"),
        (b'{"e":"ACCOUNT_UPDATE","a":[]}', "a: expected an object"),
        (b'{"e":"ACCOUNT_UPDATE","a":{"B":[{"a":"USDT","wb":"x","cw":"1"}]}}', r"a.B\[0\].wb: expected a decimal"),
        (b'{"e":"ORDER_TRADE_UPDATE","o":{"s":"BTCUSDT"}}', "o.x: missing"),
        (b'{"e":"ACCOUNT_UPDATE","E":"now","a":{}}', "E: expected a time"),
    ],
)
def test_a_message_of_another_shape_is_refused(body: bytes, words: str) -> None:
    """The error names the field."""
    with pytest.raises(PayloadMismatch, match=words):
        DECODE(body, ARRIVAL)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"e":"ORDER_TRADE_UPDATE"', b"[" * 100_000, b'{"e":"X","x":' + b"[" * 100_000, b"\xff"],
)
def test_a_message_that_is_no_json_is_refused(body: bytes) -> None:
    """Cut off, another format, nested too deeply, or no text at all."""
    with pytest.raises(ValueError):  # noqa: PT011  (its words are the parser's)
        DECODE(body, ARRIVAL)
