"""The base of the simulated venues: keys, parameters and refusals of the venue, over a ledger that knows no venue."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from urllib.parse import unquote_plus

import attrs

from venuekit.capabilities import Setting
from venuekit.plugin import Endpoint, LimitScope, Security
from venuekit.simulator import (
    INDEX_PRICES,
    UNSERVED,
    Handler,
    Response,
    SimKey,
    SimRequest,
    SimulatedVenue,
    Usage,
    Visit,
    is_signed_by,
    json_response,
)
from venuekit.simulator.ledger import Asset, Contract, LedgerRefusal, Refused, RequestWindow, Rules
from venuekit_binance_common.endpoints import BinanceEndpoints
from venuekit_binance_common.simulated.documented_answers import BINANCE_ANSWERS
from venuekit_binance_common.simulated.errors import Errors
from venuekit_binance_common.simulated.formatting import is_whole

T = TypeVar("T")

RULES = Rules(
    max_open_orders=200,
    max_open_orders_per_symbol=True,
    max_conditional_orders=200,
    valuation_asset="USDT",
    fee_asset=("", "BNB"),
    fee_discount=Decimal("0.1"),
    orders_forbid=frozenset({Setting.MARGIN_TYPE, Setting.POSITION_MODE, Setting.ASSET_MODE}),
)

#: collateral assets in multi-assets mode, a mode of the account: index prices in USD, and haircuts
MARGIN_ASSETS = (
    Asset("USDT", index_price=INDEX_PRICES["USDT"]),
    Asset("USDC", index_price=INDEX_PRICES["USDC"]),
    Asset("BTC", index_price=INDEX_PRICES["BTC"], haircut=Decimal("0.05")),
    Asset("BNB", index_price=INDEX_PRICES["BNB"], is_collateral=False),
)

_KEY = re.compile(r"[A-Za-z0-9]{64}")
_WINDOW = RequestWindow()
_SIGNATURE = re.compile(r"(?:^|&)signature=([^&]*)")
_MILLISECOND = timedelta(milliseconds=1)


@attrs.frozen(kw_only=True)
class HistoryLimits:
    """
    The limits of one history: the range without times, the widest one, the retention, and rows per request.

    None is without limit.
    """

    usual: timedelta | None = None
    widest: timedelta | None = None
    keeps: timedelta | None = None
    rows: int
    most_rows: int


class SimulatedBinance(SimulatedVenue):
    """The base of the groups of routes; each product joins the groups, and declares its contracts and errors."""

    rules = RULES
    ignores_case = True
    documented_answers = BINANCE_ANSWERS
    assets = MARGIN_ASSETS
    endpoints: ClassVar[BinanceEndpoints]
    errors: ClassVar[Errors]
    #: the wallets of the product
    purse: ClassVar[str] = ""

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each of the client's endpoints; every group adds its own."""
        return {}

    def contract(self, symbol: str) -> Contract:
        """Return a contract of this venue; raises ``Denied`` with -1121 for an unknown symbol."""
        for contract in self.contracts:
            if contract.symbol == symbol:
                return contract
        raise self.errors.denial(-1121)

    def contracts_of(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contract that a request names, all of them without a symbol; raises ``Denied``."""
        symbol = self.text(request, "symbol")
        return self.contracts if symbol is None else (self.contract(symbol),)

    def text(self, request: SimRequest, name: str) -> str | None:
        """Return an optional parameter; raises ``Denied`` when it was sent empty."""
        text = request.text(name)
        if text is not None and not text:
            raise self.errors.denial(-1105, name=name)
        return text

    def require_symbol(self, request: SimRequest) -> str:
        """Return the symbol that a request names; raises ``Denied`` when it names none."""
        symbol = request.text("symbol")
        if not symbol:
            raise self.errors.missing("symbol")
        return symbol

    def require_word(self, request: SimRequest, name: str, words: Mapping[str, T]) -> T:
        """Return the meaning of a required word; raises ``Denied``."""
        word = request.text(name) or ""
        if word not in words:
            raise self.errors.missing(name)
        return words[word]

    def number(self, request: SimRequest, name: str, otherwise: int) -> int:
        """Return an optional number; raises ``Denied``."""
        text = self.text(request, name)
        if text is None:
            return otherwise
        if not is_whole(text):
            raise self.errors.denial(-1130, name=name)
        return int(text)

    def limit(self, request: SimRequest, usual: int, most: int) -> int:
        """Return the requested number of rows, ``usual`` without one; raises ``Denied`` for none or too many."""
        limit = self.number(request, "limit", usual)
        if not 1 <= limit <= most:
            raise self.errors.denial(-1130, name="limit")
        return limit

    def stretch(self, request: SimRequest, visit: Visit, limits: HistoryLimits) -> range:
        """
        Return the requested milliseconds within the retention.

        Raises:
            Denied: -1023 for a reversed range, -1127 for one that is too wide, -1130 for a malformed number.
        """
        end = self.number(request, "endTime", visit.milliseconds)
        usual = 0 if limits.usual is None else end - limits.usual // _MILLISECOND
        start = self.number(request, "startTime", usual)
        if start > end:
            raise self.errors.denial(-1023)
        times_sent = request.text("startTime") is not None and request.text("endTime") is not None
        if times_sent and limits.widest is not None and end - start > limits.widest // _MILLISECOND:
            raise self.errors.denial(-1127, hours=limits.widest // timedelta(hours=1))
        if limits.keeps is not None:
            start = max(start, visit.milliseconds - limits.keeps // _MILLISECOND)
        return range(start, end + 1)

    def page(
        self, request: SimRequest, rows: Sequence[T], limits: HistoryLimits, *, first: str | None = None
    ) -> Sequence[T]:
        """
        Return the requested number of rows, which are sorted from old to new.

        They are the oldest; without a beginning (``startTime`` or the number in ``first``) the newest.
        """
        limit = self.limit(request, limits.rows, limits.most_rows)
        if request.text("startTime") is None and (first is None or request.text(first) is None):
            return rows[max(0, len(rows) - limit) :]
        return rows[:limit]

    def authenticate(
        self, request: SimRequest, security: Security, keys: Mapping[str, SimKey], milliseconds: int
    ) -> SimKey:
        """
        Return the caller's key.

        Raises:
            Denied: -2014 for a malformed key, -2015 for an unknown one, -1102 without timestamp or signature, -1022 for
                a wrong signature or one that is not the last parameter.
            Refused: the timestamp is outside the window.
        """
        text = request.headers.get("X-MBX-APIKEY", "")
        if not _KEY.fullmatch(text):
            raise self.errors.denial(-2014)
        key = keys.get(text)
        if key is None:
            raise self.errors.denial(-2015)
        if security is Security.SIGNED:
            self._check_signature(request, key)
            self.check_window(request, milliseconds)
        return key

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """
        Check the window a second time, as the matching engine does before it applies a request.

        Raises:
            Denied: in the engine's own words.
        """
        try:
            self.check_window(request, milliseconds)
        except Refused:
            raise self.errors.denial(self.errors.too_late) from None

    def _check_signature(self, request: SimRequest, key: SimKey) -> None:
        """Check the signature over the query string directly followed by the body, without the signature itself."""
        for name in ("timestamp", "signature"):
            if not request.text(name):
                raise self.errors.missing(name)
        query, body = request.query, request.body.decode("utf-8", "replace")
        # of two signatures, the query string's counts; one that is not at the end would have to be part of the signed
        # text
        if (parts := split_signature(query)) is not None:
            query, signature = parts
        elif (parts := split_signature(body)) is not None:
            body, signature = parts
        else:
            raise self.errors.denial(-1022)
        if not is_signed_by(key, (query + body).encode(), unquote_plus(signature)):
            raise self.errors.denial(-1022)

    def check_window(self, request: SimRequest, milliseconds: int) -> None:
        """Check the time of a request; raises ``Refused`` outside its window, ``Denied`` for a malformed time."""
        sent_at = self._digits(request, "timestamp")
        window = None if request.text("recvWindow") is None else self._digits(request, "recvWindow")
        _WINDOW.check(milliseconds, sent_at, window)

    def _digits(self, request: SimRequest, name: str) -> int:
        text = request.text(name) or ""
        if not is_whole(text):
            raise self.errors.missing(name)
        return int(text)

    def refuse(self, refusal: LedgerRefusal, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
        """Return the venue's answer for a refusal of the ledger."""
        return self.errors.of_ledger(refusal, request.path)

    def forbidden(self, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
        """Return the answer to a read-only key that tries to write."""
        return self.errors.error(-2015)

    def unknown_route(self, request: SimRequest, verbs: frozenset[str], milliseconds: int) -> Response:  # noqa: ARG002
        """Return the answer to a path or verb that the venue does not have."""
        message = f"Path {request.path}, Method {request.verb} is invalid"
        return json_response({"code": -5000, "msg": message}, status=404)

    def answer_unserved(self, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
        """Return the answer to a documented route that the simulator lacks: an operation that is not supported."""
        return json_response({"code": -1020, "msg": UNSERVED}, status=501)

    def limit_response(self, usage: Usage, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
        """Return the answer to a request beyond a limit: -1003 for the weight, -1015 for the orders."""
        limit = usage.limit
        if limit.scope is LimitScope.ADDRESS:
            code = -1003
            minutes = round((limit.seconds or 60) / 60)
            span = "minute" if minutes == 1 else f"{minutes} minutes"
            message = (
                f"Too many requests; current limit is {limit.amount} requests per {span}. "
                "Please use the websocket for live updates to avoid polling the API."
            )
        else:
            code = -1015
            message = f"Too many new orders; current limit is {limit.amount} orders per {limit.seconds or 0:g} seconds."
        wait = max(1, -(-(usage.resets_at - milliseconds) // 1000))
        return json_response({"code": code, "msg": message}, status=429, headers={"Retry-After": str(wait)})


def split_signature(text: str) -> tuple[str, str] | None:
    """Return the text before the signature, and the signature, when it is the last parameter."""
    match = _SIGNATURE.search(text)
    if match is None or match.end() != len(text):
        return None
    return text[: match.start()], match[1]
