"""Declarations that both products share: their realm, the pools that requests pay into, parameters, and signing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import quote

from venuekit.plugin import EncodedRequest, HttpRequest, KeyKind, Kind, Limit, LimitScope, Parameter, Role, Stamp

#: the realm of both products: these pools, the position mode, the simulated account
REALM = "binance_futures"

WEIGHT = "weight"
ORDERS_10S = "orders_10s"
ORDERS_1M = "orders_1m"
PORTFOLIO_WEIGHT = "portfolio_weight"
FUNDING = "funding"
#: the types of limits in the venue's own rows
REQUEST_WEIGHT, ORDERS = "REQUEST_WEIGHT", "ORDERS"

#: the name of the host of the portfolio margin API, which live environments alone have
PORTFOLIO_MARGIN = "portfolio_margin"
PORTFOLIO_MARGIN_HOST = "papi.binance.com"
PORTFOLIO_MARGIN_HOSTS: Mapping[str, str] = {PORTFOLIO_MARGIN: f"https://{PORTFOLIO_MARGIN_HOST}"}

#: one pool per address and one order pool per account, each shared by both futures products; the portfolio margin API
#: counts for itself
LIMITS = (
    Limit(WEIGHT, amount=2400, seconds=60, used_header="X-MBX-USED-WEIGHT-1M", rate_limit=REQUEST_WEIGHT),
    Limit(
        ORDERS_1M,
        amount=1200,
        seconds=60,
        scope=LimitScope.ACCOUNT,
        used_header="X-MBX-ORDER-COUNT-1M",
        rate_limit=ORDERS,
    ),
    Limit(
        ORDERS_10S,
        amount=300,
        seconds=10,
        scope=LimitScope.ACCOUNT,
        used_header="X-MBX-ORDER-COUNT-10S",
        rate_limit=ORDERS,
    ),
    Limit(PORTFOLIO_WEIGHT, amount=6000, seconds=60, used_header="X-MBX-USED-WEIGHT-1M"),
    # of USDⓈ-M alone: requests for past fundings and for the terms of funding, which have no weight
    Limit(FUNDING, amount=500, seconds=300),
)

#: the payment of most operations: their weight, into the pool of the address
PAYS: Mapping[str, int | None] = {WEIGHT: None}
#: the payment of a request that counts in the pool of fundings
PAYS_FUNDING: Mapping[str, int | None] = {WEIGHT: 0, FUNDING: 1}
#: bytes: the instruments are 1 to 2 MB and grow with every listing, and up to 200 orders of every symbol may be open
EVERY_SYMBOL = 16 * 1024 * 1024
SYMBOL = Parameter("symbol", role=Role.SYMBOL)
THE_SYMBOL = Parameter("symbol", required=True, role=Role.SYMBOL)
SPAN = (Parameter("startTime", Kind.INTEGER), Parameter("endTime", Kind.INTEGER))


def limit_up_to(most: int) -> Parameter:
    """Return how many rows a page may have."""
    return Parameter("limit", Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(most))


API_KEY_HEADER = "X-MBX-APIKEY"
_FORM = "application/x-www-form-urlencoded"
#: the kinds of keys that users make on the venue's page; all three sign every request
KEY_KINDS = frozenset(KeyKind)
#: bytes of a signature by HMAC-SHA256
_HMAC_LENGTH = 32


def _join(*parts: str) -> str:
    return "&".join(part for part in parts if part)


class QuerySigning:
    """
    The signature covers the query string followed immediately by the form body, and is the last parameter.

    Receive window and timestamp go where the signature goes: to the end of the body when there is one, else to the
    end of the query. Everything is encoded before it is signed, and sent as it was signed.
    """

    __slots__ = ()

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        """Return the exact bytes to sign."""
        window = f"recvWindow={stamp.recv_window}&timestamp={stamp.timestamp}"
        if encoded.body is None:
            return (f"{encoded.query}&{window}" if encoded.query else window).encode("ascii")
        return (encoded.query + _join(encoded.body.decode("ascii"), window)).encode("ascii")

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:
        """Return the request with its signature; the bytes sent are those that were signed."""
        # of HMAC in hex; of RSA and Ed25519 keys in base64, which needs quoting
        written = signature.hex() if len(signature) == _HMAC_LENGTH else quote(b64encode(signature), safe="")
        text = payload.decode("ascii")
        headers = {API_KEY_HEADER: stamp.key}
        if encoded.body is None:
            return HttpRequest(encoded.verb, f"{encoded.base}{encoded.path}?{text}&signature={written}", headers)
        body = f"{text[len(encoded.query) :]}&signature={written}"
        headers["Content-Type"] = _FORM
        return HttpRequest(encoded.verb, _url(encoded), headers, body.encode("ascii"))

    def without_signature(self, encoded: EncodedRequest, stamp: Stamp | None) -> HttpRequest:
        """Return a request that needs no signature, with the API key in its header when there is one."""
        headers = {} if stamp is None else {API_KEY_HEADER: stamp.key}
        if encoded.body is not None:
            headers["Content-Type"] = _FORM
        return HttpRequest(encoded.verb, _url(encoded), headers, encoded.body)


def _url(encoded: EncodedRequest) -> str:
    query = f"?{encoded.query}" if encoded.query else ""
    return f"{encoded.base}{encoded.path}{query}"
