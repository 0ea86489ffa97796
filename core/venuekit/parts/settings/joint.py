"""Joint settings: leverage and margin type of a symbol that one write sets; the half that is not named stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

import attrs

from venuekit.capabilities import JointSetting, LeverageControl, MarginType, MarginTypeControl, Setting
from venuekit.endpoint import Effect, WriteScope
from venuekit.errors import InvalidArgument
from venuekit.parts.settings.lens import RowSettings, SymbolLens
from venuekit.resolution import Call, Completed, Completion, Lost, Readback, Reading

R = TypeVar("R")


def _as_named(_: JointSetting) -> Mapping[str, Any]:
    return {}


@attrs.frozen(kw_only=True)
class JointLens(SymbolLens[R]):
    """
    How a symbol's leverage and margin type are read, and how the one write that sets both spells them.

    The endpoint of the write takes the details of :attr:`write`, serves both setters, and has both names in the book::

        SET_LEVERAGE = Endpoint("POST", "/leverage", ..., **LENS.write)
        SET_MARGIN_TYPE = SET_LEVERAGE

    ``leverage`` and ``margin_type`` are names of parameters, which may be ``local`` where the venue spells them in
    another way: ``spell`` then returns the parameters that it takes, and ``spelled`` are their names. ``read_spelled``
    is the reverse of ``spell``, for calls of the endpoint itself, which know the venue's parameters alone; without it
    such a call names the local ones. ``leverage_under`` are the margin types that have a leverage.
    """

    spell: Callable[[JointSetting], Mapping[str, Any]] = _as_named
    spelled: tuple[str, ...] = ()
    read_spelled: Callable[[Mapping[str, Any]], JointSetting] | None = None
    leverage_under: frozenset[MarginType] = frozenset({MarginType.CROSS, MarginType.ISOLATED})
    is_joint: ClassVar[bool] = True

    @property
    def write(self) -> dict[str, Any]:
        """The details of an endpoint that sets both, as keyword arguments of its declaration."""
        return {
            "effect": Effect.SET,
            "write_scope": WriteScope.SYMBOL,
            "sets": frozenset({Setting.LEVERAGE, Setting.MARGIN_TYPE}),
            "completion": self.completion,
            "readback": self.joint_readback(),
            "serves": (LeverageControl.set_leverage, MarginTypeControl.set_margin_type),
        }

    @property
    def completion(self) -> Completion:
        """The completion of the write, for its endpoint."""
        side = () if self.side is None else (self.side,)
        return Completion(frozenset({self.margin_type, *self.leverage, *side, *self.spelled}), self._complete)

    async def _complete(self, call: Call, parameters: Mapping[str, Any]) -> Completed:
        margin_type, leverage = self.margin_type_named(parameters), parameters.get(self.leverage[0])
        if margin_type is None and leverage is None:
            if self.read_spelled is not None and all(name in parameters for name in self.spelled):
                return Completed(self._whole(parameters, self.read_spelled(parameters)))
            raise InvalidArgument("it sets leverage and margin type: name one of them, or both")
        if margin_type is not None and leverage is not None:
            return Completed(self._whole(parameters, JointSetting(margin_type, Decimal(leverage))))
        state = await self.read(call, parameters[self.symbol])
        held, side = self.margin_type_of(state), self.sides_of(parameters)[0]
        present = JointSetting(held, self.leverage_of(state, held, side))
        if margin_type is None:
            wanted = JointSetting(held, None if leverage is None else Decimal(leverage))
            return Completed(self._whole(parameters, wanted), present, present.leverage)
        stays = self.leverage_of(state, margin_type, side) if margin_type in self.leverage_under else None
        return Completed(self._whole(parameters, JointSetting(margin_type, stays)), present, held)

    def _whole(self, parameters: Mapping[str, Any], wanted: JointSetting) -> Mapping[str, Any]:
        """Return all parameters of the write."""
        margin_type, leverage = wanted.margin_type, wanted.leverage
        if margin_type not in self.leverage_under and leverage is not None:
            under = " or ".join(sorted(self.leverage_under))
            words = f"leverage can be set under {under} only, and the margin type is {margin_type}: name both"
            raise InvalidArgument(words)
        if margin_type in self.leverage_under and leverage is None:
            raise InvalidArgument(f"no leverage under {margin_type} can be read, which would stay: name both")
        whole = {**parameters, self.margin_type: self.margin_words[margin_type], **self.spell(wanted)}
        if leverage is not None:
            whole.update(dict.fromkeys(self.leverage, leverage))
        if self.side is not None:
            whole[self.side] = self.side_words[self.sides_of(parameters)[0]]
        return whole

    def joint_readback(self, answer: Callable[[RowSettings], Any] | None = None) -> Readback:
        """
        Return the read-back of the write; its value is a :class:`~venuekit.capabilities.JointSetting`.

        ``answer`` undoes ``answered``; None where an answer does not repeat the settings.
        """

        async def read(call: Call, lost: Lost) -> Reading[Any]:
            state = await self.read(call, lost.parameters[self.symbol])
            held, wanted = state.margin_type, self.margin_type_named(lost.parameters)
            sides = self.sides_of(lost.parameters)
            leverages = [None if held is None else self.leverage_of(state, held, side) for side in sides]
            named = lost.parameters.get(self.leverage[0])  # None under a margin type that has no leverage
            return Reading(
                value=None if held is None else JointSetting(held, leverages[0]),
                holds=held is wanted and (named is None or all(one == Decimal(named) for one in leverages)),
                answer=None if answer is None else answer(state),
            )

        return read
