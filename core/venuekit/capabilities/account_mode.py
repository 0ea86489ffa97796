"""The mode of an account as a whole: how a venue computes its margin, and the settings that this makes unavailable."""

from __future__ import annotations

import enum
from abc import abstractmethod
from collections.abc import Mapping

import attrs

from venuekit.capabilities._capability import Capability
from venuekit.capabilities.enums import Setting


class AccountMode(enum.StrEnum):
    """
    The kind of account that a venue keeps.

    CLASSIC has a wallet of its own for each product; UNIFIED has one wallet behind several products; PORTFOLIO_MARGIN
    is an account of its own at the venue whose margin is that of the whole portfolio. A unified account that can switch
    to portfolio margin by a setting stays UNIFIED, and its ``margin_model`` says so.
    """

    CLASSIC = "classic"
    UNIFIED = "unified"
    PORTFOLIO_MARGIN = "portfolio_margin"


@attrs.frozen
class AccountModeSetting:
    """
    An account mode that holds. It is changed at the venue, never through its API here.

    ``mode`` is None where the venue's answers do not decide; then ``reason`` lists their possible meanings. ``word``
    is the venue's own name for the mode and ``margin_model`` its name for how margin is computed, None where it says
    none. ``unavailable`` holds the settings that cannot be written while the mode holds, each with its reason in one
    sentence. ``reason`` says how the mode was found out where that took more than one answer, else it is None.
    """

    mode: AccountMode | None
    word: str | None = None
    margin_model: str | None = None
    unavailable: Mapping[Setting, str] = attrs.field(factory=dict)
    reason: str | None = None


class AccountModeReader(Capability):
    """Read the account mode."""

    __slots__ = ()

    @abstractmethod
    async def get_account_mode(self) -> AccountModeSetting:
        """
        Return the mode that holds.

        Raises:
            OperationError: the account's own host gave no answer, or a refusal that says nothing of modes.
        """
