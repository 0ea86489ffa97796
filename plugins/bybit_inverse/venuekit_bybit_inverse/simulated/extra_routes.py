"""The documented routes that the client does not use, with their documented parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from venuekit.plugin import Effect, Encoding, Kind, Parameter, Security
from venuekit.simulator import Route, Visit
from venuekit_bybit_inverse.limits import ADDRESS
from venuekit_bybit_inverse.simulated import asset_routes, quote_routes, setting_routes
from venuekit_bybit_inverse.simulated.parameters import Parameters, read_parameters

_Handler = Callable[[Parameters, Visit], object]


def _mandatory(*names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, required=True) for name in names)


def _optional(*names: str, kind: Kind = Kind.TEXT) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, kind) for name in names)


def _numbers(*names: str) -> tuple[Parameter, ...]:
    return _optional(*names, kind=Kind.INTEGER)


_MARKET = _mandatory("category", "symbol")
#: without a category, linear contracts are meant
_ANY_MARKET = (*_optional("category"), *_mandatory("symbol"))
_CANDLES = (*_ANY_MARKET, *_mandatory("interval"), *_numbers("start", "end", "limit"))
_TIMES = _numbers("startTime", "endTime", "limit")
_CURSOR = _optional("cursor")

_PUBLIC: tuple[tuple[str, _Handler, tuple[Parameter, ...]], ...] = (
    ("market/mark-price-kline", quote_routes.mark_candles, _CANDLES),
    ("market/index-price-kline", quote_routes.index_candles, _CANDLES),
    ("market/orderbook", quote_routes.order_book, (*_MARKET, *_numbers("limit"))),
    ("market/recent-trade", quote_routes.trades, (*_mandatory("category"), *_optional("symbol"), *_numbers("limit"))),
    ("market/open-interest", quote_routes.open_interest, (*_MARKET, *_mandatory("intervalTime"), *_TIMES, *_CURSOR)),
    ("market/price-limit", quote_routes.price_limit, _ANY_MARKET),
    ("system/status", setting_routes.system_status, _optional("id", "state")),
)
_PRIVATE: tuple[tuple[str, _Handler, tuple[Parameter, ...]], ...] = (
    (
        "account/instruments-info",
        asset_routes.account_instruments,
        (*_mandatory("category"), *_optional("symbol"), *_numbers("limit"), *_CURSOR),
    ),
    ("account/smp-group", setting_routes.smp_group, ()),
    (
        "asset/transfer/query-account-coins-balance",
        asset_routes.coin_balances,
        (*_mandatory("accountType"), *_optional("memberId", "coin"), *_numbers("withBonus")),
    ),
    (
        "asset/transfer/query-account-coin-balance",
        asset_routes.coin_balance,
        (
            *_mandatory("accountType", "coin"),
            *_optional("memberId", "toMemberId", "toAccountType"),
            *_numbers("withBonus", "withTransferSafeAmount", "withLtvTransferSafeAmount"),
        ),
    ),
    ("asset/coin/query-info", asset_routes.coins, _optional("coin")),
    (
        "asset/delivery-record",
        asset_routes.deliveries,
        (*_mandatory("category"), *_optional("symbol", "expDate"), *_TIMES, *_CURSOR),
    ),
    ("user/get-member-type", asset_routes.member_types, _optional("memberIds")),
)
_WRITES: tuple[tuple[str, _Handler, tuple[Parameter, ...]], ...] = (
    ("position/confirm-pending-mmr", setting_routes.confirm_maintenance, _MARKET),
    ("account/set-collateral-switch", setting_routes.set_collateral, _mandatory("coin", "collateralSwitch")),
    (
        "account/set-collateral-switch-batch",
        setting_routes.set_collaterals,
        (Parameter("request", Kind.LIST, required=True),),
    ),
)


def extra_routes() -> Iterator[Route]:
    """Yield the routes."""
    for path, handler, parameters in _PUBLIC:
        yield _route("GET", path, handler, parameters, security=Security.NONE)
    for path, handler, parameters in _PRIVATE:
        yield _route("GET", path, handler, parameters)
    for path, handler, parameters in _WRITES:
        yield _route("POST", path, handler, parameters, effect=Effect.SET, encoding=Encoding.JSON)


def _route(
    verb: str,
    path: str,
    handler: _Handler,
    parameters: tuple[Parameter, ...],
    *,
    security: Security = Security.SIGNED,
    effect: Effect = Effect.READ,
    encoding: Encoding = Encoding.QUERY,
) -> Route:
    return Route(
        verb,
        f"/v5/{path}",
        read_parameters(handler),
        security=security,
        effect=effect,
        encoding=encoding,
        parameters=parameters,
        costs=lambda _: {ADDRESS.name: 1},
    )
