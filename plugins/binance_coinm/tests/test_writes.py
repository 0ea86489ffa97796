"""Changes of settings: what a lost one is found out to be, and answers that are this product's own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import (
    LeverageSetting,
    MarginType,
    MarginTypeSetting,
    PositionMode,
    PositionModeSetting,
    Unit,
)
from venuekit.errors import ClockSkew
from venuekit.message import HttpRequest
from venuekit.testing.fake import FakeTransport, json_answer
from venuekit_binance_coinm.account import BinanceCoinmAccount

Answering = Callable[..., AbstractAsyncContextManager[BinanceCoinmAccount]]
Write = Callable[[BinanceCoinmAccount], Any]

LEVERAGE: Write = lambda account: account.set_leverage("BTCUSD_PERP", 21)  # noqa: E731
ISOLATED: Write = lambda account: account.set_margin_type("BTCUSD_PERP", MarginType.ISOLATED)  # noqa: E731
HEDGE: Write = lambda account: account.set_position_mode(PositionMode.HEDGE)  # noqa: E731


async def test_engine_that_finds_a_request_too_late_is_a_clock_fault(
    answering: Answering, transport: FakeTransport
) -> None:
    """-4188 was not executed: the clock is measured and the request sent once more."""
    async with answering("post_dapi_v1_leverage_4188") as account:
        with pytest.raises(ClockSkew):
            await LEVERAGE(account)

    assert [request.verb for request in transport.requests].count("POST") == 2


@pytest.mark.parametrize(
    ("reading", "write", "setting"),
    [
        (
            "get_dapi_v1_positionRisk_isolated",
            lambda account: account.set_leverage("BTCUSD_PERP", 10),
            LeverageSetting("BTCUSD_PERP", Decimal(10), Decimal(10), Decimal(200), Unit.BASE, changed=None),
        ),
        (
            "get_dapi_v1_positionRisk_isolated",
            ISOLATED,
            MarginTypeSetting("BTCUSD_PERP", MarginType.ISOLATED, changed=None),
        ),
        (
            "get_dapi_v1_positionSide_dual",
            HEDGE,
            PositionModeSetting(PositionMode.HEDGE, ("binance_usdm",), changed=None),
        ),
    ],
)
async def test_every_lost_setting_is_read_back(
    answering: Answering, transport: FakeTransport, reading: str, write: Write, setting: object
) -> None:
    """Whatever was written without an answer is found to hold by the read that tells it, and is not sent again."""
    async with answering(reading) as account:
        tell = transport.reply

        def lose_writes(request: HttpRequest) -> Any:
            return json_answer({"code": -1007, "msg": "Timeout"}, 408) if request.verb == "POST" else tell(request)

        transport.reply = lose_writes
        assert await write(account) == setting

    assert [request.verb for request in transport.requests].count("POST") == 1


async def test_doubtful_refusal_of_a_margin_type_is_read_back(answering: Answering) -> None:
    """-4067 on a symbol that has the wanted margin type already is a success after a read."""
    async with answering("post_dapi_v1_marginType_4067", "get_dapi_v1_positionRisk_isolated") as account:
        setting = await ISOLATED(account)

    assert setting.margin_type is MarginType.ISOLATED
    assert setting.changed is not True
