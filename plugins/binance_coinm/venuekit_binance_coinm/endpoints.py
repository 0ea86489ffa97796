"""Every endpoint the account uses or offers, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from venuekit.capabilities import (
    AccountModeReader,
    AccountReader,
    BracketReader,
    LeverageReader,
    MarginTypeReader,
    PositionModeReader,
    PositionReader,
    SettingsReader,
    Unit,
    UserStream,
)
from venuekit.plugin import Echoes, Endpoint, Parameter
from venuekit_binance_coinm.position_rows import BLUR, LEGS, POSITIONS, PositionRiskReader
from venuekit_binance_coinm.positions import decode_account
from venuekit_binance_coinm.terms import ORDER_TERMS
from venuekit_binance_common import endpoints as common
from venuekit_binance_common import market_endpoints as market
from venuekit_binance_common.account_mode import PORTFOLIO_ACCOUNT
from venuekit_binance_common.endpoints import BinanceEndpoints, stream_endpoints
from venuekit_binance_common.payloads import BracketsRow, brackets_decoder
from venuekit_binance_common.positions.lost_margin import PositionLegs
from venuekit_binance_common.settings import position_mode_lens, symbol_lens
from venuekit_binance_common.venue import PAYS, SYMBOL, THE_SYMBOL

_ROOT = ORDER_TERMS.root
(_PAIR,) = ORDER_TERMS.more


def _brackets_weight(parameters: Mapping[str, Any]) -> int:
    return 2 if parameters.get("symbol") is None else 1


def _either_spelling(
    decode: Callable[[bytes], tuple[BracketsRow, ...]],
) -> Callable[[bytes], tuple[BracketsRow, ...]]:
    """Return a decoder that takes the floor as the documentation spells it, and as clients have seen it."""

    def decode_either(body: bytes) -> tuple[BracketsRow, ...]:
        return decode(body.replace(b'"qtylFloor"', b'"qtyFloor"'))

    return decode_either


_decode_symbol_brackets = _either_spelling(brackets_decoder(name="symbol", cap="qtyCap", floor="qtyFloor"))
_decode_pair_brackets = _either_spelling(brackets_decoder(name="pair", cap="qtyCap", floor="qtyFloor"))


class CoinmEndpoints(BinanceEndpoints, terms=ORDER_TERMS):
    """The endpoints of COIN-M futures."""

    EXCHANGE_INFO = common.exchange_info(
        _ROOT,
        PositionReader.get_positions,
        PositionReader.get_position,
        AccountReader.get_account,
        UserStream.events,
        status="contractStatus",
    )
    BALANCE = common.balance(
        "/dapi/v1/balance", weight=1, withdrawable="withdrawAvailable", websocket_method="account.balance"
    )
    ACCOUNT = Endpoint(
        "GET",
        "/dapi/v1/account",
        decode=decode_account,
        rows=(("assets",), ("positions",)),
        weight=5,
        pools=PAYS,
        serves=(AccountReader.get_account, SettingsReader.get_settings),
        websocket_method="account.status",
    )

    POSITION_RISK = Endpoint(
        "GET",
        "/dapi/v1/positionRisk",
        decode=POSITIONS,
        rows=((),),
        parameters=(_PAIR, Parameter("marginAsset")),
        pools=PAYS,
        serves=(
            PositionReader.get_positions,
            PositionReader.get_position,
            LeverageReader.get_leverage,
            MarginTypeReader.get_margin_type,
            SettingsReader.get_settings,
        ),
        note="Lists every trading symbol, flat or not; it cannot be asked for one symbol.",
        websocket_method="account.position",
        websocket_weight=5,
    )

    BRACKETS = Endpoint(
        "GET",
        "/dapi/v2/leverageBracket",
        decode=_decode_symbol_brackets,
        rows=((),),
        echoes=Echoes.each({"symbol": "name"}),
        parameters=(SYMBOL,),
        weight=_brackets_weight,
        weight_most=2,
        pools=PAYS,
        serves=(BracketReader.get_brackets, SettingsReader.get_settings),
    )

    PAIR_BRACKETS = Endpoint(
        "GET",
        "/dapi/v1/leverageBracket",
        decode=_decode_pair_brackets,
        rows=((),),
        echoes=Echoes.each({"pair": "name"}),
        parameters=(_PAIR,),
        pools=PAYS,
        serves=(BracketReader.get_brackets,),
        note="The venue discourages it: the symbols of one pair can have different brackets.",
    )

    POSITION_MODE = common.position_mode(
        _ROOT,
        PositionModeReader.get_position_mode,
        PositionReader.get_position,
        AccountReader.get_account,
        AccountModeReader.get_account_mode,
        SettingsReader.get_settings,
        note="Where rows of positions are read they show the mode; then this is asked only when there is no row.",
    )

    PORTFOLIO_ACCOUNT = PORTFOLIO_ACCOUNT
    SYMBOL_LENS = symbol_lens(PositionRiskReader(POSITION_RISK, venue="binance_coinm"), Unit.BASE)
    POSITION_MODE_LENS = position_mode_lens(POSITION_MODE)
    SET_LEVERAGE = common.set_leverage(_ROOT, SYMBOL_LENS, largest="maxQty")
    MARK_PRICE = market.mark_price(_ROOT, _PAIR, weight=10)
    BOOK_TICKER = market.book_ticker(_ROOT, _PAIR)
    LAST_PRICE = market.last_price(_ROOT, _PAIR)
    FUNDING_RATES = market.funding_rates(_ROOT, THE_SYMBOL)
    INCOME = common.income(_ROOT, weight=20, note="At most a year a request, oldest first.")
    MARGIN_HISTORY = common.margin_history(_ROOT, note="How far back it goes is not documented.")
    POSITION_MARGIN = common.position_margin(_ROOT, MARGIN_HISTORY, PositionLegs(POSITION_RISK, LEGS, BLUR))
    STREAM = stream_endpoints(_ROOT, is_over_socket=True)


COINM = CoinmEndpoints()
