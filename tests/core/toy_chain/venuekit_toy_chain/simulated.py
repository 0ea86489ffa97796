"""The simulated venue: the server's side of Toy Chain."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from venuekit.capabilities import MarginType, OrderType
from venuekit.plugin import Endpoint, Security
from venuekit.simulator import (
    Denied,
    Handler,
    Response,
    Scenario,
    SimKey,
    SimRequest,
    SimulatedVenue,
    Usage,
    Visit,
    json_response,
)
from venuekit.simulator.ledger import (
    Contract,
    Ledger,
    LedgerOrder,
    LedgerOrderRequest,
    LedgerRefusal,
    Pool,
    Reason,
    Rules,
    Side,
    tiers,
)
from venuekit_toy_chain.orders import CHAIN, TYPES
from venuekit_toy_chain.signing import SIGNATURE
from venuekit_toy_chain.wallet import address_of, sign_typed

_REFUSALS: Mapping[Reason, tuple[str, str]] = {
    Reason.UNKNOWN_SYMBOL: ("unknown_market", "no such market"),
    Reason.INVALID_LEVERAGE: ("bad_parameter", "leverage is out of range"),
    Reason.UNKNOWN_ORDER: ("unknown_order", "there is no such order"),
    Reason.ORDER_FINISHED: ("not_open", "the order is not open"),
    Reason.DUPLICATE_CLIENT_ID: ("duplicate", "this cloid is taken"),
}


def _err(kind: str, text: str, status: int = 400, **more: object) -> Response:
    return json_response({"err": {"kind": kind, "text": text, **more}}, status)


def _contract(symbol: str, base: str, mark: Decimal) -> Contract:
    return Contract(
        symbol=symbol,
        pair=f"{base}USD",
        base=base,
        quote="USD",
        settle="USD",
        is_inverse=False,
        contract_size=Decimal(1),
        brackets=tiers((Decimal(1_000_000), Decimal(50), Decimal("0.01"))),
        mark=mark,
        price_tick=Decimal("0.01"),
        quantity_step=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        leverage=Decimal(10),
    )


def _stage_flat(ledger: Ledger) -> None:
    ledger.deposit("USD", Decimal(10_000))


def _stage_holding(ledger: Ledger) -> None:
    _stage_flat(ledger)
    ledger.fill("SUN-USD", Side.BUY, Decimal(10), Decimal(100))


_TARGET = {"symbols": {"SUN-USD": {"leverage": 12}, "SEA-USD": {"leverage": 15}}}


class SimulatedChain(SimulatedVenue):
    """Toy Chain over a ledger."""

    rules = Rules(hedge_mode=False, asset_mode=False, pool=Pool.NEVER)
    contracts: tuple[Contract, ...] = (
        _contract("SUN-USD", "SUN", Decimal(100)),
        _contract("SEA-USD", "SEA", Decimal(20)),
    )
    scenarios: tuple[Scenario, ...] = (
        Scenario(
            name="holding",
            title="a position in SUN-USD; SEA-USD is flat",
            stage=_stage_holding,
            held="SUN-USD",
            flat="SEA-USD",
            target=_TARGET,
        ),
        Scenario(name="flat", title="no position", stage=_stage_flat, held=None, flat="SEA-USD", target=_TARGET),
    )

    def __init__(self) -> None:
        #: the highest nonce of each wallet
        self._nonces: dict[str, int] = {}

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            CHAIN.MARKETS: _markets,
            CHAIN.MONEY: _money,
            CHAIN.POSITIONS: _positions,
            CHAIN.WALLET: _wallet,
            CHAIN.SETTINGS: _settings,
            CHAIN.PING: lambda _request, _visit: True,
            CHAIN.SET_LEVERAGE: _set_leverage,
            CHAIN.ORDER: _order,
            CHAIN.OPEN_ORDERS: lambda request, visit: _orders(request, visit, is_open=True),
            CHAIN.ORDERS: lambda request, visit: _orders(request, visit, is_open=None),
            CHAIN.PLACE_ORDER: _place,
            CHAIN.CANCEL_ORDER: _cancel,
            CHAIN.CANCEL_ORDERS: _cancel_all,
        }

    def convert_key(self, key: SimKey) -> SimKey:
        """Return a wallet: its address, and its private key."""
        private_key = "0x" + hashlib.sha256(key.secret.encode()).hexdigest()
        return SimKey(address_of(private_key), private_key, key.read_only, key.account)

    # -- authentication

    def authenticate(
        self, request: SimRequest, security: Security, keys: Mapping[str, SimKey], milliseconds: int
    ) -> SimKey:
        """Check wallet, then signature, then nonce."""
        wallet = request.text("wallet") or ""
        key = keys.get(wallet)
        if key is None:
            raise Denied(_err("unknown_wallet", "nobody deposited from this wallet", 401))
        if security is Security.SIGNED:
            structure, found, signature = request.body.decode(errors="replace").rpartition(SIGNATURE)
            typed = f"{structure}}}".encode()
            expected = sign_typed(bytes.fromhex(key.secret[2:]), typed).hex()
            if not found or not hmac.compare_digest(f'{expected}"}}', signature):
                raise Denied(_err("bad_signature", "the signature is not that of the wallet", 401))
            nonce = _nonce(request)
            if nonce <= self._nonces.get(wallet, 0):
                raise Denied(_err("nonce_used", "the nonce is not above those before it"))
            self._nonces[wallet] = nonce
        return key

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """Refuse a request that a later one has overtaken."""
        if _nonce(request) < self._nonces.get(request.text("wallet") or "", 0):
            raise Denied(_err("nonce_used", "the nonce is not above those before it"))

    # -- refusals

    def refuse(self, refusal: LedgerRefusal, request: SimRequest, milliseconds: int) -> Response:
        """Return kind and text for a refusal of the ledger."""
        return _err(*_REFUSALS.get(refusal.reason, ("refused", refusal.reason.value)))

    def forbidden(self, request: SimRequest, milliseconds: int) -> Response:
        """Refuse a write of an agent that may only read."""
        return _err("read_only", "this agent may only read", 403)

    def unknown_route(self, request: SimRequest, verbs: frozenset[str], milliseconds: int) -> Response:
        """Refuse an unknown path or action."""
        return _err("unknown_action", f"there is no such action at {request.path}", 404)

    def limit_response(self, usage: Usage, request: SimRequest, milliseconds: int) -> Response:
        """Refuse a request beyond the limit, with the seconds to wait."""
        return _err("too_many", "too many requests", 429, wait=(usage.resets_at - milliseconds) / 1000)

    def render(self, payload: object, milliseconds: int) -> Response:
        """Return a payload as an answer that is ok."""
        return json_response({"ok": payload})


def _number(request: SimRequest, name: str) -> Decimal | None:
    text = request.text(name)
    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Denied(_err("bad_parameter", f"{name} must be a number")) from None


def _nonce(request: SimRequest) -> int:
    return int(_number(request, "nonce") or 0)


def _needed(request: SimRequest, name: str) -> str:
    text = request.text(name)
    if not text:
        raise Denied(_err("bad_parameter", f"{name} is missing"))
    return text


def _symbols(request: SimRequest, visit: Visit) -> list[str]:
    """Return the requested market, or all."""
    symbol = request.text("market")
    return list(visit.ledger.contracts) if symbol is None else [visit.ledger.contract(symbol).symbol]


def _account(visit: Visit) -> str:
    return "main" if visit.key is None else f"account-{visit.key.account}"


# -- reads


def _markets(request: SimRequest, visit: Visit) -> object:
    return [
        {
            "market": contract.symbol,
            "base": contract.base,
            "quote": contract.quote,
            "tick": contract.price_tick,
            "lot": contract.quantity_step,
            "maxLeverage": contract.max_leverage,
        }
        for contract in map(visit.ledger.contract, _symbols(request, visit))
    ]


def _money(request: SimRequest, visit: Visit) -> object:
    return [
        {"asset": one.asset, "total": one.wallet, "free": one.available, "account": _account(visit)}
        for one in visit.ledger.balances()
    ]


def _positions(request: SimRequest, visit: Visit) -> object:
    figures = map(visit.ledger.position, _symbols(request, visit))
    return [
        {
            "id": f"{_account(visit)}/{one.symbol}",
            "account": _account(visit),
            "market": one.symbol,
            "size": one.quantity,
            "entry": one.entry_price,
            "mark": one.mark_price,
            "leverage": one.leverage,
            "margin": one.margin_type.value,
        }
        for one in figures
        if one.quantity or request.text("flat") == "true"
    ]


def _wallet(request: SimRequest, visit: Visit) -> object:
    is_below = visit.key is not None and visit.key.sub_account
    return {"account": _account(visit), "kind": "unified", "master": "account-1" if is_below else None}


def _settings(request: SimRequest, visit: Visit) -> object:
    ledger = visit.ledger
    return [
        {
            "market": symbol,
            "leverage": ledger.leverage(symbol),
            "size": ledger.position(symbol).quantity,
            "orders": len(ledger.open_orders(symbol)),
            "highest": ledger.max_leverage(symbol),
        }
        for symbol in _symbols(request, visit)
    ]


def _order(request: SimRequest, visit: Visit) -> object:
    return _row(visit.ledger.order(request.text("oid"), client_id=request.text("cloid")), visit)


def _orders(request: SimRequest, visit: Visit, *, is_open: bool | None) -> object:
    symbol = request.text("market")
    if symbol is not None:
        visit.ledger.contract(symbol)
    return [_row(order, visit) for order in visit.ledger.orders(symbol, is_open=is_open)]


def _row(order: LedgerOrder, visit: Visit) -> dict[str, object]:
    return {
        "oid": order.id,
        "cloid": order.client_id,
        "market": order.symbol,
        "side": order.side.value.lower(),
        "type": TYPES[order.type],
        "state": order.status.value.lower(),
        "size": order.quantity,
        "done": order.filled,
        "margin": visit.ledger.margin_type(order.symbol).value,
        "at": round(order.created_at.timestamp() * 1000),
        "price": order.price,
    }


# -- writes


def _set_leverage(request: SimRequest, visit: Visit) -> object:
    market, leverage = _needed(request, "market"), _number(request, "leverage")
    if leverage is None:
        raise Denied(_err("bad_parameter", "leverage is missing"))
    visit.ledger.set_leverage(market, leverage)
    return {"market": market, "leverage": leverage}


def _place(request: SimRequest, visit: Visit) -> object:
    market, margin = _needed(request, "market"), MarginType(_needed(request, "margin"))
    if visit.ledger.margin_type(market) is not margin:
        if visit.ledger.position(market).quantity:
            raise Denied(_err("refused", f"the position in {market} has another margin type"))
        visit.ledger.set_margin_type(margin, market)
    order = visit.ledger.place(
        LedgerOrderRequest(
            symbol=market,
            side=Side(_needed(request, "side")),
            type=OrderType(_needed(request, "kind")),
            quantity=_number(request, "size") or Decimal(0),
            price=_number(request, "price"),
            client_id=_needed(request, "cloid"),
        )
    )
    return _row(order, visit)


def _cancel(request: SimRequest, visit: Visit) -> object:
    return _row(visit.ledger.cancel_order(request.text("oid"), client_id=request.text("cloid")), visit)


def _cancel_all(request: SimRequest, visit: Visit) -> object:
    return [_row(order, visit) for order in visit.ledger.cancel_orders(_needed(request, "market"))]
