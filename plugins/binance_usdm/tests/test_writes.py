"""Changes of settings: what is sent, what the answers mean, and what a lost one is found out to be."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest

from venuekit.capabilities import (
    AssetMode,
    AssetModeSetting,
    LeverageSetting,
    MarginType,
    MarginTypeSetting,
    PositionMode,
    PositionModeSetting,
    PositionSide,
    Unit,
)
from venuekit.errors import InvalidArgument, InvalidRequest, Outcome, OutcomeUnknown, Rejected
from venuekit.message import HttpRequest
from venuekit.testing.fake import FakeTransport, json_answer
from venuekit_binance_usdm.account import BinanceUsdmAccount

Answering = Callable[..., AbstractAsyncContextManager[BinanceUsdmAccount]]
Write = Callable[[BinanceUsdmAccount], Any]

LEVERAGE: Write = lambda account: account.set_leverage("BTCUSDT", 21)  # noqa: E731
ISOLATED: Write = lambda account: account.set_margin_type("BTCUSDT", MarginType.ISOLATED)  # noqa: E731
CROSS: Write = lambda account: account.set_margin_type("BTCUSDT", MarginType.CROSS)  # noqa: E731
ONE_WAY: Write = lambda account: account.set_position_mode(PositionMode.ONE_WAY)  # noqa: E731
SINGLE: Write = lambda account: account.set_asset_mode(AssetMode.SINGLE)  # noqa: E731
HEDGE: Write = lambda account: account.set_position_mode(PositionMode.HEDGE)  # noqa: E731
MULTI: Write = lambda account: account.set_asset_mode(AssetMode.MULTI)  # noqa: E731


@pytest.mark.parametrize(
    ("case", "write", "sent", "setting"),
    [
        (
            "post_fapi_v1_leverage",
            LEVERAGE,
            {"symbol": "BTCUSDT", "leverage": "21"},
            LeverageSetting("BTCUSDT", Decimal(21), Decimal(21), Decimal(1000000), Unit.QUOTE, changed=True),
        ),
        (
            "post_fapi_v1_marginType",
            ISOLATED,
            {"symbol": "BTCUSDT", "marginType": "ISOLATED"},
            MarginTypeSetting("BTCUSDT", MarginType.ISOLATED, changed=True),
        ),
        (
            "post_fapi_v1_marginType",
            lambda account: account.set_margin_type("BTCUSDT", MarginType.CROSS),
            {"symbol": "BTCUSDT", "marginType": "CROSSED"},
            MarginTypeSetting("BTCUSDT", MarginType.CROSS, changed=True),
        ),
        (
            "post_fapi_v1_positionSide_dual",
            HEDGE,
            {"dualSidePosition": "true"},
            PositionModeSetting(PositionMode.HEDGE, ("binance_coinm",), changed=True),
        ),
        (
            "post_fapi_v1_positionSide_dual",
            lambda account: account.set_position_mode(PositionMode.ONE_WAY),
            {"dualSidePosition": "false"},
            PositionModeSetting(PositionMode.ONE_WAY, ("binance_coinm",), changed=True),
        ),
        (
            "post_fapi_v1_multiAssetsMargin",
            MULTI,
            {"multiAssetsMargin": "true"},
            AssetModeSetting(AssetMode.MULTI, changed=True),
        ),
    ],
)
async def test_accepted_change(
    *, answering: Answering, transport: FakeTransport, case: str, write: Write, sent: dict[str, str], setting: object
) -> None:
    """The documented parameters leave in the query, signature last, and the setting says that it changed."""
    async with answering(case) as account:
        assert await write(account) == setting

    request = transport.requests[-1]
    fields = parse_qsl(request.url.partition("?")[2])
    assert dict(fields[: len(sent)]) == sent
    assert [name for name, _ in fields[len(sent) :]] == ["recvWindow", "timestamp", "signature"]
    assert (request.verb, request.body) == ("POST", None)


NO_NEED = [
    ("post_fapi_v1_marginType_4046", "get_fapi_v1_symbolConfig_isolated", ISOLATED, CROSS),
    ("post_fapi_v1_positionSide_dual_4059", "get_fapi_v1_accountConfig", HEDGE, ONE_WAY),
    ("post_fapi_v1_multiAssetsMargin_4171", "get_fapi_v1_accountConfig", SINGLE, MULTI),
]


@pytest.mark.parametrize(("case", "reading", "write"), [(case, read, write) for case, read, write, _ in NO_NEED])
async def test_no_need_to_change_is_a_success(answering: Answering, case: str, reading: str, write: Write) -> None:
    """Asking for what holds already succeeds and says that nothing changed."""
    async with answering(case, reading) as account:
        assert (await write(account)).changed is False


@pytest.mark.parametrize(("case", "reading", "write"), [(case, read, other) for case, read, _, other in NO_NEED])
async def test_no_need_to_change_that_is_not_so(answering: Answering, case: str, reading: str, write: Write) -> None:
    """A "no need to change" while another value holds is a refusal, not a success."""
    async with answering(case, reading) as account:
        with pytest.raises(Rejected, match=r"[Nn]o.* need.* \(read ") as caught:
            await write(account)
    assert caught.value.outcome is Outcome.NOT_APPLIED


@pytest.mark.parametrize(
    ("case", "write", "error"),
    [
        ("post_fapi_v1_leverage_1121", LEVERAGE, InvalidRequest),
        ("post_fapi_v1_leverage_4028", LEVERAGE, InvalidRequest),
        ("post_fapi_v1_leverage_2027", LEVERAGE, Rejected),
        ("post_fapi_v1_leverage_2028", LEVERAGE, Rejected),
        ("post_fapi_v1_leverage_4161", LEVERAGE, Rejected),
        ("post_fapi_v1_marginType_4047", ISOLATED, Rejected),
        ("post_fapi_v1_marginType_4048", ISOLATED, Rejected),
        ("post_fapi_v1_marginType_4168", ISOLATED, Rejected),
        ("post_fapi_v1_positionSide_dual_4067", HEDGE, Rejected),
        ("post_fapi_v1_positionSide_dual_4068", HEDGE, Rejected),
        ("post_fapi_v1_multiAssetsMargin_4167", MULTI, Rejected),
        ("post_fapi_v1_multiAssetsMargin_4169", MULTI, Rejected),
        ("post_fapi_v1_multiAssetsMargin_4170", MULTI, Rejected),
    ],
)
async def test_documented_refusal_is_raised_with_code_and_words(
    answering: Answering, recorded: Any, case: str, write: Write, error: type[Exception]
) -> None:
    """It was not applied, and was sent once."""
    async with answering(case) as account:
        with pytest.raises(error) as caught:
            await write(account)

    failure: Any = caught.value
    assert failure.code == recorded.case(case).code
    assert failure.message.encode() in recorded.case(case).body
    assert failure.outcome is Outcome.NOT_APPLIED


@pytest.mark.parametrize("lost", ["503_unknown_outcome", "408"])
async def test_lost_leverage_that_holds_is_a_success(answering: Answering, transport: FakeTransport, lost: str) -> None:
    """A read finds the wanted leverage, so it is not sent again; whether it was ours is not known."""
    async with answering(f"post_fapi_v1_leverage_{lost}", "get_fapi_v1_symbolConfig") as account:
        setting = await account.set_leverage("BTCUSDT", 21)

    assert setting == LeverageSetting("BTCUSDT", Decimal(21), Decimal(21), Decimal(1000000), Unit.QUOTE, changed=None)
    assert [request.verb for request in transport.requests].count("POST") == 1


async def test_leverage_that_met_an_overloaded_venue_is_sent_again(
    answering: Answering, transport: FakeTransport
) -> None:
    """No read is added to the load; and since the first attempt may have been carried out, no change is claimed."""
    async with answering("post_fapi_v1_leverage_503_throttled", "post_fapi_v1_leverage") as account:
        setting = await account.set_leverage("BTCUSDT", 21)

    assert (setting.long, setting.changed) == (Decimal(21), None)
    assert [request.verb for request in transport.requests][-2:] == ["POST", "POST"]


async def test_lost_leverage_that_does_not_hold_is_sent_once_more(
    answering: Answering, transport: FakeTransport
) -> None:
    """The read finds another leverage, the second attempt is accepted; the first one may have changed it after all."""
    async with answering(
        "post_fapi_v1_leverage_503_unknown_outcome", "post_fapi_v1_leverage", "get_fapi_v1_symbolConfig_all"
    ) as account:
        setting = await account.set_leverage("BTCUSDT", 21)

    assert (setting.long, setting.changed) == (Decimal(21), None)
    assert [request.verb for request in transport.requests].count("POST") == 2


@pytest.mark.parametrize("refused", ["503_unavailable", "503_internal"])
async def test_documented_overload_is_waited_out(answering: Answering, refused: str) -> None:
    """What the venue says it did not execute is simply sent again."""
    async with answering(f"post_fapi_v1_leverage_{refused}", "post_fapi_v1_leverage") as account:
        assert (await account.set_leverage("BTCUSDT", 21)).long == Decimal(21)


async def test_doubtful_refusal_of_a_margin_type_is_read_back(answering: Answering, transport: FakeTransport) -> None:
    """-4067 on a symbol that has the wanted margin type already is a success after a read."""
    async with answering("post_fapi_v1_marginType_4067", "get_fapi_v1_symbolConfig_all") as account:
        setting = await account.set_margin_type("BTCUSDT", MarginType.ISOLATED)

    assert setting.margin_type is MarginType.ISOLATED
    assert setting.changed is not True
    assert "symbolConfig" in transport.requests[-1].url


@pytest.mark.parametrize("write", [LEVERAGE, ISOLATED, MULTI])
async def test_every_lost_setting_is_read_back(answering: Answering, transport: FakeTransport, write: Write) -> None:
    """Whatever was written without an answer is found to hold by the read that tells it."""
    async with answering("get_fapi_v1_accountConfig_multi_assets", "get_fapi_v1_symbolConfig_isolated") as account:
        tell = transport.reply

        def lose_writes(request: HttpRequest) -> Any:
            return json_answer({"code": -1007, "msg": "Timeout"}, 408) if request.verb == "POST" else tell(request)

        transport.reply = lose_writes
        setting = await write(account)

    assert setting.changed is None
    assert [request.verb for request in transport.requests].count("POST") == 1


async def test_lost_position_mode_that_never_holds_is_unknown(answering: Answering, transport: FakeTransport) -> None:
    """Two lost attempts and an unchanged account prove nothing; the error says so."""
    async with answering("get_fapi_v1_accountConfig_one_way") as account:
        tell = transport.reply

        def lose_writes(request: HttpRequest) -> Any:
            return json_answer({"code": -1007, "msg": "Timeout"}, 408) if request.verb == "POST" else tell(request)

        transport.reply = lose_writes
        with pytest.raises(OutcomeUnknown) as caught:
            await account.set_position_mode(PositionMode.HEDGE)

    assert caught.value.outcome is Outcome.UNKNOWN
    assert [request.verb for request in transport.requests].count("POST") == 2


@pytest.mark.parametrize("leverage", [0, -1, "ten", "20", 20.0, True, None, Decimal("20.5"), Decimal("NaN")])
async def test_leverage_that_cannot_be_is_refused_before_sending(
    answering: Answering, transport: FakeTransport, leverage: Any
) -> None:
    """The declaration knows whole numbers from 1 on; how high it may be the brackets say."""
    async with answering() as account:
        transport.requests.clear()
        with pytest.raises(InvalidArgument, match="leverage"):
            await account.set_leverage("BTCUSDT", leverage)

    assert transport.requests == []


@pytest.mark.parametrize(
    "write",
    [
        lambda account: account.set_leverage("BTCUSDT", 5, side=PositionSide.LONG),
        lambda account: account.set_leverage("BTCUSDT", 5, margin_type=MarginType.CROSS),
        lambda account: account.set_margin_type(None, MarginType.CROSS),
        lambda account: account.set_margin_type("BTCUSDT", MarginType.CROSS, account_wide=True),
        lambda account: account.set_margin_type("BTCUSDT", MarginType.PORTFOLIO),
        lambda account: account.set_margin_type("BTCUSDT", "CROSSED"),
        lambda account: account.set_position_mode(PositionMode.HEDGE, symbol="BTCUSDT"),
        lambda account: account.set_position_mode(PositionMode.HEDGE, asset="USDT"),
        lambda account: account.set_position_mode("dual"),
        lambda account: account.set_asset_mode("joint"),
    ],
)
async def test_argument_outside_the_scope_is_refused_before_sending(
    answering: Answering, transport: FakeTransport, write: Write
) -> None:
    """What the declared scope does not have is an error of the caller."""
    async with answering() as account:
        transport.requests.clear()
        with pytest.raises(InvalidArgument) as caught:
            await write(account)

    assert transport.requests == []
    assert caught.value.outcome is Outcome.NOT_SENT
