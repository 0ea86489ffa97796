"""The simulated venue: the server's side of BitMEX."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from venuekit.capabilities import MarginType
from venuekit.plugin import Endpoint, Security
from venuekit.simulator import (
    Denied,
    DocumentedAnswer,
    Handler,
    Response,
    Scenario,
    SimKey,
    SimRequest,
    SimulatedVenue,
    Usage,
)
from venuekit.simulator.ledger import (
    Contract,
    IsolatedMargin,
    Ledger,
    LedgerRefusal,
    Pool,
    Rules,
    Side,
    Triggered,
    tiers,
)
from venuekit_bitmex import account, histories, markets, orders, positions, signing
from venuekit_bitmex.simulated import tables, trading
from venuekit_bitmex.simulated.words import refusal, refusal_of

__all__ = ["SimulatedBitmex"]

_OVERLOADED = "The system is currently overloaded. Please try again later."


def _contract(symbol: str, assets: tuple[str, str, str], step: int, caps: int, **more: Any) -> Contract:
    """Return a perpetual; ``caps`` is its lowest risk limit in the settle asset, half of which each next one adds."""
    base, quote, settle = assets
    terms: dict[str, Any] = {"contract_size": Decimal(1), "price_tick": Decimal("0.1"), **more}
    return Contract(
        symbol=symbol,
        pair=base + quote,
        base=base,
        quote=quote,
        settle=settle,
        is_inverse=settle == base,
        brackets=tiers(
            (Decimal(caps), Decimal(100), Decimal("0.005")),
            (Decimal(caps) * 3 / 2, Decimal(66), Decimal("0.01")),
            (Decimal(caps) * 2, Decimal(50), Decimal("0.015")),
        ),
        quantity_step=Decimal(step),
        min_quantity=Decimal(step),
        max_quantity=Decimal(1_000_000_000),
        max_price=Decimal(1_000_000),
        leverage=Decimal(10),
        min_leverage=Decimal("0.01"),
        leverage_step=Decimal("0.01"),
        maker_fee=Decimal("0.0005"),
        taker_fee=Decimal("0.0005"),
        funding_interval=timedelta(hours=8),
        **terms,
    )


def _stage_flat(ledger: Ledger) -> None:
    ledger.deposit("XBT", Decimal(10))
    ledger.deposit("USDT", Decimal(100_000))
    ledger.set_margin_type(MarginType.ISOLATED, "XBTUSDT")


def _stage_holding(ledger: Ledger) -> None:
    _stage_flat(ledger)
    ledger.set_margin_type(MarginType.ISOLATED, "XBTUSD")
    ledger.fill("XBTUSD", Side.BUY, Decimal(40_000), Decimal(80_000))


_TARGET = {"symbols": {"XBTUSDT": {"margin_type": "isolated", "leverage": 15}}}


class SimulatedBitmex(SimulatedVenue):
    """BitMEX over a ledger: an inverse, a linear and a quanto perpetual."""

    rules = Rules(
        hedge_mode=False,
        asset_mode=False,
        pool=Pool.NEVER,
        isolated_margin=IsolatedMargin.ENTRY,
        no_change_refused=frozenset(),
        orders_forbid=frozenset(),
        position_forbids=frozenset(),
        refuse_lower_leverage_isolated=False,
        triggered=Triggered.SAME_ORDER,
        countdown_spares_conditional=False,
        max_open_orders=200,
        max_conditional_orders=10,
        max_orders_per_symbol=True,
    )
    contracts: tuple[Contract, ...] = (
        _contract("XBTUSD", ("XBT", "USD", "XBT"), 100, 200, mark=Decimal(88_000)),
        _contract(
            "XBTUSDT",
            ("XBT", "USDT", "USDT"),
            1000,
            10_000_000,
            contract_size=Decimal("0.000001"),
            mark=Decimal(88_010),
        ),
        # quanto: a contract pays 100 satoshi for each dollar that the price of ether moves
        _contract("ETHUSD", ("ETH", "USD", "XBT"), 1, 50, multiplier=Decimal("0.000001"), price_tick=Decimal("0.05")),
    )
    scenarios: tuple[Scenario, ...] = (
        Scenario(
            name="holding",
            title="an isolated long position in XBTUSD; XBTUSDT is flat",
            stage=_stage_holding,
            held="XBTUSD",
            flat="XBTUSDT",
            target=_TARGET,
        ),
        Scenario(name="flat", title="no position", stage=_stage_flat, held=None, flat="XBTUSDT", target=_TARGET),
    )
    refusals: Mapping[tuple[str, str], Response] = {
        ("POST", "/api/v1/user/requestWithdrawal"): refusal(403, "Access Denied")
    }
    documented_answers: Mapping[str, DocumentedAnswer] = {
        "overloaded": DocumentedAnswer(
            "The queue of the matching engine is full.", lambda _: refusal(503, _OVERLOADED), executed=False
        )
    }
    signature_parameters = frozenset()

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            markets.SERVER_TIME: tables.root,
            markets.INSTRUMENTS: tables.active_instruments,
            markets.INSTRUMENT: tables.instruments,
            markets.COMMISSIONS: tables.commissions,
            account.USER: tables.user,
            account.BALANCES: tables.margins,
            positions.LIST: tables.positions,
            positions.SET_LEVERAGE: tables.set_leverage,
            positions.TRANSFER: tables.transfer_margin,
            orders.TABLE: trading.table,
            orders.PLACE: trading.place,
            orders.CANCEL: trading.cancel,
            orders.CANCEL_ALL: trading.cancel_all,
            orders.CANCEL_ALL_AFTER: trading.cancel_all_after,
            histories.TRADES: trading.trades,
            histories.WALLET: tables.wallet_history,
        }

    # -- authentication

    def authenticate(
        self, request: SimRequest, security: Security, keys: Mapping[str, SimKey], milliseconds: int
    ) -> SimKey:
        """Check the key and the signature, then the expiry."""
        key = keys.get(request.headers.get(signing.KEY, ""))
        if key is None:
            raise Denied(refusal(401, "Invalid API Key."))
        target = f"{request.path}?{request.query}" if request.query else request.path
        text = signing.signed_text(request.verb, target, request.headers.get(signing.EXPIRES, ""), request.body)
        given = request.headers.get(signing.SIGNATURE, "")
        if not hmac.compare_digest(hmac.digest(key.secret.encode(), text, "sha256").hex().encode(), given.encode()):
            raise Denied(refusal(401, "Signature not valid."))
        self.recheck(request, milliseconds)
        return key

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """Refuse a request that has expired; one from the future is taken."""
        text = request.headers.get(signing.EXPIRES, "")
        if milliseconds > (int(text) if text.isdigit() else 0) * 1000:
            now = milliseconds // 1000
            words = f"This request has expired - `expires` is in the past. Current time: {now}"
            raise Denied(refusal(400, words))

    # -- refusals

    def refuse(self, refusal: LedgerRefusal, request: SimRequest, milliseconds: int) -> Response:
        """Return status and words for a refusal of the ledger."""
        return refusal_of(refusal)

    def forbidden(self, request: SimRequest, milliseconds: int) -> Response:
        """Refuse a write with a read-only key."""
        return refusal(403, "Access Denied")

    def unknown_route(self, request: SimRequest, verbs: frozenset[str], milliseconds: int) -> Response:
        """Refuse an unknown path, or verb."""
        return refusal(404, "Not Found")

    def limit_response(self, usage: Usage, request: SimRequest, milliseconds: int) -> Response:
        """Refuse a request beyond a limit, with the time to wait."""
        seconds = max(1, ceil((usage.resets_at - milliseconds) / 1000))
        words = f"Rate limit exceeded, retry in {seconds} seconds."
        return refusal(429, words, {"Retry-After": str(seconds)}, name="RateLimitError")
