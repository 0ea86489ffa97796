"""The simulated venue: the server's side of Frozen Swaps."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

import attrs

from venuekit.capabilities import MarginType
from venuekit.plugin import Endpoint, Security, from_milliseconds
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
)
from venuekit.simulator.ledger import (
    Contract,
    Ledger,
    LedgerRefusal,
    Pool,
    PositionFigures,
    Refused,
    Rules,
    Side,
    tiers,
)
from venuekit_frozen_swap import signing
from venuekit_frozen_swap import simulated_orders as orders
from venuekit_frozen_swap.endpoints import SWAP
from venuekit_frozen_swap.simulated_words import minor, needed, number, refusal, refusal_of, shown, time_text, unit


def _contract(symbol: str, base: str, mark: Decimal, **more: Any) -> Contract:
    terms: dict[str, Any] = {"quote": "XBT", "price_tick": Decimal("0.00001"), **more}
    return Contract(
        symbol=symbol,
        pair=symbol,
        base=base,
        settle="XBT",
        is_inverse=False,
        contract_size=Decimal(1),
        brackets=tiers(
            (Decimal(2), Decimal(50), Decimal("0.01")),
            (Decimal(50), Decimal(20), Decimal("0.02")),
            (Decimal(1_000), Decimal(5), Decimal("0.1")),
        ),
        mark=mark,
        leverage=Decimal(10),
        **terms,
    )


def _stage_flat(ledger: Ledger) -> None:
    ledger.deposit("XBT", Decimal(100))


def _stage_holding(ledger: Ledger) -> None:
    """Hold a position that is too large for the highest leverage."""
    _stage_flat(ledger)
    ledger.set_margin_type(MarginType.ISOLATED, "ALTXBT")
    ledger.fill("ALTXBT", Side.BUY, Decimal(100), Decimal("0.05"))


_TARGET = {"symbols": {"GEMXBT": {"margin_type": "isolated", "leverage": 15}, "ALTXBT": {"leverage": 12}}}
_SIDES = ("long", "short")


class SimulatedSwap(SimulatedVenue):
    """
    Frozen Swaps over a ledger.

    The ledger has one leverage for a contract: that of its margin type, and of the side that is held (long when flat).
    The others are kept here, account by account.
    """

    rules = Rules(hedge_mode=False, asset_mode=False, pool=Pool.NEVER, no_change_refused=frozenset())
    contracts: tuple[Contract, ...] = (
        _contract("ALTXBT", "ALT", Decimal("0.05")),
        _contract("GEMXBT", "GEM", Decimal("0.02")),
        # quanto: it pays 100 satoshi for each dollar that its price moves
        _contract("ALTUSD", "ALT", Decimal(3_000), quote="USD", multiplier=Decimal("0.000001")),
    )
    scenarios: tuple[Scenario, ...] = (
        Scenario(
            name="holding",
            title="an isolated position in ALTXBT; GEMXBT is flat",
            stage=_stage_holding,
            held="ALTXBT",
            flat="GEMXBT",
            target=_TARGET,
        ),
        Scenario(name="flat", title="no position", stage=_stage_flat, held=None, flat="GEMXBT", target=_TARGET),
    )
    refusals: Mapping[tuple[str, str], Response] = {
        ("POST", "/v1/withdrawals"): refusal(403, "Permission to withdraw is never given")
    }

    def __init__(self) -> None:
        self._leverages: dict[tuple[str, str, MarginType, str], Decimal] = {}
        self._sessions: dict[str, tuple[SimKey, datetime]] = {}

    def convert_key(self, key: SimKey) -> SimKey:
        """Return the key with a passphrase."""
        return attrs.evolve(key, fields={"passphrase": hashlib.sha256(key.secret.encode()).hexdigest()[:16]})

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            SWAP.SERVER_TIME: _time,
            SWAP.CONTRACTS: _contracts,
            SWAP.ACCOUNT: _account_row,
            SWAP.SESSION: self._open_session,
            SWAP.BALANCES: _balances,
            SWAP.POSITIONS: _positions,
            SWAP.MOVE_MARGIN: _move_margin,
            SWAP.SETTINGS: self._settings,
            SWAP.SET_LEVERAGE: self._set_leverage,
            SWAP.PLACE: orders.place,
            SWAP.CANCEL: orders.cancel,
            SWAP.CANCEL_ALL: orders.cancel_all,
            SWAP.ORDER_BY_NAME: orders.order_by_name,
            SWAP.OPEN_ORDERS: orders.open_orders,
            SWAP.ORDER_HISTORY: orders.order_history,
            SWAP.COUNTDOWN: orders.countdown,
            SWAP.INCOME: orders.income,
        }

    # -- authentication

    def authenticate(
        self, request: SimRequest, security: Security, keys: Mapping[str, SimKey], milliseconds: int
    ) -> SimKey:
        """Check key, passphrase and signature, then the expiry; a sub-account takes the place of the master."""
        if security is Security.TOKEN:
            return self._key_of_session(request, milliseconds)
        key = keys.get(request.headers.get(signing.KEY, ""))
        if key is None:
            raise Denied(refusal(401, "Key is not known"))
        subaccount = request.headers.get(signing.SUBACCOUNT, "")
        if request.headers.get(signing.PASSPHRASE) != key.fields["passphrase"]:
            raise Denied(refusal(401, "Passphrase does not belong to the key"))
        if not hmac.compare_digest(_signature(request, key.secret, subaccount), _header(request)):
            raise Denied(refusal(401, "Signature does not fit"))
        self.recheck(request, milliseconds)
        if not subaccount:
            return key
        if key.sub_account:
            raise Denied(refusal(403, f"Permission for sub-account {subaccount} is that of the master's keys"))
        return attrs.evolve(key, account=subaccount)

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """Refuse a request that has expired; one from the future is taken."""
        text = request.headers.get(signing.EXPIRES, "")
        expires = int(text) if text.isdigit() else 0
        if milliseconds > expires:
            raise Denied(refusal(401, f"Request expired {milliseconds - expires} ms ago"))

    # -- sessions

    def _open_session(self, request: SimRequest, visit: Visit) -> object:
        if visit.key is None:
            raise Denied(refusal(401, "Key is not known"))
        seed = f"{visit.key.secret}{len(self._sessions)}{visit.milliseconds}"
        token, ends = hashlib.sha256(seed.encode()).hexdigest(), visit.now + timedelta(minutes=10)
        self._sessions[token] = visit.key, ends
        return {"token": token, "ends": time_text(ends)}

    def _key_of_session(self, request: SimRequest, milliseconds: int) -> SimKey:
        session = self._sessions.get(request.headers.get(signing.TOKEN, ""))
        if session is None or from_milliseconds(milliseconds) >= session[1]:
            raise Denied(refusal(401, "Token is not known, or has ended"))
        return session[0]

    # -- refusals

    def refuse(self, refusal: LedgerRefusal, request: SimRequest, milliseconds: int) -> Response:
        """Return status and words for a refusal of the ledger."""
        return refusal_of(refusal)

    def forbidden(self, request: SimRequest, milliseconds: int) -> Response:
        """Refuse a write with a read-only key."""
        return refusal(403, "Permission to write is not given to this key")

    def unknown_route(self, request: SimRequest, verbs: frozenset[str], milliseconds: int) -> Response:
        """Refuse an unknown path, or verb."""
        return refusal(405 if verbs else 404, f"No route {request.verb} {request.path}")

    def limit_response(self, usage: Usage, request: SimRequest, milliseconds: int) -> Response:
        """Refuse a request beyond a limit, with the time to wait."""
        seconds = (usage.resets_at - milliseconds) / 1000
        words = f"Rate limit {usage.limit.name} is exhausted for {seconds:g} s"
        return refusal(429, words, {"Retry-After": str(ceil(seconds))})

    # -- settings

    def _settings(self, request: SimRequest, visit: Visit) -> object:
        return {"settings": [self._settings_row(symbol, visit) for symbol in _symbols(request, visit)]}

    def _settings_row(self, symbol: str, visit: Visit) -> dict[str, object]:
        ledger = visit.ledger
        return {
            "contract": symbol,
            "margin": ledger.margin_type(symbol).value,
            "size": shown(ledger.position(symbol).quantity),
            "orders": len(ledger.open_orders(symbol)),
            "highest": shown(ledger.max_leverage(symbol)),
            "leverages": [
                _leverage_row(symbol, margin_type, side, self._leverage(visit, symbol, margin_type, side))
                for margin_type in (MarginType.CROSS, MarginType.ISOLATED)
                for side in _SIDES
            ],
        }

    def _leverage(self, visit: Visit, symbol: str, margin_type: MarginType, side: str) -> Decimal:
        if (margin_type, side) == _in_force(visit.ledger, symbol):
            return visit.ledger.leverage(symbol)
        contract = visit.ledger.contract(symbol)
        return self._leverages.get((_account(visit), symbol, margin_type, side), contract.leverage)

    def _set_leverage(self, request: SimRequest, visit: Visit) -> object:
        """Set margin type and leverage of a side, both or none."""
        ledger, margin = visit.ledger, needed(request, "margin")
        symbol, side, leverage = needed(request, "contract"), needed(request, "side"), number(request, "leverage")
        if margin not in {MarginType.CROSS, MarginType.ISOLATED} or side not in _SIDES:
            raise Denied(refusal(400, f"Parameter margin or side is not known: {margin}, {side}"))
        contract, margin_type, before = ledger.contract(symbol), MarginType(margin), ledger.margin_type(symbol)
        if not contract.min_leverage <= leverage <= contract.max_leverage or leverage % contract.leverage_step:
            raise Denied(refusal(400, f"Parameter leverage is out of range: {leverage}"))
        self._leverages[_account(visit), symbol, *_in_force(ledger, symbol)] = ledger.leverage(symbol)
        ledger.set_margin_type(margin_type, symbol)
        in_force = _in_force(ledger, symbol)
        other = self._leverages.get((_account(visit), symbol, *in_force), contract.leverage)
        try:
            ledger.set_leverage(symbol, leverage if in_force == (margin_type, side) else other)
        except Refused:
            ledger.set_margin_type(before, symbol)
            raise
        self._leverages[_account(visit), symbol, margin_type, side] = leverage
        return _leverage_row(symbol, margin_type, side, leverage)


def _in_force(ledger: Ledger, symbol: str) -> tuple[MarginType, str]:
    """Return margin type and side whose leverage the ledger counts with."""
    return ledger.margin_type(symbol), "short" if ledger.position(symbol).quantity < 0 else "long"


def _account(visit: Visit) -> str:
    return "" if visit.key is None else visit.key.account


def _leverage_row(symbol: str, margin_type: MarginType, side: str, leverage: Decimal) -> dict[str, object]:
    return {"contract": symbol, "margin": margin_type.value, "side": side, "leverage": shown(leverage)}


def _header(request: SimRequest) -> bytes:
    return request.headers.get(signing.SIGNATURE, "").encode()


def _signature(request: SimRequest, secret: str, subaccount: str) -> bytes:
    target = f"{request.path}?{request.query}" if request.query else request.path
    text = signing.signed_text(request.verb, target, request.headers.get(signing.EXPIRES, ""), subaccount, request.body)
    return base64.b64encode(hmac.digest(secret.encode(), text, "sha512"))


def _symbols(request: SimRequest, visit: Visit) -> list[str]:
    """Return the requested contract, or all."""
    symbol = request.text("contract")
    return list(visit.ledger.contracts) if symbol is None else [visit.ledger.contract(symbol).symbol]


# -- reads


def _account_row(request: SimRequest, visit: Visit) -> object:
    account = _account(visit)
    return {"account": f"user-{account}", "master": None if account == "1" else "user-1"}


def _time(request: SimRequest, visit: Visit) -> object:
    return {"now": time_text(visit.now)}


def _contracts(request: SimRequest, visit: Visit) -> object:
    return {
        "contracts": [
            {
                "contract": contract.symbol,
                "pair": contract.pair,
                "base": contract.base,
                "quote": contract.quote,
                "settle": contract.settle,
                "lot": shown(contract.contract_size),
                "unit": unit(contract),
                "multiplier": minor(contract.multiplier),
                "tick": shown(contract.price_tick),
                "step": shown(contract.quantity_step),
                "smallest": shown(contract.min_quantity),
                "highest": shown(contract.max_leverage),
            }
            for contract in map(visit.ledger.contract, _symbols(request, visit))
        ]
    }


def _balances(request: SimRequest, visit: Visit) -> object:
    return {
        "balances": [
            {
                "asset": balance.asset,
                "wallet": minor(balance.wallet),
                "equity": minor(balance.equity),
                "free": minor(balance.available),
                "updated": time_text(balance.updated_at),
            }
            for balance in visit.ledger.balances()
        ]
    }


def _positions(request: SimRequest, visit: Visit) -> object:
    show_flat = request.text("flat") == "true"
    positions = map(visit.ledger.position, _symbols(request, visit))
    return {"positions": [_position_row(one, visit.ledger) for one in positions if one.quantity or show_flat]}


def _position_row(figures: PositionFigures, ledger: Ledger) -> dict[str, object]:
    return {
        "contract": figures.symbol,
        "size": shown(figures.quantity),
        "lot": shown(ledger.contract(figures.symbol).contract_size),
        "unit": unit(ledger.contract(figures.symbol)),
        "settle": figures.settle,
        "entry": shown(figures.entry_price),
        "mark": shown(figures.mark_price),
        "pnl": minor(figures.unrealized_pnl),
        "leverage": shown(figures.leverage),
        "margin": figures.margin_type.value,
        "collateral": minor(figures.isolated_wallet),
        "liquidation": shown(figures.liquidation_price),
        "updated": time_text(figures.updated_at),
    }


# -- margin


def _move_margin(request: SimRequest, visit: Visit) -> object:
    change = visit.ledger.adjust_margin(needed(request, "contract"), number(request, "amount").scaleb(-8))
    return {"contract": change.symbol, "amount": minor(change.amount), "at": time_text(change.time)}
