"""Every documented message becomes events whose fields are compared whole; what is not named here is None."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.frames import ARRIVAL, COMMON, RECEIVED_AT, Frames, at, body_of, find_ignored

from venuekit.capabilities import (
    Balance,
    BalanceUpdate,
    Fill,
    FillKind,
    FillUpdate,
    FundingPayment,
    Order,
    OrderKind,
    OrderSide,
    OrderStatus,
    OrderType,
    OrderUpdate,
    OrderUpdateKind,
    Position,
    PositionSide,
    PositionState,
    PositionUpdate,
    StreamEvent,
    TimeInForce,
    Unit,
    UnknownEvent,
)
from venuekit.errors import PayloadMismatch
from venuekit.plugin import Fault, ReplyKind, SessionReply
from venuekit_bybit_inverse.stream import BybitDecoder
from venuekit_bybit_inverse.stream_messages import MESSAGES

D = Decimal
FRAMES = Frames(__file__)
DECODE = BybitDecoder(MESSAGES, {"BTCUSD": "BTC"})
CONTRACT: dict[str, Any] = {"contract_size": D(1), "contract_unit": Unit.QUOTE}


def _inverse(name: str, **fields: Any) -> dict[str, Any]:
    """Return a message about inverse contracts; the documentation prints those of other products."""
    document = FRAMES.document(name)
    document["topic"] = f"{document['topic'].removesuffix('.inverse')}.inverse"
    for row in document["data"]:
        row |= {"category": "inverse", "symbol": "BTCUSD", **fields}
    return document


def _decode(document: dict[str, Any], *, keep_raw: bool = False) -> tuple[StreamEvent, ...]:
    return _events(body_of(document), keep_raw=keep_raw)


def _events(body: bytes, *, keep_raw: bool = False) -> tuple[StreamEvent, ...]:
    events = DECODE(body, ARRIVAL._replace(keep_raw=keep_raw))
    assert not isinstance(events, SessionReply)
    return events


FLAT: dict[str, Any] = {
    "adl_rank_of": 5,
    "auto_add_margin": False,
    "max_position_unit": Unit.SETTLE,
    "received_at": RECEIVED_AT,
    "reduce_only_forced": False,
    "settle": "BTC",
    "state": PositionState.NORMAL,
    "leverage": D(10),
    **CONTRACT,
}
EVENTS: dict[str, tuple[StreamEvent, ...]] = {
    "position": (
        PositionUpdate(
            position=Position(
                "BTCUSD",
                PositionSide.SHORT,
                D(0),
                break_even_price=D("93556.73034991"),
                mark_price=D("28184.5"),
                notional=D(0),
                value=D(0),
                unrealized_pnl=D(0),
                realized_pnl=D("1.26"),
                position_initial_margin=D(0),
                maintenance_margin=D(0),
                max_position=D(2000000),
                adl_rank=0,
                updated_at=at(1697682317038),
                sequence=8327597863,
                **FLAT,
            ),
            sequence=8327597863,
            time=at(1697682317044),
            **COMMON,
        ),
    ),
    "position_constructed": (
        PositionUpdate(
            position=Position(
                "BTCUSD",
                PositionSide.BOTH,
                D(10000),
                entry_price=D(80000),
                break_even_price=D("80088.05"),
                mark_price=D("82000.00"),
                notional=D(10000),
                value=D("0.1219512195121951219512195121951220"),
                unrealized_pnl=D("0.00304878"),
                realized_pnl=D("-0.00006875"),
                position_initial_margin=D("0.0126"),
                maintenance_margin=D("0.0007"),
                liquidation_price=D("73059.40"),
                max_position=D(150),
                adl_rank=2,
                updated_at=at(1790380000000),
                opened_at=at(1790370000000),
                sequence=24987956059,
                **FLAT,
            ),
            sequence=24987956059,
            time=at(1790380000044),
            **COMMON,
        ),
    ),
    "execution": (
        FillUpdate(
            fill=Fill(
                id="0ab1bdf7-4219-438b-b30a-32ec863018f7",
                order_id="9aac161b-8ed6-450d-9cab-c5cc67c21784",
                symbol="BTCUSD",
                side=OrderSide.SELL,
                price=D("95900.1"),
                quantity=D("0.5"),
                time=at(1746270400353),
                value=D("47950.05"),
                realized_pnl=D("0.05"),
                commission=D("-26.3725275"),
                commission_asset="USDT",
                fee_rate=D("0.00055"),
                kind=FillKind.TRADE,
                is_maker=False,
                **CONTRACT,
            ),
            sequence=140612148849382,
            time=at(1746270400355),
            **COMMON,
        ),
    ),
    "order": (
        OrderUpdate(
            order=Order(
                id="5cf98598-39a7-459e-97bf-76ca765ee020",
                client_id=None,
                symbol="BTCUSD",
                kind=OrderKind.PLAIN,
                side=OrderSide.SELL,
                type=OrderType.MARKET,
                status=OrderStatus.FILLED,
                position_side=PositionSide.BOTH,
                time_in_force=TimeInForce.IOC,
                quantity=D(1),
                filled=D(1),
                price=D("72.5"),
                average_price=D(75),
                filled_value=D(75),
                commission=D("-0.358635"),
                **CONTRACT,
                reduce_only=False,
                close_position=False,
                venue_status="Filled",
                created_at=at(1672364262444),
                updated_at=at(1672364262457),
                received_at=RECEIVED_AT,
            ),
            change=OrderUpdateKind.TRADE,
            time=at(1672364262474),
            **COMMON,
        ),
    ),
    "wallet": (
        BalanceUpdate(
            balance=Balance(
                "BTC",
                D("0.00102964"),
                unrealized_pnl=D(0),
                equity=D("0.00102964"),
                borrowed=D(0),
                accrued_interest=D(0),
                locked=D(0),
                bonus=D(0),
                is_collateral=True,
                usd_value=D("36.70759517"),
                received_at=RECEIVED_AT,
            ),
            time=at(1700034722104),
            **COMMON,
        ),
    ),
}
#: by message: the fields that no event has; a wallet's totals are the account's, which no event tells
IGNORED: dict[str, set[str]] = {
    "position": {
        *("category", "createdTime", "cumRealisedPnl", "leverageSysUpdatedTime", "mmrSysUpdatedTime"),
        *("positionBalance", "positionIMByMp", "positionMMByMp", "positionValue", "riskId", "sessionAvgPrice"),
        *("tpslMode", "tradeMode"),
    },
    "execution": {
        *("blockTradeId", "category", "closedSize", "createType", "indexPrice", "isLeverage", "leavesQty", "markIv"),
        *("markPrice", "marketUnit", "orderPrice", "orderQty", "orderType", "stopOrderType", "tradeIv"),
        *("extraFees.fee", "extraFees.feeCoin", "extraFees.feeRate", "extraFees.feeType", "extraFees.subFeeType"),
        "underlyingPrice",
    },
    "order": {
        *(
            "blockTradeId",
            "cancelType",
            "category",
            "closedPnl",
            "cumFeeDetail.MNT",
            "feeCurrency",
            "lastPriceOnCreated",
        ),
        *("leavesQty", "leavesValue", "orderIv", "placeType", "rpiMatchedQty", "rpiTakerAccess", "slLimitPrice"),
        *("slTriggerBy", "smpGroup", "smpOrderId", "tpLimitPrice", "tpTriggerBy"),
        "tpslMode",
    },
    "wallet": {
        *("accountIMRate", "accountIMRateByMp", "accountLTV", "accountMMRate", "accountMMRateByMp", "accountType"),
        *("totalAvailableBalance", "totalEquity", "totalInitialMargin", "totalInitialMarginByMp"),
        *("totalMaintenanceMargin", "totalMaintenanceMarginByMp", "totalMarginBalance", "totalPerpUPL"),
        *("totalWalletBalance", "coin.availableToBorrow", "coin.availableToWithdraw", "coin.cumRealisedPnl"),
        *("coin.spotBorrow", "coin.spotHedgingQty"),
    },
}


@pytest.mark.parametrize("name", EVENTS)
def test_a_documented_message_becomes_events(name: str) -> None:
    """All fields of all events are those of the message, with the venue's own objects where they are kept."""
    document = FRAMES.document(name) if name == "wallet" else _inverse(name)
    assert _decode(document) == EVENTS[name]
    kept = _decode(document, keep_raw=True)
    assert kept == EVENTS[name]
    assert [event.raw for event in kept] == [document] * len(kept)


@pytest.mark.parametrize("name", IGNORED)
def test_every_field_of_a_row_is_read(name: str) -> None:
    """Another value of a field makes another event, but for those that are ignored for a reason."""
    document = FRAMES.document(name) if name == "wallet" else _inverse(name)
    assert set(find_ignored(body_of(document), DECODE)) == {"id", *(f"data.{field}" for field in IGNORED[name])}


@pytest.mark.parametrize("name", ["position", "execution", "order"])
def test_rows_of_other_products_are_left_out(name: str) -> None:
    """A topic of all products has theirs, too, and some of them have other fields."""
    document, own = FRAMES.document(name), _inverse(name)["data"]
    assert _decode(document) == ()
    document["data"] = [{"category": "event", "eventId": 3}, *own, *document["data"]]
    assert _decode(document) == EVENTS[name]


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("auth", SessionReply(ReplyKind.AUTHENTICATED)),
        ("auth_observed_failure", SessionReply(ReplyKind.REFUSED, "Params Error", fault=Fault.AUTHENTICATION)),
        ("subscribe", SessionReply(ReplyKind.SUBSCRIBED)),
        ("pong", SessionReply(ReplyKind.ALIVE)),
    ],
)
def test_an_answer_to_the_session_is_a_reply(name: str, reply: SessionReply) -> None:
    """No reader sees it."""
    assert DECODE(FRAMES.body(name), ARRIVAL) == reply


def test_a_refused_subscription_has_the_words_of_the_venue() -> None:
    """So has a request that came too late, which is a matter of the clock."""
    refused = b'{"success":false,"ret_msg":"error:topic,wallets","op":"subscribe","conn_id":"c"}'
    assert DECODE(refused, ARRIVAL) == SessionReply(ReplyKind.REFUSED, "error:topic,wallets")
    late = b'{"success":false,"ret_msg":"request expired","op":"auth","conn_id":"c"}'
    assert DECODE(late, ARRIVAL) == SessionReply(ReplyKind.REFUSED, "request expired", fault=Fault.CLOCK)


@pytest.mark.parametrize(
    ("status", "change"),
    [
        ("New", "new"),
        ("Untriggered", "new"),
        ("PartiallyFilled", "trade"),
        ("Cancelled", "canceled"),
        ("PartiallyFilledCanceled", "canceled"),
        ("Deactivated", "canceled"),
        ("Rejected", "rejected"),
        ("Triggered", "triggered"),
        ("Melted", "Melted"),
    ],
)
def test_the_step_of_an_order_is_its_status(status: str, change: str) -> None:
    """The row does not say why it was sent; a status that is not documented is kept."""
    (update,) = _decode(_inverse("order", orderStatus=status))
    assert isinstance(update, OrderUpdate)
    assert (update.change.value, update.order.venue_status) == (change, status)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"execFee": "0.00012"}, ("USDT", D("-0.00012"))),
        ({"execFee": "-0.00012", "feeCurrency": ""}, ("BTC", D("0.00012"))),
    ],
)
def test_funding_is_no_fill(fields: dict[str, Any], expected: tuple[str, Decimal]) -> None:
    """It stands among fills with a fee; without a currency it is paid in the settle coin."""
    (funding,) = _decode(_inverse("execution", execType="Funding", **fields))
    assert isinstance(funding, FundingPayment)
    assert (funding.symbol, funding.sequence) == ("BTCUSD", 140612148849382)
    assert (funding.asset, funding.amount) == expected


def test_a_fee_without_currency_is_paid_in_the_settle_coin() -> None:
    """As in the reads; of a contract that is not listed it is unknown, and funding cannot be told then."""
    (fill,) = _decode(_inverse("execution", feeCurrency="", execType="BustTrade", orderLinkId="mine"))
    assert isinstance(fill, FillUpdate)
    assert (fill.fill.commission_asset, fill.fill.kind, fill.fill.client_id) == ("BTC", FillKind.LIQUIDATION, "mine")
    (fill,) = _decode(_inverse("execution", feeCurrency="", symbol="OLDUSD"))
    assert isinstance(fill, FillUpdate)
    assert fill.fill.commission_asset is None
    with pytest.raises(PayloadMismatch, match="feeCurrency: missing of the funding of OLDUSD"):
        _decode(_inverse("execution", feeCurrency="", symbol="OLDUSD", execType="Funding"))


def test_several_rows_are_one_message() -> None:
    """Fills of one order come together, and so do the coins of a wallet."""
    document = _inverse("execution")
    document["data"] = [{**document["data"][0], "execId": str(number), "seq": number} for number in range(3)]
    fills = _decode(document, keep_raw=True)
    assert [(one.fill.id, one.sequence, one.fill.raw) for one in fills if isinstance(one, FillUpdate)] == [
        (str(number), number, document["data"][number]) for number in range(3)
    ]
    document = FRAMES.document("wallet")
    document["data"][0]["coin"] *= 2
    document["data"] *= 2
    balances = _decode(document, keep_raw=True)
    assert len(balances) == 4
    assert {one.message for one in balances} == {7}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"topic":"greeks","creationTime":5,"data":[]}', "greeks"),
        (b'{"topic":"position.linear","creationTime":5,"data":[]}', "position.linear"),
        (b'{"topic":"execution.fast.inverse","creationTime":5,"data":[]}', "execution.fast.inverse"),
        (b'{"topic":"dcp.future","data":{}}', "dcp.future"),
        (b'{"hello":1}', None),
    ],
)
def test_an_unknown_message_is_kept(body: bytes, kind: str | None) -> None:
    """With its topic, and as it came."""
    (event,) = _events(body)
    assert isinstance(event, UnknownEvent)
    assert (event.kind, event.body) == (kind, body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[]", "an object"),
        (b'{"topic":7,"creationTime":"soon"}', "creationTime: expected a time"),
        (b'{"topic":"position.inverse","creationTime":5}', "data: missing"),
        (b'{"topic":"order.inverse","creationTime":5,"data":[{"symbol":"BTCUSD"}]}', r"data\[0\].orderId: missing"),
        (b'{"topic":"wallet","creationTime":5,"data":[{}]}', "coin: missing"),
        (b'{"topic":"wallet","creationTime":5}', "data: missing"),
        (b'{"topic":"order","creationTime":5,"data":{}}', "data: expected a list of rows"),
        (b'{"op":"auth","success":"maybe"}', "success: expected true or false"),
    ],
)
def test_a_message_of_another_shape_is_refused(body: bytes, words: str) -> None:
    """The error names the field."""
    with pytest.raises(PayloadMismatch, match=words):
        DECODE(body, ARRIVAL)


@pytest.mark.parametrize(
    "body", [b"", b"pong", b'{"topic":"wal', b'{"topic":"x","creationTime":5,"x":' + b"[" * 100_000]
)
def test_a_message_that_is_no_json_is_refused(body: bytes) -> None:
    """Cut off, another format, or nested too deeply."""
    with pytest.raises(ValueError):  # noqa: PT011  (its words are the parser's)
        DECODE(body, ARRIVAL)
