"""
Endpoints that read positions, and their rows.

Of a row of ``GET /v5/position/list`` the margin type is the account's, and the settle coin the instrument's. ``size``
is unsigned, and the side says which way. ``positionValue`` is not read: its rows hold size / entry in print, and the
venue's pages say size / mark. ``tradeMode`` is always 0 on a unified account.
"""

from __future__ import annotations

from decimal import Context, Decimal

from venuekit.capabilities import (
    AccountReader,
    AdlReader,
    LeverageReader,
    LeverageSetting,
    Position,
    PositionMarginControl,
    PositionReader,
    PositionState,
    SettingsReader,
    Unit,
)
from venuekit.parts.columns import (
    Joined,
    Same,
    beside,
    derived,
    flag,
    milliseconds,
    number,
    price,
    signed,
    text,
    whole,
    words,
)
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.rows import Reads
from venuekit.plugin import Echoes, Endpoint
from venuekit_bybit_inverse.limits import cost
from venuekit_bybit_inverse.wire import (
    ANY_PRODUCT,
    CONTRACT_SIZE,
    CURSOR,
    INVERSE,
    SETTLE_COIN,
    SYMBOL,
    limit,
    position_side_of,
    rows_page,
)

_EXACT = Context(prec=34)
_STATES = {"Normal": PositionState.NORMAL, "Liq": PositionState.LIQUIDATION, "Adl": PositionState.ADL}
#: the venue ranks from 0 (no position) to 5
ADL_RANK_OF = 5
_NEVER_TRADED = -1


def _notional(quantity: Decimal) -> Decimal:
    return abs(quantity) * CONTRACT_SIZE


def _value(notional: Decimal, mark: Decimal | None) -> Decimal | None:
    if not notional:
        return notional
    return None if mark is None else _EXACT.divide(notional, mark)


POSITIONS = Reads(
    Position,
    within=("result", "list"),
    key="symbol",
    flat="quantity",
    given=("margin_type",),
    unread=("positionValue", "tradeMode"),
    symbol=text("symbol"),
    side=derived(position_side_of, whole("positionIdx")),
    quantity=signed("size", side="side", positive="Buy", negative="Sell", neither="None"),
    contract_size=CONTRACT_SIZE,
    contract_unit=Unit.QUOTE,
    settle=Joined(),
    entry_price=price("avgPrice", may_be_blank=True),
    break_even_price=price("breakEvenPrice", may_be_blank=True),
    mark_price=price("markPrice"),
    notional=derived(_notional, Same("quantity")),
    value=derived(_value, Same("notional"), Same("mark_price")),
    unrealized_pnl=number("unrealisedPnl", may_be_blank=True),
    realized_pnl=number("curRealisedPnl", may_be_blank=True),
    leverage=number("leverage", may_be_blank=True),
    position_initial_margin=number("positionIM", may_be_blank=True),
    maintenance_margin=number("positionMM", may_be_blank=True),
    liquidation_price=price("liqPrice", may_be_blank=True),
    bankruptcy_price=price("bustPrice", may_be_blank=True),
    max_position=number("riskLimitValue", may_be_blank=True),
    max_position_unit=beside("max_position", Unit.SETTLE),
    auto_add_margin=flag("autoAddMargin"),
    take_profit=price("takeProfit", may_be_blank=True),
    stop_loss=price("stopLoss", may_be_blank=True),
    trailing_stop=price("trailingStop", may_be_blank=True),
    state=words("positionStatus", _STATES, unknown=PositionState),
    reduce_only_forced=flag("isReduceOnly"),
    adl_rank=whole("adlRankIndicator"),
    adl_rank_of=beside("adl_rank", ADL_RANK_OF),
    updated_at=milliseconds("updatedTime", as_text=True),
    opened_at=milliseconds("openTime", may_be_blank=True),
    sequence=derived(lambda number: None if number == _NEVER_TRADED else number, whole("seq")),
)
_LEVERAGES = Reads(
    LeverageSetting,
    within=("result", "list"),
    symbol=text("symbol"),
    long=number("leverage", may_be_blank=True),
    short=Same("long"),
)


class PositionEndpoints(EndpointBook):
    """Reads of positions and their leverage."""

    POSITION_LIST = Endpoint(
        "GET",
        "/v5/position/list",
        decode=rows_page(POSITIONS),
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}, "rows"),
        parameters=(ANY_PRODUCT, SYMBOL, SETTLE_COIN, limit(200), CURSOR),
        pools=cost("position_list"),
        serves=(
            PositionReader.get_positions,
            PositionReader.get_position,
            LeverageReader.get_leverage,
            AccountReader.get_account,
            SettingsReader.get_settings,
            AdlReader.get_adl_quantiles,
            PositionMarginControl.add_margin,
            PositionMarginControl.reduce_margin,
        ),
        note="With a symbol also the flat row; without one, open positions only. Adding and reducing margin read it"
        " first.",
    )

    SYMBOL_INFO = Endpoint(
        "GET",
        "/v5/position/symbol-info",
        decode=_LEVERAGES.read_all,
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(INVERSE, SYMBOL),
        pools=cost("symbol_info"),
        serves=(LeverageReader.get_leverage,),
        note="Asked only when the position list has no row for the symbol.",
    )
