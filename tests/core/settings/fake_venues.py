"""The declarations of the two venues in memory, and the rules that block their settings."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.core.settings.fake_accounts import (
    HELD,
    ISOLATED_NEEDS_SINGLE,
    LOWER,
    MODE_HELD,
    MODE_RESTING,
    ONE_WAY_ONLY,
    POOL_NEEDS_CROSS,
    POOL_RESTING,
    RESTING,
    AcmeAccount,
    GlobexAccount,
)

from venuekit.capabilities import (
    AssetMode,
    AssetModeControl,
    LeverageBehaviour,
    LeverageControl,
    LeverageScope,
    MarginType,
    MarginTypeBehaviour,
    MarginTypeControl,
    MarginTypeScope,
    PositionModeBehaviour,
    PositionModeControl,
    PositionModeScope,
    Setting,
)
from venuekit.endpoint import Changing, Effect, Endpoint
from venuekit.faults import FaultTable
from venuekit.venue import BlockedBy, Blocker, BlockerScope, Coupling, Environment, EnvironmentName, Venue


def _setter(path: str, weight: int, method: Callable[..., Any]) -> Endpoint[Any]:
    return Endpoint("POST", path, decode=Changing(bytes), effect=Effect.SET, weight=weight, serves=(method,))


_ENDPOINTS = (
    _setter("/leverage", 1, LeverageControl.set_leverage),
    _setter("/margin-type", 2, MarginTypeControl.set_margin_type),
    _setter("/position-mode", 3, PositionModeControl.set_position_mode),
    _setter("/asset-mode", 4, AssetModeControl.set_asset_mode),
    Endpoint("GET", "/leverage", decode=bytes, serves=(LeverageControl.get_leverage,)),
)


def _venue(identifier: str, account: type, **declared: Any) -> Venue[Any]:
    return Venue(
        id=identifier,
        title=identifier.title(),
        account=account,
        environments=(Environment(name=EnvironmentName.LIVE, rest="https://api.example"),),
        limits=(),
        signing=None,  # type: ignore[arg-type]
        answers=None,  # type: ignore[arg-type]
        faults=FaultTable(()),
        server_time=_ENDPOINTS[-1],
        endpoints=_ENDPOINTS,
        **declared,
    )


def acme(identifier: str = "acme_perp", shared_with: tuple[str, ...] = (), *, sides: bool = False) -> Venue[Any]:
    """Margin type per symbol; the modes depend on it."""
    scope = {LeverageScope.SYMBOL, LeverageScope.SIDE} if sides else {LeverageScope.SYMBOL}
    limits: dict[str, Any] = {"minimum": Decimal(1), "maximum": Decimal(125), "step": Decimal(1)}
    symbol, realm, account = BlockerScope.SYMBOL, BlockerScope.REALM, BlockerScope.ACCOUNT
    return _venue(
        identifier,
        AcmeAccount,
        realm="acme",
        behaviours=(
            LeverageBehaviour(scope=frozenset(scope), moves_margin=True, **limits),
            MarginTypeBehaviour(scope=MarginTypeScope.SYMBOL),
            PositionModeBehaviour(scope=PositionModeScope.ACCOUNT, shared_with=shared_with),
        ),
        couplings=(
            Coupling(Setting.ASSET_MODE, AssetMode.MULTI, Setting.MARGIN_TYPE, MarginType.CROSS, POOL_NEEDS_CROSS),
            Coupling(
                Setting.MARGIN_TYPE, MarginType.ISOLATED, Setting.ASSET_MODE, AssetMode.SINGLE, ISOLATED_NEEDS_SINGLE
            ),
        ),
        blockers=(
            Blocker(Setting.MARGIN_TYPE, BlockedBy.ORDERS, symbol, RESTING),
            Blocker(Setting.MARGIN_TYPE, BlockedBy.POSITION, symbol, HELD),
            Blocker(Setting.POSITION_MODE, BlockedBy.ORDERS, realm, MODE_RESTING),
            Blocker(Setting.POSITION_MODE, BlockedBy.POSITION, realm, MODE_HELD),
            Blocker(Setting.ASSET_MODE, BlockedBy.ORDERS, account, POOL_RESTING),
            Blocker(Setting.LEVERAGE, BlockedBy.LOWER_LEVERAGE, symbol, LOWER),
        ),
    )


def globex() -> Venue[Any]:
    """One margin type for the account; one-way only; no asset mode."""
    return _venue(
        "globex_inverse",
        GlobexAccount,
        behaviours=(
            LeverageBehaviour(minimum=Decimal(1)),
            MarginTypeBehaviour(scope=MarginTypeScope.ACCOUNT, touches="spot margin and options"),
        ),
        blockers=(Blocker(Setting.LEVERAGE, BlockedBy.LOWER_LEVERAGE, BlockerScope.SYMBOL, LOWER),),
        unsupported={PositionModeControl: ONE_WAY_ONLY, AssetModeControl: "There is no asset mode."},
    )
