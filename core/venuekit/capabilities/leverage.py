"""Leverage: the ratio of position value to the margin it binds; and the brackets (risk tiers) that limit it by size."""

from __future__ import annotations

import enum
from abc import abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities._capability import Capability
from venuekit.capabilities.enums import PositionSide, Unit
from venuekit.capabilities.modes import MarginType


class LeverageScope(enum.StrEnum):
    """The unit that has a leverage of its own, within the account."""

    SYMBOL = "symbol"
    SIDE = "side"  #: of a symbol, long and short
    MARGIN_TYPE = "margin_type"  #: of a symbol, cross and isolated


@attrs.frozen
class LeverageBehaviour:
    """
    How leverage behaves on a venue.

    ``minimum``, ``maximum`` and ``step`` are None where the venue does not fix them for every symbol (brackets or
    the instrument do). ``moves_margin`` says that a change moves the margin of an open position at once.
    ``margin_types`` are those under which a leverage can be set.
    """

    scope: frozenset[LeverageScope] = frozenset({LeverageScope.SYMBOL})
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    step: Decimal | None = None
    moves_margin: bool = False
    margin_types: frozenset[MarginType] = frozenset({MarginType.CROSS, MarginType.ISOLATED})


@attrs.frozen
class LeverageSetting:
    """
    The leverage that holds for a symbol.

    ``long`` and ``short`` are equal unless the scope has SIDE; None in portfolio margin. ``max_position`` is the
    largest position the venue allows at this leverage, counted in ``max_position_unit``; None when it did not say.
    ``changed`` as in :class:`~venuekit.capabilities.MarginTypeSetting`. ``margin_type`` is the one that the leverage
    belongs to; None where a symbol has one leverage whatever its margin type.
    """

    symbol: str
    long: Decimal | None
    short: Decimal | None
    max_position: Decimal | None = None
    max_position_unit: Unit | None = None
    changed: bool | None = None
    margin_type: MarginType | None = None


@attrs.frozen
class JointSetting:
    """
    Margin type and leverage of a symbol, where one write sets both.

    A call that names both expects one (``with_options(expected=...)``); one that names a half expects that half.
    ``leverage`` is None where the symbol has none under that margin type.
    """

    margin_type: MarginType
    leverage: Decimal | None

    def __str__(self) -> str:
        return self.margin_type.value if self.leverage is None else f"{self.margin_type.value} at {self.leverage:f}"


class LeverageReader(Capability):
    """Read the leverage of a symbol, flat or not."""

    __slots__ = ()

    @abstractmethod
    async def get_leverage(self, symbol: str, *, margin_type: MarginType | None = None) -> LeverageSetting:
        """
        Return the leverage that holds for ``symbol``.

        Where each margin type has a leverage of its own, ``margin_type`` names one; left out, it is the one that holds
        for the symbol.

        Raises:
            InvalidArgument: ``margin_type`` is given, and a symbol has one leverage here; nothing was sent.
            InvalidRequest: the venue does not know the symbol.
        """


class LeverageControl(LeverageReader):
    """Set the leverage of a symbol."""

    __slots__ = ()

    @abstractmethod
    async def set_leverage(
        self,
        symbol: str,
        leverage: int | Decimal,
        *,
        side: PositionSide | None = None,
        margin_type: MarginType | None = None,
    ) -> LeverageSetting:
        """
        Change the leverage and return the value the venue now applies; setting the present value again succeeds.

        ``side`` and ``margin_type`` are for venues whose scope has them, and name one of several leverages. Where one
        write sets leverage and margin type, ``margin_type`` sets both at once; left out, the margin type is read right
        before and stays.

        Raises:
            InvalidArgument: not a number the venue can take (a bool, float or text never is), or an argument
                outside the venue's scope; nothing was sent.
            Rejected: the bracket, the position or the margin does not allow it.
            OutcomeUnknown: the answer was lost and could not be found out.
            Conflict: another actor changed it at the same time.
        """


@quick_init
@attrs.frozen
class Bracket:
    """
    One tier of one symbol (or of one pair, on endpoints that only know pairs).

    It holds for position values in [``floor``, ``cap``), counted in ``unit``. Maintenance margin is
    ``value * maintenance_margin_rate - deduction``. ``initial_margin_rate`` is 1 / ``max_leverage`` where the venue
    does not print it. ``coefficient`` is the venue's multiplier of the caps for this account, None when it gave none;
    whether the caps already contain it is not documented, so nothing here is multiplied by it.
    """

    symbol: str | None
    pair: str | None
    tier: int
    floor: Decimal
    cap: Decimal
    unit: Unit
    max_leverage: Decimal
    initial_margin_rate: Decimal | None
    maintenance_margin_rate: Decimal
    deduction: Decimal | None
    coefficient: Decimal | None = None
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)


class BracketReader(Capability):
    """Read brackets."""

    __slots__ = ()

    @abstractmethod
    async def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """
        Return one flat tuple, ordered by symbol (or pair), then tier.

        Raises:
            InvalidArgument: a filter this venue does not have; nothing was sent.
            InvalidRequest: the venue does not know the symbol or pair.
        """


class RiskLimitForm(enum.StrEnum):
    """How a risk limit is asked for."""

    ID = "id"  #: by the number of a tier, ``Bracket.tier``
    AMOUNT = "amount"  #: by the largest position value, in the settle asset


@attrs.frozen
class RiskLimitBehaviour:
    """The ``form`` in which a venue takes risk limits; with ``sides``, long and short have one each."""

    form: RiskLimitForm
    sides: bool = False


@attrs.frozen
class RiskLimitSetting:
    """
    The risk limit that holds for a symbol, or for one side of it.

    ``risk_id`` is the number of the tier, ``cap`` the largest position value in the settle asset; None where the venue
    did not say. ``changed`` as in :class:`~venuekit.capabilities.MarginTypeSetting`.
    """

    symbol: str
    risk_id: int | None = None
    cap: Decimal | None = None
    side: PositionSide | None = None
    changed: bool | None = None


class RiskLimitControl(Capability):
    """Set the risk limit of a symbol."""

    __slots__ = ()

    @abstractmethod
    async def set_risk_limit(
        self,
        symbol: str,
        *,
        risk_id: int | None = None,
        amount: Decimal | None = None,
        side: PositionSide | None = None,
    ) -> RiskLimitSetting:
        """
        Set the risk limit and return the one that holds now; setting the present one again succeeds.

        Exactly one of ``risk_id`` and ``amount`` (settle asset, > 0) is given, by the venue's
        :class:`RiskLimitBehaviour`; ``side`` is LONG or SHORT where each has its own, and None elsewhere.

        Raises:
            InvalidArgument: the arguments do not fit the behaviour; nothing was sent.
            Rejected: the position is larger, or the venue forbids it.
            OutcomeUnknown: the answer was lost and could not be found out.
        """
