"""The API key: what it may do."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime

import attrs

from venuekit.capabilities._capability import Capability

__all__ = ["ApiKey", "ApiKeyReader"]


@attrs.frozen
class ApiKey:
    """
    What a key may do; the key itself is not in here.

    ``permissions`` are the venue's own words as ``group.permission``; ``ips`` is empty when it works from anywhere.
    ``expires_at`` is None when it does not expire. ``may_withdraw`` is the one to look at first.
    """

    permissions: frozenset[str]
    read_only: bool
    ips: tuple[str, ...]
    expires_at: datetime | None
    is_master: bool | None
    may_withdraw: bool


class ApiKeyReader(Capability):
    """Read what the key may do."""

    __slots__ = ()

    @abstractmethod
    async def get_api_key(self) -> ApiKey:
        """Return what the key may do; one that may withdraw also raises a ``UserWarning``."""
