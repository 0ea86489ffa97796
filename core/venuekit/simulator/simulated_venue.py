"""Simulated venues: routes, refusals and scenarios of one venue; the plugin author's half of the simulator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import attrs

from venuekit._util.times import from_milliseconds
from venuekit.encoding import Encoding, list_of_body
from venuekit.endpoint import Effect, Endpoint, EndpointName, Security
from venuekit.parameters import Parameter
from venuekit.simulator.access import SimKey, Usage, costs_of, symbols_of
from venuekit.simulator.fields import FieldError
from venuekit.simulator.ledger import Asset, Contract, Ledger, LedgerRefusal, Rules
from venuekit.simulator.markets import Market
from venuekit.simulator.message import Denied, DocumentedAnswer, Response, SimRequest, json_response
from venuekit.simulator.streams import StreamConnection, StreamPeer


@attrs.frozen
class Visit:
    """
    The context of a handler: the ledger to use, the venue's clock, and the caller's key (None on a public route).

    The ledger is that of the key's account, or an older copy while a lagging read is played.
    """

    ledger: Ledger
    milliseconds: int
    key: SimKey | None = None

    @property
    def now(self) -> datetime:
        """The venue's clock as an aware UTC datetime."""
        return from_milliseconds(self.milliseconds)


#: the words for a documented route that is not simulated
UNSERVED = "not served by the simulator"

Handler: TypeAlias = Callable[[SimRequest, Visit], object]


@attrs.frozen
class Route:
    """
    One verb and path of the simulated venue, with its security, effect and cost.

    ``path`` may have parameters in braces, and a request has every constant of ``action`` among its parameters.
    ``parameters`` are those that the venue documents, without key, time and signature; a handler may be sent others.
    ``costs`` maps the parameters of a request to its price per pool, ``symbols`` to those it names. ``encoding`` is how
    parameters travel; of a JSON array, ``array`` is the name under which the handler finds its items, None where it
    holds one object. ``is_guarded``: a SESSION that needs the permission of a write, such as a countdown that ends
    orders.
    """

    verb: str
    path: str
    handler: Handler
    security: Security = attrs.field(default=Security.NONE, kw_only=True)
    effect: Effect = attrs.field(default=Effect.READ, kw_only=True)
    costs: Callable[[Mapping[str, Any]], Mapping[str, int]] = attrs.field(default=lambda _: {}, kw_only=True)
    symbols: Callable[[Mapping[str, Any]], tuple[str, ...]] = attrs.field(default=lambda _: (), kw_only=True)
    action: Mapping[str, str] = attrs.field(factory=dict, kw_only=True)
    encoding: Encoding = attrs.field(default=Encoding.QUERY, kw_only=True)
    array: str | None = attrs.field(default=None, kw_only=True)
    parameters: tuple[Parameter, ...] = attrs.field(default=(), kw_only=True)
    is_guarded: bool = attrs.field(default=False, kw_only=True)

    @classmethod
    def of(cls, endpoint: Endpoint[Any], handler: Handler) -> Route:
        """Return the route of an endpoint that the client declares."""
        return cls(
            endpoint.verb,
            endpoint.path,
            handler,
            security=endpoint.security,
            effect=endpoint.effect,
            costs=lambda parameters: costs_of(endpoint, parameters),
            symbols=lambda parameters: symbols_of(endpoint, parameters),
            action=endpoint.action,
            encoding=endpoint.encoding,
            array=list_of_body(endpoint),
            parameters=endpoint.parameters,
            is_guarded=endpoint.area is not None,
        )

    @property
    def name(self) -> EndpointName:
        """The name of its endpoint."""
        return EndpointName.of(self.verb, self.path, self.action)

    @property
    def is_write(self) -> bool:
        """Whether read-only keys are refused here."""
        return self.is_guarded or self.effect not in {Effect.READ, Effect.SESSION}


class SimulatedVenue(ABC):
    """
    One venue's answers, over a ledger that is common to all venues.

    A simulated venue is made anew for each simulation and may hold state of its own. It answers in the venue's words,
    and never uses the client's decoders. Handlers are synchronous: they read the request, command the ledger, and
    return the payload that :meth:`render` turns into an answer, or a finished :class:`Response`. They raise
    :class:`Denied` for parameters that the venue rejects; refusals of the ledger go to :meth:`refuse`.

    A request passes: route, refusals, limits of the address, :meth:`authenticate`, limits of the account, the read-only
    check, :meth:`recheck` when time has passed, the handler.

    Attributes:
        rules: The behaviour of the ledger; equal for all venues of one realm, which share one ledger.
        contracts: The contracts that this venue trades; those of an instance may be others than those of its class.
        assets: Assets besides the contracts' own, and the worth of assets as collateral; as of ``contracts``.
        scenarios: At least ``holding`` and ``flat``.
        refusals: Fixed error answers, by verb and path, for routes that the client does not have; of a path with
            actions, for those that it does not have.
        unserved: Documented routes that the simulator does not answer, by verb and path; see
            :meth:`answer_unserved`.
        documented_answers: Answers that the venue documents for trouble of its own, by a short name; scenarios give
            them by :meth:`Simulation.documented`.
        signature_parameters: Names that the request log leaves out.
        page_limit: The most rows of one page, None for as many as the venue gives; a handler whose page is fixed gives
            no more. Set for one simulation by :meth:`Simulation.cut_pages`.
        stream_path: The path below which user streams are, mostly empty; None where the venue has none.
        websocket_api_path: The path of the WebSocket API; None where the venue has none.
        ignores_case: Whether the names of the parameters that a route declares are read without regard to case; the
            parameters that sign a request are always read as they were sent.
    """

    rules: Rules
    contracts: tuple[Contract, ...]
    assets: tuple[Asset, ...] = ()
    scenarios: tuple[Scenario, ...]
    refusals: Mapping[tuple[str, str], Response] = {}
    unserved: frozenset[tuple[str, str]] = frozenset()
    documented_answers: Mapping[str, DocumentedAnswer] = {}
    signature_parameters: frozenset[str] = frozenset({"signature"})
    page_limit: int | None = None
    stream_path: str | None = None
    websocket_api_path: str | None = None
    ignores_case: bool = False

    @abstractmethod
    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each of the client's endpoints."""

    def make_contract(self, market: Market, prices: Mapping[str, Decimal]) -> Contract:  # noqa: ARG002  - refused here
        """
        Return the contract of a symbol that the venue does not list, for a market of one's own.

        It follows from the symbol: base, quote and settle asset, brackets, dates. The fields that the market gives are
        set afterwards. ``Market.price_of`` returns the price to scale brackets by, from the index ``prices``.

        Raises:
            FieldError: the venue has no symbols of this form (of the field ``symbol``; the error names the forms that
                it has), or the market has no price.
        """
        raise FieldError(
            "expected a symbol that is listed: this venue's simulator makes no further contracts", "symbol"
        )

    def convert_key(self, key: SimKey) -> SimKey:
        """
        Return a key in the form that the venue gives to its users; the same for the same key.

        A key has 64 letters and digits, and so has its secret. A venue with a passphrase adds ``fields``; one of
        wallets makes an address and its private key of the two.
        """
        return key

    def extra_routes(self) -> Iterable[Route]:
        """Return routes of the venue that the client does not use."""
        return ()

    def parameters_of(self, request: SimRequest) -> Mapping[str, Any]:
        """Return the parameters of a request; another venue's requests wrap them, as its signing scheme does."""
        return request.parameters

    @abstractmethod
    def authenticate(
        self, request: SimRequest, security: Security, keys: Mapping[str, SimKey], milliseconds: int
    ) -> SimKey:
        """
        Return the caller's key, on a route whose security is KEY or SIGNED.

        Checks key, window and signature, in the venue's own order.

        Raises:
            Denied: with the venue's answer. A :class:`Refused` of the ledger's window goes to :meth:`refuse`.
        """

    @abstractmethod
    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """
        Check the window of a signed request once more, just before it is applied.

        A request refused here is never applied: the fence of the client's retry rules depends on that.

        Raises:
            Denied: with the venue's answer. A :class:`Refused` of the ledger's window goes to :meth:`refuse`.
        """

    @abstractmethod
    def refuse(self, refusal: LedgerRefusal, request: SimRequest, milliseconds: int) -> Response:
        """Return the venue's answer for a refusal of the ledger."""

    @abstractmethod
    def forbidden(self, request: SimRequest, milliseconds: int) -> Response:
        """Return the answer to a read-only key that tries to write."""

    @abstractmethod
    def unknown_route(self, request: SimRequest, verbs: frozenset[str], milliseconds: int) -> Response:
        """Return the answer to an unknown path (``verbs`` is empty), or to a known path with another verb."""

    def answer_unserved(self, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002  - an envelope may
        """Return the answer to a documented route that the simulator lacks: status 501, in the venue's envelope."""
        return json_response({"msg": UNSERVED}, status=501)

    def open_stream(self, connection: StreamConnection) -> StreamPeer:
        """
        Return the venue's side of a WebSocket connection, which a client asks for by ``connection.request``.

        Raises:
            Denied: with the venue's answer, and there is no connection. Without an override all are refused, as a path
                that the venue does not have.
        """
        request = connection.request
        raise Denied(self.unknown_route(request, frozenset(), connection.now()))

    @abstractmethod
    def limit_response(self, usage: Usage, request: SimRequest, milliseconds: int) -> Response:
        """Return the answer to a request that exceeds a pool; it was not applied."""

    def render(self, payload: object, milliseconds: int) -> Response:  # noqa: ARG002  - an envelope may carry the time
        """Return a handler's payload as an answer: plain JSON, where the venue has no envelope."""
        return json_response(payload)

    def limit_headers(self, usages: tuple[Usage, ...], milliseconds: int) -> Mapping[str, str]:  # noqa: ARG002  - as above
        """Return the headers that report the usage of the pools this request paid into."""
        used = {u.limit.used_header: str(u.used) for u in usages if u.limit.used_header}
        remaining = {u.limit.remaining_header: str(u.remaining) for u in usages if u.limit.remaining_header}
        return {**used, **remaining}


@attrs.frozen(kw_only=True)
class Scenario:
    """
    The initial state of a simulated account, in one simulated venue's own symbols.

    ``stage`` brings a fresh ledger there by the ledger's own commands. ``held`` is a symbol with a position, None
    without any position, ``flat`` a symbol without one. ``target`` is an example for this scenario: an account's table
    of a target file without its ``venue``; it can be applied, and changes a setting. ``answers`` are the endpoints that
    succeed in this scenario alone.
    """

    name: str
    title: str
    stage: Callable[[Ledger], None]
    held: str | None
    flat: str
    target: Mapping[str, Any]
    answers: tuple[Endpoint[Any], ...] = ()
