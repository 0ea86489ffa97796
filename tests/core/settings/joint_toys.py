"""
Two venues beside the toy venue, of which it is all but the writes of leverage.

``joint_toy`` sets leverage and margin type of a contract by one write. ``scoped_toy`` has a leverage for each margin
type and side of a contract.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import attrs

import venuekit
from venuekit import Guard
from venuekit.capabilities import (
    AccountMode,
    AccountModeReader,
    AccountModeSetting,
    LeverageBehaviour,
    LeverageControl,
    LeverageReader,
    LeverageScope,
    LeverageSetting,
    MarginType,
    Setting,
    SettingsReader,
)
from venuekit.clock import Clock
from venuekit.parts.settings import JointLens, RowSettings, SettingsDraft, SymbolLens
from venuekit.plugin import (
    Call,
    Changing,
    Echoes,
    Effect,
    Endpoint,
    Kind,
    Parameter,
    Role,
    Venue,
    WriteScope,
    payload_decoder,
)
from venuekit.simulator import Denied, Handler, SimRequest, Simulation, Visit, json_response
from venuekit_toy_perp.account import ToyPerpAccount
from venuekit_toy_perp.endpoints import TOY, ToyEndpoints, state_of
from venuekit_toy_perp.payloads import SettingsRow
from venuekit_toy_perp.settings import ToySettings
from venuekit_toy_perp.simulated import SimulatedToy
from venuekit_toy_perp.venue import TOY_PERP

_POOLS = {"weight": None}
_CONTRACT = Parameter("contract", required=True, role=Role.SYMBOL, pattern="[A-Z0-9]{3,20}")
_MARGIN = Parameter("margin", required=True, choices=frozenset({"cross", "isolated"}))
_LEVERAGE = Parameter("leverage", Kind.DECIMAL, required=True, role=Role.LEVERAGE, minimum=Decimal(1))


async def _find_settings(call: Call, contract: str) -> SettingsRow:
    (row,) = await call(TOY.SETTINGS, contract=contract)
    return row


@attrs.frozen
class TermsRow:
    """The answer to ``PUT /v1/terms``."""

    contract: str
    margin: str
    leverage: Decimal


@attrs.frozen
class ScopedRow:
    """A row of ``GET /v1/leverages``."""

    contract: str
    margin: str
    side: str
    leverage: Decimal


# -- one write of both

_JOINT = JointLens(find_row=_find_settings, state=state_of, symbol="contract", margin_type="margin")


class JointEndpoints(ToyEndpoints):
    """The endpoints of the toy venue, of which one write sets leverage and margin type."""

    SYMBOL_LENS: Any = _JOINT
    SET_LEVERAGE: Any = Endpoint(
        "PUT",
        "/v1/terms",
        decode=Changing(payload_decoder(TermsRow)),
        echoes=Echoes({"contract": "contract", "leverage": "leverage", "margin": "margin"}),
        parameters=(_CONTRACT, _MARGIN, _LEVERAGE),
        pools=_POOLS,
        **_JOINT.write,
    )
    SET_MARGIN_TYPE: Any = SET_LEVERAGE


JOINT = JointEndpoints()


class JointAccount(ToyPerpAccount):
    """An account of it."""

    __slots__ = ()

    endpoints = JOINT


class SimulatedJoint(SimulatedToy):
    """The toy venue, whose one write sets leverage and margin type, and accepts what holds already."""

    rules = attrs.evolve(SimulatedToy.rules, no_change_refused=frozenset())

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        shared = {one: handler for one, handler in super().handlers().items() if one in set(JOINT)}
        return {**shared, JOINT.SET_LEVERAGE: _set_terms}


def _set_terms(request: SimRequest, visit: Visit) -> object:
    symbol, margin, leverage = request.text("contract"), request.text("margin"), request.text("leverage")
    if symbol is None or margin is None or leverage is None:
        raise Denied(json_response({"error": {"code": 1006, "message": "a parameter is missing"}}, 400))
    visit.ledger.set_margin_type(MarginType(margin), symbol)
    visit.ledger.set_leverage(symbol, Decimal(leverage))
    return {"contract": symbol, "margin": margin, "leverage": Decimal(leverage)}


# -- a leverage for each margin type and side


async def find_scoped(call: Call, contract: str) -> tuple[SettingsRow, tuple[ScopedRow, ...]]:
    """Read the settings of a contract and all its leverages."""
    row = await _find_settings(call, contract)
    return row, await call(ScopedEndpoints.LEVERAGES, contract=contract)


def scoped_state(rows: tuple[SettingsRow, tuple[ScopedRow, ...]]) -> RowSettings:
    """Return the settings that both show."""
    row, scoped = rows
    by = {(one.margin, one.side): one.leverage for one in scoped if one.contract == row.contract}
    leverages = tuple(
        LeverageSetting(row.contract, by[margin, "long"], by[margin, "short"], margin_type=MarginType(margin))
        for margin in ("cross", "isolated")
    )
    plain = state_of(row)
    return RowSettings(row.contract, plain.margin_type, position=plain.position, matters=True, leverages=leverages)


_SCOPED = SymbolLens(
    find_row=find_scoped,
    state=scoped_state,
    symbol="contract",
    margin_type="margin",
    side="side",
    per_margin_type=True,
)


class ScopedEndpoints(ToyEndpoints):
    """The endpoints of the toy venue, whose leverage is that of a margin type and side."""

    LEVERAGES = Endpoint(
        "GET",
        "/v1/leverages",
        decode=payload_decoder(tuple[ScopedRow, ...], within=("leverages",)),
        parameters=(Parameter("contract", role=Role.SYMBOL),),
        pools=_POOLS,
        serves=(LeverageReader.get_leverage, SettingsReader.get_settings),
    )
    SYMBOL_LENS: Any = _SCOPED
    SET_LEVERAGE: Any = Endpoint(
        "PUT",
        "/v1/leverage",
        decode=Changing(payload_decoder(ScopedRow)),
        echoes=Echoes({"contract": "contract", "leverage": "leverage", "margin": "margin", "side": "side"}),
        parameters=(
            _CONTRACT,
            _MARGIN,
            Parameter("side", required=True, choices=frozenset({"long", "short"})),
            _LEVERAGE,
        ),
        pools=_POOLS,
        effect=Effect.SET,
        write_scope=WriteScope.SYMBOL,
        sets=frozenset({Setting.LEVERAGE}),
        readback=_SCOPED.leverage_readback(),
        serves=(LeverageControl.set_leverage,),
    )


SCOPED = ScopedEndpoints()


class ScopedSettings(ToySettings):
    """The settings of the toy venue, with every leverage."""

    async def read_settings(self, draft: SettingsDraft, symbols: Collection[str]) -> None:
        """Add a row of every contract."""
        rows, leverages = await draft.read(SCOPED.SETTINGS), await draft.read(SCOPED.LEVERAGES)
        draft.add((scoped_state((row, leverages)) for row in rows), symbols)
        draft.set(open_positions=sum(row.size != 0 for row in rows))


class ScopedAccount(ToyPerpAccount):
    """An account of it."""

    __slots__ = ()

    endpoints = SCOPED
    settings_source = ScopedSettings()


class SimulatedScoped(SimulatedToy):
    """The toy venue, which keeps a leverage for each margin type and side."""

    book = SCOPED

    def __init__(self) -> None:
        self.leverages = {
            (one.symbol, margin, side): Decimal(10)
            for one in self.contracts
            for margin in ("cross", "isolated")
            for side in ("long", "short")
        }

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        shared = {one: handler for one, handler in super().handlers().items() if one in set(self.book)}
        return {**shared, self.book.SET_LEVERAGE: self.set_leverage, self.book.LEVERAGES: self._leverages}

    def set_leverage(self, request: SimRequest, visit: Visit) -> object:
        """Set the leverage of a margin type and side."""
        contract, margin, side, leverage = (request.text(name) for name in ("contract", "margin", "side", "leverage"))
        key = visit.ledger.contract(contract or "").symbol, margin or "", side or ""
        self.leverages[key] = Decimal(leverage or 0)
        return self._row(key)

    def _leverages(self, request: SimRequest, visit: Visit) -> object:
        contract = request.text("contract")
        return {"leverages": [self._row(key) for key in self.leverages if contract in {None, key[0]}]}

    def _row(self, key: tuple[str, str, str]) -> object:
        return {**dict(zip(("contract", "margin", "side"), key, strict=True)), "leverage": self.leverages[key]}


# -- an account mode


@attrs.frozen
class ModeRow:
    """The answer to ``GET /v1/mode``."""

    mode: str


class ModeEndpoints(ToyEndpoints):
    """The endpoints of the toy venue, and the read of the account mode."""

    MODE = Endpoint(
        "GET",
        "/v1/mode",
        decode=payload_decoder(ModeRow),
        weight=3,
        pools=_POOLS,
        serves=(AccountModeReader.get_account_mode,),
    )


MODES = ModeEndpoints()
NOT_REACHED = "a portfolio margin account is not reached here"


class ModeAccount(ToyPerpAccount, AccountModeReader):
    """An account whose mode decides whether its settings are reached."""

    __slots__ = ()

    endpoints = MODES

    async def get_account_mode(self) -> AccountModeSetting:
        """Return the mode, by one read."""
        row = await self.call(MODES.MODE)
        mode = AccountMode(row.mode)
        settings = (Setting.LEVERAGE, Setting.MARGIN_TYPE) if mode is AccountMode.PORTFOLIO_MARGIN else ()
        return AccountModeSetting(mode, word=row.mode.upper(), unavailable=dict.fromkeys(settings, NOT_REACHED))


class SimulatedMode(SimulatedToy):
    """The toy venue, which refuses to show the settings of a portfolio margin account."""

    mode = "classic"

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        handlers = super().handlers()
        settings = handlers[MODES.SETTINGS]

        def refuse(request: SimRequest, visit: Visit) -> object:
            if self.mode == "portfolio_margin":
                raise Denied(json_response({"error": {"code": 1001, "message": "the key is not known"}}, 401))
            return settings(request, visit)

        return {**handlers, MODES.SETTINGS: refuse, MODES.MODE: lambda *_: {"mode": self.mode}}


# -- the venues


def toy_venue(
    identifier: str, book: ToyEndpoints, account: type, simulated: Callable[[], Any], **scope: Any
) -> Venue[Any]:
    behaviours = tuple(one for one in TOY_PERP.behaviours if not isinstance(one, LeverageBehaviour))
    leverage = LeverageBehaviour(minimum=Decimal(1), step=Decimal(1), **scope)
    changes: dict[str, Any] = {
        "id": identifier,
        "account": account,
        "endpoints": tuple(book),
        "simulated": simulated,
        "behaviours": (*behaviours, leverage),
    }
    return attrs.evolve(TOY_PERP, **changes)


EVERY_SCOPE = frozenset({LeverageScope.SYMBOL, LeverageScope.SIDE, LeverageScope.MARGIN_TYPE})
JOINT_TOY = toy_venue("joint_toy", JOINT, JointAccount, SimulatedJoint)
MODE_TOY = toy_venue("mode_toy", MODES, ModeAccount, SimulatedMode)
SCOPED_TOY = toy_venue("scoped_toy", SCOPED, ScopedAccount, SimulatedScoped, scope=EVERY_SCOPE)


@attrs.frozen
class Stage:
    """A simulated venue, a runtime and an account of it."""

    sim: Simulation
    runtime: venuekit.Runtime
    account: Any
    venue: Venue[Any]

    def disturb(self, endpoint: Endpoint[Any], *steps: Any) -> None:
        """Script disturbances of an endpoint of the venue."""
        self.sim.disturb(self.venue.id, endpoint, *steps)

    def writes(self) -> list[dict[str, str]]:
        """Return the parameters of the writes that arrived."""
        sent = [dict(request.parameters) for request in self.sim.requests if request.verb == "PUT"]
        return [{name: value for name, value in one.items() if name not in {"time", "window"}} for one in sent]

    def reads(self) -> int:
        """Return the number of reads of settings that arrived."""
        return sum(request.path == TOY.SETTINGS.path for request in self.sim.requests)


@asynccontextmanager
async def staged(
    venue: Venue[Any],
    *,
    clock: Clock | None = None,
    guard: Guard | None = None,
    journal: Any = False,
    scenario: str = "holding",
) -> AsyncIterator[Stage]:
    """Open an account of one of the venues."""
    async with (
        Simulation([venue], scenario=scenario, seed=0, clock=clock) as sim,
        venuekit.Runtime(journal=journal, clock=clock) as runtime,
        venuekit.connect(venue, sim.credentials(venue.id), runtime=runtime, guard=guard) as account,
    ):
        sim.requests.clear()
        yield Stage(sim, runtime, account, venue)
