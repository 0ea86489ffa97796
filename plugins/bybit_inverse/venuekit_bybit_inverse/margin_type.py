"""Margin type: one for the whole unified account."""

from __future__ import annotations

from venuekit.capabilities import MarginType, MarginTypeBehaviour, MarginTypeControl, MarginTypeSetting
from venuekit.plugin import Account, Conflict, Outcome
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.payloads import MarginMode

__all__ = ["BybitMarginType"]


class BybitMarginType(Account, MarginTypeControl):
    """Read and set the account's margin mode; it also touches linear contracts, options and spot margin."""

    __slots__ = ()

    async def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:  # noqa: ARG002 (one for all)
        """Return the account's margin type; it is that of every symbol."""
        mode = (await self.call(BYBIT.ACCOUNT_INFO)).margin_mode
        return MarginTypeSetting(None, mode.margin_type)

    async def set_margin_type(
        self, symbol: str | None, margin_type: MarginType, *, account_wide: bool = False
    ) -> MarginTypeSetting:
        """Set the margin type of the whole account; reads it first and sends nothing when it is so already."""
        if not account_wide:
            touched = self.behaviour(MarginTypeBehaviour).touches
            words = f"the margin type is the account's and would change {touched}: say account_wide=True to mean that"
            raise self.refuse(words, operation="set_margin_type", subject=symbol)
        if margin_type not in {MarginType.CROSS, MarginType.ISOLATED}:
            words = f"only cross and isolated can be set, not {margin_type}"
            raise self.refuse(words, operation="set_margin_type", subject=symbol)
        margin_type = MarginType(margin_type)
        present = await self.get_margin_type()
        if present.margin_type is margin_type:
            # The venue does not document its answer to setting the present mode again.
            return MarginTypeSetting(None, margin_type, changed=False)
        if self.differs_from_expected(present.margin_type):
            words = f"{present.margin_type} holds, not what the change was planned from"
            raise Conflict(words, venue=self.venue.id, operation="set_margin_type", outcome=Outcome.NOT_SENT)
        return await self.call_as(
            lambda change: MarginTypeSetting(None, margin_type, changed=change.changed),
            BYBIT.SET_MARGIN_TYPE,
            setMarginMode=MarginMode.of(margin_type).value,
        )
