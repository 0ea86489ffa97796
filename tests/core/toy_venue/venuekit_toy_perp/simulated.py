"""The simulated venue: the server's side of Toy Perpetuals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from venuekit.capabilities import IncomeKind, MarginType, Setting
from venuekit.plugin import Endpoint, Security
from venuekit.simulator import (
    Denied,
    DocumentedAnswer,
    FieldError,
    Handler,
    Market,
    Response,
    Scenario,
    SimKey,
    SimRequest,
    SimulatedVenue,
    StreamConnection,
    StreamPeer,
    Usage,
    Visit,
    is_hmac_sha256,
    json_response,
)
from venuekit.simulator.ledger import (
    Contract,
    Ledger,
    LedgerIncome,
    LedgerMarginChange,
    LedgerRefusal,
    Pool,
    PositionFigures,
    Reason,
    RequestWindow,
    Rules,
    Side,
    tiers,
)
from venuekit_toy_perp.codes import Code
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.signing import KEY_HEADER
from venuekit_toy_perp.simulated_stream import STREAM_PATH, ToyStream

_WINDOW = RequestWindow()
#: the rows of a page of income
_PAGE = 100
_INCOMES = {
    IncomeKind.REALIZED_PNL: "profit",
    IncomeKind.COMMISSION: "fee",
    IncomeKind.FUNDING: "funding",
    IncomeKind.TRANSFER: "transfer",
}

#: status, code and words for the ledger's refusals
_REFUSALS: Mapping[Reason, tuple[int, Code, str]] = {
    Reason.OUTSIDE_WINDOW: (400, Code.OUTSIDE_WINDOW, "time is outside the window"),
    Reason.INVALID_WINDOW: (400, Code.BAD_PARAMETER, "window is out of range"),
    Reason.UNKNOWN_SYMBOL: (400, Code.UNKNOWN_CONTRACT, "no such contract"),
    Reason.NO_CHANGE: (409, Code.NOTHING_TO_CHANGE, "it is so already"),
    Reason.INVALID_LEVERAGE: (400, Code.BAD_PARAMETER, "leverage is out of range"),
    Reason.LEVERAGE_ABOVE_BRACKET: (409, Code.LEVERAGE_ABOVE_TIER, "the position is too large for this leverage"),
    Reason.LEVERAGE_REDUCTION_WHILE_ISOLATED: (409, Code.LEVERAGE_TOO_LOW, "an isolated position needs it"),
    Reason.OPEN_ORDERS: (409, Code.OPEN_ORDERS, "there are open orders"),
    Reason.OPEN_POSITION: (409, Code.OPEN_POSITION, "there is an open position"),
    Reason.NOT_ISOLATED: (409, Code.NOT_ISOLATED, "margin is added to isolated positions only"),
    Reason.FLAT_POSITION: (409, Code.NO_POSITION, "there is no position"),
    Reason.INSUFFICIENT_MARGIN: (409, Code.NOT_ENOUGH_MARGIN, "there is not enough free margin"),
}


def _error(status: int, code: Code, message: str, **more: object) -> Response:
    return json_response({"error": {"code": int(code), "message": message, **more}}, status)


def _contract(symbol: str, base: str, mark: Decimal) -> Contract:
    return Contract(
        symbol=symbol,
        pair=symbol,
        base=base,
        quote="USD",
        settle="USD",
        is_inverse=False,
        contract_size=Decimal(1),
        brackets=tiers(
            (Decimal(5_000), Decimal(50), Decimal("0.01")),
            (Decimal(50_000), Decimal(20), Decimal("0.02")),
            (Decimal(1_000_000), Decimal(5), Decimal("0.1")),
        ),
        mark=mark,
        leverage=Decimal(10),
    )


def _stage_flat(ledger: Ledger) -> None:
    ledger.deposit("USD", Decimal(10_000))


def _stage_holding(ledger: Ledger) -> None:
    """Hold a position that is too large for the highest leverage."""
    _stage_flat(ledger)
    ledger.set_margin_type(MarginType.ISOLATED, "TOYUSD")
    ledger.fill("TOYUSD", Side.BUY, Decimal(100), Decimal(100))


_TARGET = {"symbols": {"GEMUSD": {"margin_type": "isolated", "leverage": 15}, "TOYUSD": {"leverage": 12}}}


class SimulatedToy(SimulatedVenue):
    """Toy Perpetuals over a ledger."""

    rules = Rules(
        hedge_mode=False,
        asset_mode=False,
        pool=Pool.NEVER,
        no_change_refused=frozenset({Setting.LEVERAGE, Setting.MARGIN_TYPE}),
    )
    stream_path = ""
    contracts: tuple[Contract, ...] = (
        _contract("TOYUSD", "TOY", Decimal(100)),
        _contract("GEMUSD", "GEM", Decimal(20)),
    )
    scenarios: tuple[Scenario, ...] = (
        Scenario(
            name="holding",
            title="an isolated position in TOYUSD; GEMUSD is flat",
            stage=_stage_holding,
            held="TOYUSD",
            flat="GEMUSD",
            target=_TARGET,
        ),
        Scenario(name="flat", title="no position", stage=_stage_flat, held=None, flat="GEMUSD", target=_TARGET),
    )
    refusals: Mapping[tuple[str, str], Response] = {
        ("POST", "/v1/withdrawals"): _error(403, Code.READ_ONLY_KEY, "nothing leaves the toy box")
    }

    documented_answers: Mapping[str, DocumentedAnswer] = {
        "not-known": DocumentedAnswer(
            "The venue does not know whether it carried the request out.",
            lambda _: _error(503, Code.EXECUTION_NOT_KNOWN, "execution not known"),
            executed=None,
        ),
        "busy": DocumentedAnswer("The venue is busy.", lambda now: _error(503, Code.BUSY, "busy", now=now)),
    }

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            TOY.SERVER_TIME: _time,
            TOY.CONTRACTS: _contracts,
            TOY.WALLET: _wallet,
            TOY.POSITIONS: _positions,
            TOY.SETTINGS: _settings,
            TOY.SET_LEVERAGE: _set_leverage,
            TOY.SET_MARGIN_TYPE: _set_margin,
            TOY.ADD_COLLATERAL: _add_collateral,
            TOY.COLLATERAL_HISTORY: _collateral_history,
            TOY.INCOME: self._income,
        }

    def _income(self, request: SimRequest, visit: Visit) -> object:
        """Show the oldest rows of a stretch, a hundred at most; half a second after each funding there is a note."""
        since, until = int(_number(request, "since")), int(_number(request, "until"))
        contract = request.text("contract")
        if contract is not None:
            visit.ledger.contract(contract)
        rows: list[dict[str, Any]] = []
        for income in visit.ledger.incomes():
            row = _income_row(income)
            note = {**row, "at": row["at"] + 500, "why": "note", "amount": 0}
            rows += [row, note] if income.kind is IncomeKind.FUNDING else [row]
        shown = [row for row in rows if since <= row["at"] <= until and contract in {None, row["contract"]}]
        shown.sort(key=lambda row: row["at"])
        return {"rows": shown[: min(_PAGE, self.page_limit or _PAGE)]}

    def make_contract(self, market: Market, prices: Mapping[str, Decimal]) -> Contract:
        """Return the contract of a symbol such as PINUSD."""
        base = market.symbol.removesuffix("USD")
        if not base.isalpha() or base == market.symbol:
            raise FieldError(f"expected a symbol such as PINUSD, not {market.symbol!r}", "symbol")
        return _contract(market.symbol, base, market.price_of(base, prices))

    def open_stream(self, connection: StreamConnection) -> StreamPeer:
        """Return the venue's side of a stream."""
        return ToyStream(connection) if connection.request.path == STREAM_PATH else super().open_stream(connection)

    # -- authentication

    def authenticate(
        self, request: SimRequest, security: Security, keys: Mapping[str, SimKey], milliseconds: int
    ) -> SimKey:
        """Check key, then signature, then window."""
        key = keys.get(request.headers.get(KEY_HEADER, ""))
        if key is None:
            raise Denied(_error(401, Code.UNKNOWN_KEY, "the key is not known"))
        if security is Security.SIGNED:
            signed, _, signature = request.query.rpartition("&signature=")
            if not is_hmac_sha256(key.secret, f"{request.verb} {request.path}?{signed}".encode(), signature):
                raise Denied(_error(401, Code.BAD_SIGNATURE, "the signature does not fit"))
            self.recheck(request, milliseconds)
        return key

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """Check time and window."""
        _WINDOW.check(milliseconds, int(_number(request, "time")), int(_number(request, "window")))

    # -- refusals

    def refuse(self, refusal: LedgerRefusal, request: SimRequest, milliseconds: int) -> Response:
        """Return status, code and words for a refusal of the ledger."""
        status, code, words = _REFUSALS.get(refusal.reason, (409, Code.REFUSED, refusal.reason.value))
        return _error(status, code, words)

    def forbidden(self, request: SimRequest, milliseconds: int) -> Response:
        """Refuse a write with a read-only key."""
        return _error(403, Code.READ_ONLY_KEY, "this key may only read")

    def unknown_route(self, request: SimRequest, verbs: frozenset[str], milliseconds: int) -> Response:
        """Refuse an unknown path, or verb."""
        return _error(405 if verbs else 404, Code.NO_SUCH_ROUTE, f"there is no {request.verb} {request.path}")

    def limit_response(self, usage: Usage, request: SimRequest, milliseconds: int) -> Response:
        """Refuse a request beyond the limit, with the time to wait."""
        wait = (usage.resets_at - milliseconds) / 1000
        return _error(429, Code.TOO_MANY_REQUESTS, "too many requests", retryAfter=wait)


def _number(request: SimRequest, name: str) -> Decimal:
    try:
        return Decimal(request.text(name) or "")
    except InvalidOperation:
        raise Denied(_error(400, Code.BAD_PARAMETER, f"{name} must be a number")) from None


def _symbols(request: SimRequest, visit: Visit) -> list[str]:
    """Return the requested contract, or all."""
    symbol = request.text("contract")
    return list(visit.ledger.contracts) if symbol is None else [visit.ledger.contract(symbol).symbol]


def _needed(request: SimRequest, name: str) -> str:
    text = request.text(name)
    if not text:
        raise Denied(_error(400, Code.BAD_PARAMETER, f"{name} is missing"))
    return text


# -- reads


def _time(request: SimRequest, visit: Visit) -> object:
    return {"now": visit.milliseconds}


def _contracts(request: SimRequest, visit: Visit) -> object:
    return {
        "contracts": [
            {
                "contract": contract.symbol,
                "base": contract.base,
                "quote": contract.quote,
                "size": contract.contract_size,
                "tick": contract.price_tick,
                "step": contract.quantity_step,
                "smallest": contract.min_quantity,
                "maxLeverage": contract.max_leverage,
            }
            for contract in map(visit.ledger.contract, _symbols(request, visit))
        ]
    }


def _wallet(request: SimRequest, visit: Visit) -> object:
    return {
        "assets": [
            {
                "asset": balance.asset,
                "wallet": balance.wallet,
                "equity": balance.equity,
                "free": balance.available,
                "updated": _milliseconds(balance.updated_at),
            }
            for balance in visit.ledger.balances()
        ]
    }


def _positions(request: SimRequest, visit: Visit) -> object:
    show_flat = request.text("flat") == "true"
    positions = map(visit.ledger.position, _symbols(request, visit))
    return {"positions": [_position_row(position) for position in positions if position.quantity or show_flat]}


def _position_row(figures: PositionFigures) -> dict[str, object]:
    return {
        "contract": figures.symbol,
        "size": figures.quantity,
        "entry": figures.entry_price,
        "mark": figures.mark_price,
        "pnl": figures.unrealized_pnl,
        "leverage": figures.leverage,
        "margin": figures.margin_type.value,
        "collateral": figures.isolated_wallet,
        "liquidation": figures.liquidation_price,
        "updated": _milliseconds(figures.updated_at),
    }


def _settings(request: SimRequest, visit: Visit) -> object:
    ledger = visit.ledger
    return {
        "settings": [
            {
                "contract": symbol,
                "leverage": ledger.leverage(symbol),
                "margin": ledger.margin_type(symbol).value,
                "size": ledger.position(symbol).quantity,
                "orders": len(ledger.open_orders(symbol)),
                "highest": ledger.max_leverage(symbol),
            }
            for symbol in _symbols(request, visit)
        ]
    }


# -- writes


def _set_leverage(request: SimRequest, visit: Visit) -> object:
    symbol, leverage = _needed(request, "contract"), _number(request, "leverage")
    visit.ledger.set_leverage(symbol, leverage)
    return {"contract": symbol, "leverage": leverage, "largest": visit.ledger.max_position(symbol)}


def _set_margin(request: SimRequest, visit: Visit) -> object:
    symbol, kind = _needed(request, "contract"), _needed(request, "margin")
    if kind not in {MarginType.CROSS, MarginType.ISOLATED}:
        raise Denied(_error(400, Code.BAD_PARAMETER, "margin is cross or isolated"))
    visit.ledger.set_margin_type(MarginType(kind), symbol)
    return {"contract": symbol, "margin": kind}


def _add_collateral(request: SimRequest, visit: Visit) -> object:
    amount = _number(request, "amount")
    if not amount.is_finite() or amount <= 0:
        raise Denied(_error(400, Code.BAD_PARAMETER, "amount must be positive"))
    return _change_row(visit.ledger.adjust_margin(_needed(request, "contract"), amount))


def _collateral_history(request: SimRequest, visit: Visit) -> object:
    since = int(_number(request, "since")) if request.text("since") else 0
    changes = visit.ledger.margin_changes(_needed(request, "contract"))
    rows = [_change_row(change) for change in changes if (_milliseconds(change.time) or 0) >= since]
    return {"changes": rows}


def _income_row(income: LedgerIncome) -> dict[str, Any]:
    return {
        "id": income.id,
        "at": _milliseconds(income.time),
        "asset": income.asset,
        "amount": income.amount,
        "why": _INCOMES.get(income.kind, income.kind.value),
        "contract": income.symbol,
    }


def _change_row(change: LedgerMarginChange) -> dict[str, object]:
    return {
        "id": change.id,
        "contract": change.symbol,
        "amount": change.amount,
        "at": _milliseconds(change.time),
    }


def _milliseconds(moment: Any) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
