"""Every endpoint of the venue."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import (
    BalanceReader,
    CountdownControl,
    DeadManControl,
    IdentityReader,
    IncomeReader,
)
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.settings import SymbolLens
from venuekit.plugin import (
    Area,
    Changing,
    Echoes,
    Effect,
    Encoding,
    Endpoint,
    Kind,
    Parameter,
    Role,
    Security,
    payload_decoder,
    read_json,
)
from venuekit_toy_swap import markets, orders, positions, settings
from venuekit_toy_swap.rows import (
    BALANCES,
    INCOME,
    MARGINS,
    AccountRow,
    LeverageRow,
    SettingsRow,
    page_of,
    read_token,
)

_IN_PATH = Parameter("contract", required=True, role=Role.SYMBOL, pattern=settings.SYMBOL)


class SwapEndpoints(EndpointBook):
    """The endpoints of Toy Swaps."""

    SERVER_TIME = markets.SERVER_TIME
    CONTRACTS = markets.CONTRACTS

    ACCOUNT = Endpoint(
        "GET",
        "/v1/account",
        decode=payload_decoder(AccountRow),
        pools={"requests": None},
        serves=(IdentityReader.get_identity,),
    )

    #: histories are read with the token of a session
    SESSION = Endpoint(
        "POST",
        "/v1/session",
        decode=read_token,
        encoding=Encoding.FORM,
        pools={"requests": None},
        effect=Effect.SESSION,
    )

    BALANCES = Endpoint(
        "GET",
        "/v1/balances",
        decode=BALANCES,
        rows=(("balances",),),
        weight=2,
        pools={"requests": None},
        serves=(BalanceReader.get_balances,),
    )

    POSITIONS = positions.LISTED
    MOVE_MARGIN = positions.MOVE_MARGIN

    SETTINGS = settings.SETTINGS
    SYMBOL_LENS: SymbolLens[SettingsRow] = settings.LENS

    SET_LEVERAGE = Endpoint(
        "POST",
        "/v1/contracts/{contract}/leverage",
        decode=Changing(payload_decoder(LeverageRow)),
        encoding=Encoding.FORM,
        echoes=Echoes({"contract": "contract", "margin": "margin", "side": "side", "leverage": "leverage"}),
        parameters=(
            _IN_PATH,
            Parameter("margin", required=True, choices=frozenset(MARGINS)),
            Parameter("side", required=True, choices=frozenset({"long", "short"})),
            Parameter("leverage", Kind.DECIMAL, required=True, role=Role.LEVERAGE, minimum=Decimal(1)),
        ),
        pools={"requests": None, "contract": None},
        **settings.LENS.write,
    )
    SET_MARGIN_TYPE = SET_LEVERAGE

    PLACE = orders.PLACE
    CANCEL = orders.CANCEL
    CANCEL_ALL = orders.CANCEL_ALL
    ORDER_BY_NAME = orders.ORDER_BY_NAME
    OPEN_ORDERS = orders.OPEN_ORDERS
    ORDER_HISTORY = orders.ORDER_HISTORY

    COUNTDOWN = Endpoint(
        "POST",
        "/v1/countdown",
        decode=read_json,
        encoding=Encoding.FORM,
        parameters=(Parameter("seconds", Kind.INTEGER, required=True, minimum=Decimal(0)),),
        pools={"requests": None},
        effect=Effect.SESSION,
        area=Area.ORDERS,
        serves=(CountdownControl.set_countdown, DeadManControl.dead_man_switch),
    )

    INCOME = Endpoint(
        "GET",
        "/v1/income",
        decode=page_of(INCOME),
        security=Security.TOKEN,
        rows=(("rows",),),
        parameters=(
            Parameter("contract", role=Role.SYMBOL, pattern=settings.SYMBOL),
            Parameter("from", Kind.TIME),
            Parameter("to", Kind.TIME),
            Parameter("limit", Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(50)),
            Parameter("cursor"),
        ),
        weight=2,
        pools={"requests": None},
        serves=(IncomeReader.iter_income,),
    )


SWAP = SwapEndpoints()
