"""First reads of an account that is opened: the venue's clock, and the venue's name for the account."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from venuekit import errors
from venuekit._util.texts import warn
from venuekit.capabilities import Identity, IdentityReader
from venuekit.clock import ClockWarning

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.pipeline.owner import Owner


async def measure_clock(account: Account) -> None:
    """
    Measure the clock of a venue for the first time.

    One whose time cannot be read is warned of, and can still be read; one that cannot be reached, or shuts this
    address out, is not opened.
    """
    try:
        await account.sync_clock()
    except (errors.NeverSent, errors.CertificateRejected, errors.Banned):
        raise
    except errors.OperationError as error:
        words = (
            f"{account.venue.id}: the venue's clock could not be measured, and our own is used until it can be"
            f" ({account.venue.server_time}: {error}). Requests may be refused because of their time, and of a write"
            " whose answer is lost no absence is proven"
        )
        warnings.warn(words, ClockWarning, stacklevel=3)


async def read_identity(account: Account, owner: Owner) -> Identity | None:
    """
    Return the venue's name for an account, None where it cannot be asked.

    A name never changes: where the venue does not answer, the one that an earlier process was given is kept.
    """
    if not account.support(IdentityReader):
        return None
    try:
        return await IdentityReader.of(account).get_identity()
    except (errors.TransportError, errors.Throttled, errors.Unavailable, errors.Overloaded) as error:
        if not owner.accounts:
            raise
        warn(f"{error}; the account is opened as {owner.name}, as an earlier process knew it")
        return None
