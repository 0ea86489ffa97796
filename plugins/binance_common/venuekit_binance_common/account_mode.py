"""The account mode: whether an account is a portfolio margin one, which these products' settings do not reach."""

from __future__ import annotations

from typing import ClassVar, Protocol

import attrs

from venuekit.capabilities import AccountMode, AccountModeReader, AccountModeSetting, Setting
from venuekit.plugin import (
    Account,
    AuthenticationFailed,
    Endpoint,
    OperationError,
    TransportError,
    UnsupportedCapability,
    VenueError,
    payload_decoder,
)
from venuekit_binance_common.payloads import PositionModeRow
from venuekit_binance_common.venue import PORTFOLIO_MARGIN, PORTFOLIO_WEIGHT

#: the one code for a key that is unknown, not allowed here, or of a portfolio margin account
UNAUTHORIZED = -2015
#: its possible meanings
KEY_OR_REACH = (
    "the key is unknown or belongs to another environment or product, this address is not on its list, it lacks the"
    " permission (futures, reading or trading), or the account is a portfolio margin account, whose modes these"
    " endpoints do not reach"
)
_NOT_REACHED = (
    "a portfolio margin account has its settings behind the portfolio margin API (papi), and the endpoints of this"
    " product refuse them (-2015)"
)
_SETTINGS = (Setting.POSITION_MODE, Setting.ASSET_MODE, Setting.MARGIN_TYPE, Setting.LEVERAGE)


@attrs.frozen
class PortfolioAccountRow:
    """Answer of ``GET /papi/v1/account``; ``status`` is the venue's word for its health, ``NORMAL`` usually."""

    status: str | None = None


PORTFOLIO_ACCOUNT: Endpoint[PortfolioAccountRow] = Endpoint(
    "GET",
    "/papi/v1/account",
    host=PORTFOLIO_MARGIN,
    decode=payload_decoder(PortfolioAccountRow, renames={PortfolioAccountRow: {"status": "accountStatus"}}),
    weight=20,
    pools={PORTFOLIO_WEIGHT: None},
    serves=(AccountModeReader.get_account_mode,),
    note="Read after a -2015 only: it answers portfolio margin accounts alone.",
)


class AccountModeEndpoints(Protocol):
    """The read of a setting, which refuses portfolio margin accounts, and the read that answers them alone."""

    POSITION_MODE: Endpoint[PositionModeRow]
    PORTFOLIO_ACCOUNT: Endpoint[PortfolioAccountRow]


class BinanceAccountMode(Account, AccountModeReader):
    """The venue has no read of the mode: a setting that is refused, and the other API that answers, show it."""

    __slots__ = ()

    endpoints: ClassVar[AccountModeEndpoints]

    async def get_account_mode(self) -> AccountModeSetting:
        """
        Return CLASSIC where the position mode can be read, by one read of weight 30.

        Where it is refused with -2015, one read of the portfolio margin host decides; None where that refuses, too, or
        cannot be reached.
        """
        try:
            await self.call(self.endpoints.POSITION_MODE)
        except AuthenticationFailed as refusal:
            if refusal.code != UNAUTHORIZED:
                raise
        else:
            return AccountModeSetting(AccountMode.CLASSIC)
        refused = f"{self.endpoints.POSITION_MODE} is refused with {UNAUTHORIZED}"
        try:
            await self.call(self.endpoints.PORTFOLIO_ACCOUNT)
        except (VenueError, TransportError, UnsupportedCapability) as failure:
            words = f"{refused} and {self.endpoints.PORTFOLIO_ACCOUNT} does not decide ({_words_of(failure)})"
            return AccountModeSetting(None, reason=f"{words}: {KEY_OR_REACH}")
        return AccountModeSetting(
            AccountMode.PORTFOLIO_MARGIN,
            word="Portfolio Margin",
            margin_model="uniMMR",
            unavailable=dict.fromkeys(_SETTINGS, _NOT_REACHED),
            reason=f"{refused} and {self.endpoints.PORTFOLIO_ACCOUNT} answers",
        )


def _words_of(failure: OperationError) -> str:
    return failure.message if failure.code is None else f"{failure.code} {failure.message}"
