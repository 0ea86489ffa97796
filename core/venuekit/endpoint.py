"""Endpoints: one operation of a venue, declared once, used by client, simulator, documentation and conformance kit."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, NamedTuple, Self, TypeVar

import attrs

from venuekit._util.called import CALLED
from venuekit.echoes import Check, Echoes, check_of
from venuekit.encoding import CheckValues, Encode, Encoding, checker_of, content_type_of, encoder_of, request_fault
from venuekit.faults import Fault
from venuekit.message import ANSWER_LIMIT
from venuekit.order_scope import Ask, OrderName
from venuekit.parameters import CheckedValue, Parameter, Role
from venuekit.resolution import AbsenceProof, Call, Completion, Readback, Resolve

T = TypeVar("T")
A = TypeVar("A")


class Effect(enum.StrEnum):
    """The effect of an operation at the venue; retries follow from it."""

    READ = "read"  #: changes nothing
    SET = "set"  #: repeating it changes nothing more: leverage, modes, cancel
    DELTA = "delta"  #: repeating it doubles it: add or reduce margin
    KEYED = "keyed"  #: carries a client id by which it can be found: orders
    SESSION = "session"  #: listen keys, logon, subscribe, countdown beats


class Security(enum.StrEnum):
    """The credentials a request must carry."""

    NONE = "none"  #: nothing
    KEY = "key"  #: the API key
    SIGNED = "signed"  #: key, timestamp and signature
    #: the session token (``Venue.session_token``); nothing bounds how late such a request can arrive
    TOKEN = "token"  # noqa: S105 - the name of a kind


class WriteScope(enum.StrEnum):
    """
    The part of an account that a write is about: writes it excludes while under way, or endangers while it may arrive.

    Writes run one after another, and wait for an earlier one that may still arrive, where both are about the ACCOUNT,
    or one about it and the other about a SYMBOL or an AMENDMENT; about the same SYMBOL (its margin, or a setting of it
    that both touch); or about an AMENDMENT of the same order. ORDER, which opens orders, waits for none, unless it
    rests: then for as long as a lost ALL_ORDERS, which ends all of a symbol (without one, of the account), may still
    arrive and end it, too.
    """

    ACCOUNT = "account"
    SYMBOL = "symbol"
    AMENDMENT = "amendment"
    ORDER = "order"
    ALL_ORDERS = "all_orders"


class Area(enum.StrEnum):
    """An area of writes that a guard may allow or forbid."""

    SETTINGS = "settings"
    MARGIN = "margin"
    ORDERS = "orders"


class Priority(enum.Enum):
    """
    Who may spend the last of a pool, and who pays first.

    A member is a ``rank``, 0 for the first, and a ``reserve``, the share of each pool that is left to the others:
    writes may spend everything, a read leaves a fifth, and a walk through history two fifths.
    """

    URGENT = 0, 0.0  #: ends risk: cancels, orders that only reduce a position, beats of a countdown
    RISK = 1, 0.0  #: every other write
    READ = 2, 0.2
    HISTORY = 3, 0.4

    def __init__(self, rank: int, reserve: float) -> None:
        self.rank = rank
        self.reserve = reserve


@attrs.frozen
class Change(Generic[A]):
    """
    The result of an operation whose effect is SET.

    ``answer`` is the venue's answer; None when it only said that there was nothing to change. ``changed`` is True
    when it accepted the change, False when our first attempt met "no need", None when it holds now but an earlier
    attempt of ours had no answer.
    """

    answer: A | None
    changed: bool | None


@attrs.frozen
class Changing(Generic[A]):
    """The decoder of an endpoint whose effect is SET: the value of ``answer``, wrapped in a :class:`Change`."""

    answer: Callable[[bytes], A]

    def __call__(self, body: bytes) -> Change[A]:
        """Decode the answer of an accepted change."""
        return Change(self.answer(body), changed=True)


_AREAS = {Effect.SET: Area.SETTINGS, Effect.DELTA: Area.MARGIN, Effect.KEYED: Area.ORDERS}


def _priority_of(endpoint: Endpoint[Any]) -> Priority:
    if endpoint.effect is not Effect.READ:
        return Priority.RISK
    walks = endpoint.serves and all(method.__name__.startswith("iter_") for method in endpoint.serves)
    return Priority.HISTORY if walks else Priority.READ


#: capability methods that change something, with the only effect that their requests may have
_EFFECTS = {
    "place_order": (Effect.KEYED, "an order carries a client id, by which a lost one is found and never sent twice"),
    "place_orders": (Effect.KEYED, "orders carry client ids, by which lost ones are found and never sent twice"),
    "add_margin": (Effect.DELTA, "a margin move that is repeated moves money twice"),
    "reduce_margin": (Effect.DELTA, "a margin move that is repeated moves money twice"),
}
_CHANGES = ("set_", "cancel_", "amend_")
#: a countdown runs while a session renews it
_RENEWED = frozenset({"set_countdown"})


#: capability methods that set one setting of a symbol, with its name
_SETTERS = {"set_leverage": "leverage", "set_margin_type": "margin_type"}


def _contradiction(endpoint: Endpoint[Any], served: Iterable[str]) -> str | None:
    """Return why an endpoint contradicts itself, in one sentence with the mend; None where it does not."""
    effect = endpoint.effect
    if endpoint.verb == "GET" and effect is Effect.READ:
        return None  # the reads of a write, and those that settle it, serve its method, too
    for name in served:
        only, why = _EFFECTS.get(name, (None, ""))
        if only is not None and effect is not only:
            return f"it serves {name} and its effect is {effect}; {why}: declare Effect.{only.name}"
        if name.startswith(_CHANGES) and (effect is Effect.READ or (effect is Effect.SESSION and name not in _RENEWED)):
            return f"it serves {name} and its effect is {effect}; it changes something: declare Effect.SET"
    if endpoint.verb != "GET" and effect is Effect.READ and not endpoint.note:
        return (
            f"its effect is read, and {endpoint.verb} usually changes something: say in its note why it does not,"
            " or declare another effect"
        )
    return _joint_contradiction(endpoint, [name for name in served if name in _SETTERS])


def _joint_contradiction(endpoint: Endpoint[Any], setters: list[str]) -> str | None:
    """Return why an endpoint cannot be the write of several settings; None where it can, and where it is none."""
    if endpoint.completion is None:
        if len(setters) < len(_SETTERS):
            return None
        return f"it serves {' and '.join(setters)}: declare a completion, which reads the one that a caller leaves out"
    if endpoint.effect is not Effect.SET or endpoint.readback is None:
        return "it has a completion, after which all settings are read back: declare Effect.SET and a readback"
    if endpoint.write_scope not in {WriteScope.SYMBOL, WriteScope.ACCOUNT}:
        return "it has a completion, which reads within the turn of the write: declare a write scope, such as SYMBOL"
    if missing := sorted({_SETTERS[name] for name in setters} - endpoint.sets if endpoint.sets else ()):
        return f"it serves {' and '.join(setters)}, and its sets lack {' and '.join(missing)}: name them there"
    return None


class EndpointName(NamedTuple):
    """What tells endpoints of a venue apart: verb, documented path, and the constant parameters of the action."""

    verb: str
    path: str
    action: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, verb: str, path: str, action: Mapping[str, str]) -> Self:
        """Return the name of a verb, a path and an action, whose order does not matter."""
        return cls(verb, path, tuple(sorted(action.items())))

    def __str__(self) -> str:
        return " ".join([self.verb, self.path, *(f"{name}={value}" for name, value in self.action)])


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Endpoint(Generic[T]):
    """
    One operation of a venue.

    Attributes:
        verb, path: As the venue documents them; ``{name}`` between two slashes of a path is a required parameter.
        host: The name of the host that it is reached at, one of an environment's ``further_hosts``; None for the
            environment's own ``rest``.
        decode: Bytes of a successful answer to its value. Raises :class:`~venuekit.errors.PayloadMismatch` for a
            wrong shape, ``ValueError`` for bytes that are not the venue's format at all (HTML, cut off, empty). For a
            SET it is a :class:`Changing`.
        parameters: The parameters that may be sent; any other is refused before signing.
        action: Constant parameters that are sent with every request, in front of the others: they tell operations
            behind one path apart, and belong to the endpoint's name.
        encoding, security: Where parameters travel, and the credentials of a request.
        weight: The cost of a call, a number or a function of the parameters; ``weight_most`` is the most it can be.
        pools: Which limit pools it pays into: pool name to cost, None for the weight.
        effect: Left out, GET is a READ and everything else a DELTA, the most careful one.
        area: The guard's area of a write; left out, SET is SETTINGS, DELTA is MARGIN and KEYED is ORDERS. A
            SESSION that has one, like a countdown that ends orders, is guarded as a write is.
        reduces: Whether a halted account, and one whose journal cannot be written, may still do it, by the
            parameters: it cancels, or it can only make a position smaller and nothing is attached that opens anything.
        notional: The order value in quote that a request asks for, for the guard; None where it is unknown.
        asks: The orders that are asked for, where positions are limited; left out, a QUANTITY is refused there.
        symbols, client_ids: Those that a request names within its items, for guards, fences, errors and the journal;
            left out, those of the parameters whose role is SYMBOL or CLIENT_ID.
        sets: For a SET of the scope SYMBOL: names of the settings that it writes, moves, or is coupled with. One that
            has none of them in common with another one does not wait for it; left out, every setting of the symbol.
        orders: For AMENDMENT: the orders it is about; left out, the one named by SYMBOL, ORDER_ID and CLIENT_ID.
        rests: For the scope ORDER: whether an order of the request can rest, by its parameters; left out, it
            can. One that cannot rest waits for no lost cancel-all (:class:`~venuekit.order_scope.Resting`).
        priority: Left out, writes are RISK (URGENT where ``reduces`` says so), endpoints that serve only pagers
            (``iter_...``) HISTORY, the rest READ; :meth:`~venuekit.Account.with_options` has it per call.
        write_scope: The scope a write locks; None for reads and for writes that wait for none.
        no_change: Codes that mean "it is so already"; ``no_change_is_read`` says that ``readback`` has to agree before
            they are believed, and that they are refusals where it reads another value.
        doubtful: Codes whose meaning only a read can show; ``doubtful_after_loss``: after a lost answer only.
        faults: Codes that mean something else on this endpoint than in the venue's table. Here and above, a text is
            the beginning of the words of a refusal without a code.
        echoes: The parts of a request that its answer repeats; an answer that repeats others is a lost one.
        readback, resolve: For a SET: reads whether it holds; for KEYED and DELTA: finds out whether a lost one
            happened.
        absence_proof: When ``resolve`` finding nothing is a proof; None when it never is.
        item_refusals: Code and words of each item that a batch's answer refuses. Where the venue does not know what
            became of one of them, the write stays open in the journal.
        reads_present: For a SET: whether ``readback`` is asked before it is sent, within its turn, and nothing is sent
            where the setting holds already: for a venue that does not document its answer to the present value.
        claims: For a DELTA: the identity of the history row that an answer names; a lost write is not taken for it.
        before: For a DELTA: the read before the write, so that ``resolve`` can compare.
        completion: For a SET that serves the setters of several settings: reads those that a caller does not name,
            within its turn; they are sent unchanged, and all are read back after it.
        answer_limit: How many bytes an answer may have, decompressed; more only where it lists every symbol.
        websocket_method: The method of the venue's WebSocket API that does the same, None if there is none.
        websocket_weight: The cost of a call of that method, None where it is ``weight``.
        rows: The ways to lists of rows in its answer (``()`` is all of it), for :meth:`~venuekit.Account.answer_rows`.
        serves: The capability methods it serves, as function objects (``LeverageControl.set_leverage``).
        limit_rows: The way to rows of rate limits in its answer, whose amounts are compared with the declared ones.
        may_be_absent: Of a read that is not documented: where it is answered by a 404, UNSUPPORTED is remembered.
        note: One sentence for the documentation.
    """

    verb: str = attrs.field(kw_only=False)
    path: str = attrs.field(kw_only=False)
    decode: Callable[[bytes], T]
    host: str | None = None
    parameters: tuple[Parameter, ...] = ()
    action: Mapping[str, str] = attrs.field(factory=dict)
    encoding: Encoding = Encoding.QUERY
    security: Security = Security.SIGNED
    weight: int | Callable[[Mapping[str, Any]], int] = 1
    weight_most: int = attrs.field(
        default=attrs.Factory(lambda self: self.weight if isinstance(self.weight, int) else 0, takes_self=True)
    )
    pools: Mapping[str, int | None] = attrs.field(factory=dict)
    effect: Effect = attrs.field(
        default=attrs.Factory(lambda self: Effect.READ if self.verb == "GET" else Effect.DELTA, takes_self=True)
    )
    area: Area | None = attrs.field(default=attrs.Factory(lambda self: _AREAS.get(self.effect), takes_self=True))
    reduces: Callable[[Mapping[str, Any]], bool] | None = None
    notional: Callable[[Mapping[str, Any]], Decimal | None] | None = None
    asks: Callable[[Mapping[str, Any]], Sequence[Ask]] | None = None
    symbols: Callable[[Mapping[str, Any]], Collection[str]] | None = None
    client_ids: Callable[[Mapping[str, Any]], Collection[str]] | None = None
    sets: frozenset[str] = frozenset()
    orders: Callable[[Mapping[str, Any]], Collection[OrderName]] | None = None
    rests: Callable[[Mapping[str, Any]], bool] | None = None
    write_scope: WriteScope | None = None
    no_change: frozenset[int | str] = frozenset()
    no_change_is_read: bool = False
    reads_present: bool = False
    doubtful: frozenset[int | str] = frozenset()
    doubtful_after_loss: frozenset[int | str] = frozenset()
    faults: Mapping[int | str, Fault] = attrs.field(factory=dict)
    echoes: Echoes | tuple[Echoes, ...] = ()
    readback: Readback | None = None
    resolve: Resolve | None = None
    absence_proof: AbsenceProof | None = None
    item_refusals: Callable[[T], Iterable[tuple[int | str | None, str]]] | None = None
    claims: Callable[[T], str] | None = None
    before: Callable[[Call, Mapping[str, Any]], Awaitable[Any]] | None = None
    completion: Completion | None = None
    answer_limit: int = ANSWER_LIMIT
    websocket_method: str | None = None
    websocket_weight: int | None = None
    rows: tuple[tuple[str | int, ...], ...] = ()
    serves: tuple[Callable[..., Any], ...] = ()
    priority: Priority = attrs.field(default=attrs.Factory(_priority_of, takes_self=True))
    limit_rows: tuple[str | int, ...] = ()
    may_be_absent: bool = False
    note: str = ""
    name: EndpointName = attrs.field(init=False, repr=False)
    by_name: Mapping[str, Parameter] = attrs.field(init=False, repr=False)  #: parameters
    required: frozenset[str] = attrs.field(init=False, repr=False)
    local: frozenset[str] = attrs.field(init=False, repr=False)  #: names that are never sent
    secret: frozenset[str] = attrs.field(init=False, repr=False)
    is_write: bool = attrs.field(init=False, repr=False)  #: whether a lost answer matters
    encode: Encode = attrs.field(init=False, repr=False)  #: makes path, query and body of parameters
    content_type: str | None = attrs.field(init=False, repr=False)  #: of its body, None without one
    reads_first: bool = attrs.field(init=False, repr=False)  #: whether something is read within its turn
    check_echo: Check | None = attrs.field(init=False, repr=False)  #: None where it repeats nothing
    #: the names of the parameters that have a role
    _roles: Mapping[Role, tuple[str, ...]] = attrs.field(init=False, repr=False)
    _served: tuple[str, ...] = attrs.field(init=False, repr=False)
    #: made when it is called first: few endpoints are reached over a WebSocket API
    _check_values: CheckValues | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        served = tuple(method.__name__ for method in self.serves)
        object.__setattr__(self, "name", EndpointName.of(self.verb, self.path, self.action))
        if reason := _contradiction(self, served) or request_fault(self):
            raise ValueError(f"{self}: {reason}")
        by_name = {parameter.name: parameter for parameter in self.parameters}
        if len(by_name) != len(self.parameters):
            raise ValueError(f"{self}: a parameter is declared twice")
        if self.effect is Effect.SET and not isinstance(self.decode, Changing):
            raise TypeError(f"{self}: an endpoint whose effect is SET decodes with Changing(...)")
        if self.no_change_is_read and self.readback is None:
            raise ValueError(f"{self}: it has no readback that could agree with its no_change")
        if self.reads_present and self.readback is None:
            raise ValueError(f"{self}: it has no readback that could read its present value")
        if not isinstance(self.weight, int) and self.weight_most <= 0:
            raise ValueError(f"{self}: a weight that depends on parameters needs weight_most")
        if self.write_scope is WriteScope.SYMBOL and not any(p.role is Role.SYMBOL for p in self.parameters):
            raise ValueError(f"{self}: its write scope is a symbol, but no parameter has the role SYMBOL")
        object.__setattr__(self, "by_name", by_name)
        object.__setattr__(self, "is_write", self.effect not in {Effect.READ, Effect.SESSION})
        is_read = self.reads_present or self.before is not None or self.completion is not None
        object.__setattr__(self, "reads_first", is_read)
        left_out = frozenset() if self.completion is None else self.completion.names
        for flag in ("required", "local", "secret"):
            names = frozenset(p.name for p in self.parameters if getattr(p, flag))
            object.__setattr__(self, flag, names - left_out if flag == "required" else names)
        echoes = self.echoes if isinstance(self.echoes, tuple) else (self.echoes,)
        if unknown := {name for each in echoes for name in each.names} - by_name.keys():
            raise ValueError(f"{self}: it echoes parameters that it does not have: {sorted(unknown)}")
        within = "answer" if isinstance(self.decode, Changing) else None
        object.__setattr__(self, "check_echo", check_of(echoes, within=within, ids=self.client_ids_of))
        roles: dict[Role, tuple[str, ...]] = {}
        for parameter in self.parameters:
            if parameter.role is not None:
                roles[parameter.role] = (*roles.get(parameter.role, ()), parameter.name)
        object.__setattr__(self, "_roles", roles)
        object.__setattr__(self, "_served", served)
        object.__setattr__(self, "encode", encoder_of(self))
        object.__setattr__(self, "content_type", content_type_of(self.encoding))

    def check_values(self, parameters: Mapping[str, Any]) -> dict[str, CheckedValue]:
        """
        Return the checked values of the parameters that are sent, as a WebSocket API takes them.

        Raises:
            ValueError: for parameters that the declaration refuses.
        """
        check = self._check_values
        if check is None:
            check = checker_of(self)
            object.__setattr__(self, "_check_values", check)
        return check(parameters)

    def as_undeclared(self) -> Endpoint[T]:
        """Return the endpoint as one that the venue does not declare: its own statements are not believed."""
        return attrs.evolve(self, effect=Effect.DELTA, area=None, priority=Priority.RISK)

    def __str__(self) -> str:
        return str(self.name)

    def __repr__(self) -> str:
        return f"<Endpoint {self}>"

    @property
    def operation(self) -> str:
        """Its name in errors: the method under way that it serves, else the first one, else verb and path."""
        return self.operation_in(CALLED.get())

    def operation_in(self, called: Iterable[str]) -> str:
        """Return its operation while the methods ``called`` are under way."""
        names = self._served
        for name in called:
            if name in names:
                return name
        return names[0] if names else str(self)

    def name_of(self, role: Role) -> str | None:
        """Return the name of the first parameter that has a role, None when none has."""
        names = self._roles.get(role)
        return None if names is None else names[0]

    def value_of(self, role: Role, parameters: Mapping[str, Any]) -> Any:
        """Return the caller's value for a role, None when there is none."""
        names = self._roles.get(role)
        return None if names is None else parameters.get(names[0])

    def values_of(self, role: Role, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return everything the caller handed in for a role that several parameters have."""
        return tuple([parameters[name] for name in self._roles.get(role, ()) if name in parameters])

    def symbols_of(self, parameters: Mapping[str, Any]) -> Collection[str]:
        """Return the symbols that a request touches; none when it touches every one."""
        return self.symbols(parameters) if self.symbols else self.values_of(Role.SYMBOL, parameters)

    def client_ids_of(self, parameters: Mapping[str, Any]) -> Collection[str]:
        """Return the client ids that travel with a request."""
        return self.client_ids(parameters) if self.client_ids else self.values_of(Role.CLIENT_ID, parameters)

    def orders_of(self, parameters: Mapping[str, Any]) -> Collection[OrderName]:
        """Return the orders that a request names; one of no name when it names none."""
        if self.orders:
            return self.orders(parameters)
        named = (self.value_of(role, parameters) for role in (Role.SYMBOL, Role.ORDER_ID, Role.CLIENT_ID))
        return (OrderName(*(None if value is None else str(value) for value in named)),)

    def priority_of(self, parameters: Mapping[str, Any], chosen: Priority | None = None) -> Priority:
        """Return the priority of a request; ``chosen`` is the caller's. A write that can only reduce risk is URGENT."""
        priority = chosen or self.priority
        if priority is not Priority.RISK or self.reduces is None:
            return priority
        try:
            return Priority.URGENT if self.reduces(parameters) else priority
        except (ArithmeticError, LookupError, TypeError, ValueError):  # a list does not hold what the venue documents
            return priority

    def cost(self, parameters: Mapping[str, Any]) -> int:
        """Return the weight of a call with these parameters."""
        return self.weight if isinstance(self.weight, int) else self.weight(parameters)
