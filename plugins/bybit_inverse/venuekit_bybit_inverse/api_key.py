"""The API key and its permissions."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime

from venuekit.capabilities import ApiKey, ApiKeyReader
from venuekit.plugin import Account, PayloadMismatch
from venuekit_bybit_inverse.endpoints import BYBIT

_ANYWHERE = "*"
_WITHDRAW = "Wallet.Withdraw"


class BybitApiKey(Account, ApiKeyReader):
    """Read permissions, addresses and the end of the key; the key itself is not kept."""

    __slots__ = ()

    async def get_api_key(self) -> ApiKey:
        """Return the key's permissions; only keys without an address of their own expire."""
        row = await self.call(BYBIT.KEY_INFO)
        permissions = frozenset(f"{group}.{name}" for group, names in row.permissions.items() for name in names)
        ips = tuple(address for address in row.ips if address != _ANYWHERE)
        may_withdraw = _WITHDRAW in permissions
        if may_withdraw:
            warnings.warn("this API key may withdraw; trading does not need that", UserWarning, stacklevel=2)
        return ApiKey(
            permissions=permissions,
            read_only=row.read_only,
            ips=ips,
            expires_at=None if ips else _moment(row.expired_at),
            is_master=row.is_master,
            may_withdraw=may_withdraw,
        )


def _moment(text: str | None) -> datetime | None:
    """Return a time in ISO 8601; 1970 says "never"."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PayloadMismatch(f"expiredAt: expected a time in ISO 8601, got {text!r}") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if moment.timestamp() > 0 else None
