"""Endpoints that read the market, the account, its key and its positions."""

from __future__ import annotations

from venuekit.capabilities import (
    AccountReader,
    AdlReader,
    ApiKeyReader,
    BalanceReader,
    BracketReader,
    CommissionReader,
    InstrumentReader,
    LeverageReader,
    MarginTypeReader,
    PositionMarginControl,
    PositionReader,
    ServerTimeReader,
    SettingsReader,
)
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.plugin import Echoes, Endpoint, Parameter, Security
from venuekit_bybit_inverse import market_payloads, payloads
from venuekit_bybit_inverse.endpoints.parameters import (
    ANY_PRODUCT,
    CURSOR,
    INVERSE,
    SETTLE_COIN,
    SYMBOL,
    limit,
)
from venuekit_bybit_inverse.limits import cost
from venuekit_bybit_inverse.position_rows import decode_positions
from venuekit_bybit_inverse.wallet_rows import COLLATERAL, decode_wallet


class ReadEndpoints(EndpointBook):
    """Reads of account, market and positions."""

    SERVER_TIME = Endpoint(
        "GET",
        "/v5/market/time",
        decode=market_payloads.decode_server_time,
        security=Security.NONE,
        pools=cost(),
        serves=(ServerTimeReader.get_server_time,),
    )

    INSTRUMENTS = Endpoint(
        "GET",
        "/v5/market/instruments-info",
        decode=market_payloads.decode_instruments,
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}, "rows"),
        parameters=(INVERSE, SYMBOL, limit(1000), CURSOR),
        security=Security.NONE,
        pools=cost(),
        serves=(InstrumentReader.get_instruments,),
    )

    RISK_LIMITS = Endpoint(
        "GET",
        "/v5/market/risk-limit",
        decode=market_payloads.decode_risk_limits,
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}, "rows"),
        parameters=(INVERSE, SYMBOL, CURSOR),
        security=Security.NONE,
        pools=cost(),
        serves=(BracketReader.get_brackets,),
    )

    ACCOUNT_INFO = Endpoint(
        "GET",
        "/v5/account/info",
        decode=payloads.decode_account_info,
        pools=cost("account_info"),
        serves=(
            AccountReader.get_account,
            MarginTypeReader.get_margin_type,
            PositionReader.get_positions,
            PositionReader.get_position,
            BalanceReader.get_balances,
            SettingsReader.get_settings,
        ),
        note="Tells the kind of the account, once when it is opened, and its margin mode.",
    )

    WALLET_BALANCE = Endpoint(
        "GET",
        "/v5/account/wallet-balance",
        decode=decode_wallet,
        rows=(("result", "list", 0, "coin"),),
        parameters=(Parameter("accountType", required=True, choices=frozenset({"UNIFIED"})), Parameter("coin")),
        pools=cost("wallet_balance"),
        serves=(BalanceReader.get_balances, AccountReader.get_account),
        note="Without a coin, only coins whose balance is not zero.",
    )

    COLLATERAL_INFO = Endpoint(
        "GET",
        "/v5/account/collateral-info",
        decode=COLLATERAL,
        rows=(("result", "list"),),
        echoes=Echoes.each({"currency": "currency"}),
        parameters=(Parameter("currency"),),
        pools=cost("collateral_info"),
        serves=(AccountReader.get_account,),
        note="In cross margin an inverse contract needs its settle coin switched on as collateral.",
    )

    POSITION_LIST = Endpoint(
        "GET",
        "/v5/position/list",
        decode=decode_positions,
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
        decode=payloads.decode_symbol_info,
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(INVERSE, SYMBOL),
        pools=cost("symbol_info"),
        serves=(LeverageReader.get_leverage,),
        note="Asked only when the position list has no row for the symbol.",
    )

    FEE_RATE = Endpoint(
        "GET",
        "/v5/account/fee-rate",
        decode=payloads.decode_fee_rates,
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(INVERSE, SYMBOL),
        pools=cost("fee_rate"),
        serves=(CommissionReader.get_commission_rate,),
    )

    KEY_INFO = Endpoint(
        "GET",
        "/v5/user/query-api",
        decode=payloads.decode_api_key,
        pools=cost("query_api"),
        serves=(ApiKeyReader.get_api_key,),
        note="Any key may ask about itself.",
    )
