"""The simulated venue: routes, keys, limits, words and scenarios of Bybit over the simulator's ledger."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import MarginType
from venuekit.plugin import Endpoint, LimitScope, Security
from venuekit.simulator import (
    UNSERVED,
    Denied,
    Handler,
    Market,
    Response,
    Route,
    Scenario,
    SimKey,
    SimRequest,
    SimulatedVenue,
    StreamConnection,
    StreamPeer,
    Usage,
    Visit,
    find_price,
    is_signed_by,
)
from venuekit.simulator.ledger import Contract, Ledger, LedgerRefusal, Side, check_window
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.simulated import (
    account_routes,
    asset_routes,
    history_routes,
    market_routes,
    order_routes,
    order_writes,
    position_routes,
    quote_routes,
)
from venuekit_bybit_inverse.simulated.contracts import ASSETS, CONTRACTS, RULES, make_contract
from venuekit_bybit_inverse.simulated.disconnect_guards import DisconnectGuards
from venuekit_bybit_inverse.simulated.documented_answers import DOCUMENTED_ANSWERS
from venuekit_bybit_inverse.simulated.extra_routes import extra_routes
from venuekit_bybit_inverse.simulated.messages import NO_PERMISSION, REFUSED, envelope, refusal, refuse
from venuekit_bybit_inverse.simulated.parameters import Parameters, read_parameters
from venuekit_bybit_inverse.simulated.private_stream import PrivateStream
from venuekit_bybit_inverse.simulated.trade_socket import TradeSocket
from venuekit_bybit_inverse.simulated.trading_stop import trading_stop
from venuekit_bybit_inverse.simulated.unserved import UNSERVED_ROUTES

_DEFAULT_WINDOW = "5000"
#: the entry price of the position, as a share of the mark
_ENTRY = Decimal(80) / 88


def _deposit(ledger: Ledger) -> None:
    for asset, amount in (("BTC", 60), ("ETH", 250), ("USDT", 50_000)):
        ledger.deposit(asset, Decimal(amount))


def _hold(ledger: Ledger) -> None:
    _deposit(ledger)
    ledger.set_margin_type(MarginType.ISOLATED)
    ledger.fill("BTCUSD", Side.BUY, Decimal(16_000_000), find_price(ledger, "BTCUSD", _ENTRY))


SCENARIOS = (
    Scenario(
        name="holding",
        title="isolated margin; long 16,000,000 BTCUSD, beyond the tier that 100x allows; ETHUSD is flat",
        stage=_hold,
        held="BTCUSD",
        flat="ETHUSD",
        target={
            "margin_type": "isolated",
            "symbols": {"BTCUSD": {"leverage": Decimal("12.5")}, "ETHUSD": {"leverage": Decimal(25)}},
        },
    ),
    Scenario(
        name="flat",
        title="cross margin, coins and no position",
        stage=_deposit,
        held=None,
        flat="BTCUSD",
        target={
            "margin_type": "isolated",
            "symbols": {"BTCUSD": {"leverage": Decimal("12.5")}, "ETHUSD": {"leverage": Decimal(25)}},
        },
    ),
)


_HANDLERS: Mapping[Endpoint[Any], Callable[[Parameters, Visit], object]] = {
    BYBIT.SERVER_TIME: market_routes.server_time,
    BYBIT.INSTRUMENTS: market_routes.instruments,
    BYBIT.RISK_LIMITS: market_routes.risk_limits,
    BYBIT.TICKERS: quote_routes.tickers,
    BYBIT.CANDLES: quote_routes.candles,
    BYBIT.FUNDING_RATES: quote_routes.fundings,
    BYBIT.ACCOUNT_INFO: account_routes.account_info,
    BYBIT.WALLET_BALANCE: account_routes.wallet_balance,
    BYBIT.TRANSFERABLE: asset_routes.transferable,
    BYBIT.COLLATERAL_INFO: account_routes.collateral_info,
    BYBIT.SET_MARGIN_TYPE: account_routes.set_margin_mode,
    BYBIT.POSITION_LIST: position_routes.position_list,
    BYBIT.SYMBOL_INFO: position_routes.symbol_info,
    BYBIT.SET_LEVERAGE: position_routes.set_leverage,
    BYBIT.SWITCH_MODE: position_routes.switch_mode,
    BYBIT.SET_TPSL_MODE: position_routes.set_tpsl_mode,
    BYBIT.SET_RISK_LIMIT: position_routes.set_risk_limit,
    BYBIT.ADD_MARGIN: position_routes.add_margin,
    BYBIT.SET_TRADING_STOP: trading_stop,
    BYBIT.ADD_PARTIAL_STOP: trading_stop,
    BYBIT.FEE_RATE: account_routes.fee_rate,
    BYBIT.KEY_INFO: account_routes.key_info,
    BYBIT.TRANSACTION_LOG: history_routes.transaction_log,
    BYBIT.CLOSED_PNL: history_routes.list_closed_pnl,
    BYBIT.OLD_CLOSED_PNL: history_routes.old_closed_pnl,
    BYBIT.WITHDRAWALS: history_routes.withdrawals,
    BYBIT.EXCHANGES: history_routes.exchanges,
    BYBIT.CONVERTS: history_routes.converts,
    BYBIT.OPEN_ORDERS: order_routes.open_orders,
    BYBIT.ORDER_HISTORY: order_routes.order_history,
    BYBIT.EXECUTIONS: order_routes.executions,
    BYBIT.CREATE_ORDER: order_writes.single(order_writes.place),
    BYBIT.AMEND_ORDER: order_writes.single(order_writes.amend),
    BYBIT.CANCEL_ORDER: order_writes.single(order_writes.cancel),
    BYBIT.CANCEL_ALL: order_writes.cancel_all,
    BYBIT.CREATE_BATCH: order_writes.batch(order_writes.place, created=True),
    BYBIT.AMEND_BATCH: order_writes.batch(order_writes.amend),
    BYBIT.CANCEL_BATCH: order_writes.batch(order_writes.cancel),
}


class SimulatedBybit(SimulatedVenue):
    """A unified account 2.0 with simulated inverse contracts; other products exist and are empty."""

    rules = RULES
    contracts = CONTRACTS
    assets = ASSETS
    scenarios = SCENARIOS
    refusals = REFUSED
    unserved = UNSERVED_ROUTES
    documented_answers = DOCUMENTED_ANSWERS
    stream_path = ""
    websocket_api_path = "/v5/trade"

    def __init__(self) -> None:
        self._connections = itertools.count(1)
        self._guards = DisconnectGuards()

    def make_contract(self, market: Market, prices: Mapping[str, Decimal]) -> Contract:
        """Return a further contract, for a symbol such as SOLUSD or SOLUSDH27."""
        return make_contract(market, prices)

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        protection: Mapping[Endpoint[Any], Callable[[Parameters, Visit], object]] = {
            BYBIT.PROTECTION: self._guards.show,
            BYBIT.SET_PROTECTION: self._guards.set,
        }
        return {endpoint: read_parameters(handler) for endpoint, handler in {**_HANDLERS, **protection}.items()}

    def extra_routes(self) -> Iterable[Route]:
        """Return the documented routes that the client does not use."""
        return extra_routes()

    def open_stream(self, connection: StreamConnection) -> StreamPeer:
        """Return the private stream or the trade socket of an account; there is no public stream."""
        name = f"simulated-{next(self._connections)}"
        if connection.request.path == "/v5/private":
            return PrivateStream(connection, name, self._guards)
        if connection.request.path == self.websocket_api_path:
            return TradeSocket(connection, name)
        return super().open_stream(connection)

    def authenticate(
        self,
        request: SimRequest,
        security: Security,  # noqa: ARG002  - every private route is signed
        keys: Mapping[str, SimKey],
        milliseconds: int,
    ) -> SimKey:
        """
        Return the caller's key; every private route is signed.

        Raises:
            Denied: headers are missing (status 401), the key is unknown, the signature wrong, or a GET has a body
                (403).
            Refused: its time is outside the window.
        """
        if request.verb == "GET" and request.body:
            raise Denied(Response(403))
        name, timestamp = request.headers.get("X-BAPI-API-KEY"), request.headers.get("X-BAPI-TIMESTAMP")
        signature = request.headers.get("X-BAPI-SIGN")
        if not name or not timestamp or not signature:
            raise Denied(Response(401))
        key = keys.get(name)
        if key is None:
            raise Denied(refusal(10003, "API key is invalid.", milliseconds))
        tail = request.query.encode() if request.verb == "GET" else request.body
        payload = f"{timestamp}{name}{request.headers.get('X-BAPI-RECV-WINDOW', '')}".encode() + tail
        if not is_signed_by(key, payload, signature):
            origin = payload.decode(errors="replace")
            raise Denied(refusal(10004, f"error sign! origin_string[{origin}]", milliseconds))
        self.recheck(request, milliseconds)
        return key

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """
        Check that a request is neither too old nor too far ahead.

        Raises:
            Denied: its timestamp or window is not a number.
            Refused: its time is outside the window.
        """
        timestamp = request.headers.get("X-BAPI-TIMESTAMP", "")
        window = request.headers.get("X-BAPI-RECV-WINDOW", _DEFAULT_WINDOW)
        if not (timestamp.isdecimal() and window.isdecimal()):
            raise Denied(refusal(10001, "Request parameter error.", milliseconds))
        check_window(milliseconds, int(timestamp), int(window))

    def render(self, payload: object, milliseconds: int) -> Response:
        """Return a result in its envelope."""
        return envelope(payload, milliseconds)

    def refuse(self, refusal: LedgerRefusal, request: SimRequest, milliseconds: int) -> Response:
        """Return the venue's answer for a refusal of the ledger."""
        return refuse(refusal, request, milliseconds)

    def forbidden(self, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002  - the same for all
        """Return the answer to a read-only key that tries to write."""
        return refusal(*NO_PERMISSION, milliseconds)

    def unknown_route(
        self,
        request: SimRequest,  # noqa: ARG002  - the answer is bare
        verbs: frozenset[str],
        milliseconds: int,  # noqa: ARG002
    ) -> Response:
        """Return a bare 400 for a wrong verb, 404 for a wrong path."""
        return Response(400 if verbs else 404)

    def answer_unserved(self, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002  - the same for all
        """Return the answer to a documented route that the simulator lacks, in the envelope of all others."""
        return attrs.evolve(refusal(501, UNSERVED, milliseconds), status=501)

    def limit_response(
        self,
        usage: Usage,
        request: SimRequest,  # noqa: ARG002  - the same for all
        milliseconds: int,
    ) -> Response:
        """Return 403 for an address, 10006 for an account that exceeds its limit."""
        if usage.limit.scope is LimitScope.ADDRESS:
            return Response(403, b"access too frequent", {"Content-Type": "text/plain"})
        return refusal(10006, "Too many visits. Exceeded the API Rate Limit.", milliseconds)

    def limit_headers(self, usages: tuple[Usage, ...], milliseconds: int) -> Mapping[str, str]:
        """Return the limit, its rest, and the time of its reset: the present moment unless it is exceeded."""
        for usage in usages:
            if usage.limit.scope is LimitScope.ACCOUNT:
                return {
                    "X-Bapi-Limit": str(usage.limit.amount),
                    "X-Bapi-Limit-Status": str(usage.remaining),
                    "X-Bapi-Limit-Reset-Timestamp": str(usage.resets_at if usage.is_exceeded else milliseconds),
                }
        return {}
