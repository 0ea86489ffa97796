"""Accounts of one's own: names, the money that each begins with, and the kinds of their keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import attrs

from venuekit._util.texts import did_you_mean
from venuekit.key_kinds import KeyKind, list_kinds
from venuekit.simulator.fields import Field, FieldError, FieldKind, Number
from venuekit.simulator.ledger import Ledger
from venuekit.venue import Venue

#: amounts by asset; of one venue alone where they are below its id
Money: TypeAlias = Mapping[str, Number | Mapping[str, Number]]
#: the kind of all keys, or the kinds of accounts by name or number; the keys of the others are HMAC
KeyKinds: TypeAlias = KeyKind | str | Mapping[str, KeyKind | str]

_KIND = Field("keys", FieldKind.TEXT, "The kind of the keys.", choices=tuple(KeyKind))
_AMOUNT = Field("amount", FieldKind.NUMBER, "An amount.")


@attrs.frozen
class Deposit:
    """
    An amount that an account begins with, in the wallets of a venue, or of every venue where ``venue_id`` is None.

    ``field`` names it in errors.
    """

    asset: str
    amount: Decimal
    venue_id: str | None
    field: str

    def purses(self, venues: Mapping[str, Collection[str]], ledger: Ledger) -> list[str]:
        """Return the purses that it goes to, of a ledger and the purses of its venues by id."""
        found = {row.purse for row in ledger.balances() if row.asset == self.asset}
        wanted = [purse for venue_id, own in venues.items() if self.venue_id in {None, venue_id} for purse in own]
        return [purse for purse in dict.fromkeys(wanted) if purse in found]


def read_accounts(accounts: Mapping[str, Money], venue_ids: Collection[str]) -> dict[str, tuple[Deposit, ...]]:
    """
    Return the deposits of each account, by its name.

    Raises:
        FieldError: a name is empty or a number, an amount is not above 0, or a venue is not simulated; the field names
            it, as ``accounts.a.USDT``.
    """
    read: dict[str, tuple[Deposit, ...]] = {}
    for name, money in accounts.items():
        if not name or name.isdigit():
            raise FieldError("expected a name that is no number", f"accounts.{name}")
        read[name] = tuple(_read_money(f"accounts.{name}", money, venue_ids))
    return read


def _read_money(field: str, money: Money, venue_ids: Collection[str]) -> Iterator[Deposit]:
    for key, value in money.items():
        if not isinstance(value, Mapping):
            yield _read_deposit(f"{field}.{key}", key, value, None)
        elif key in venue_ids:
            yield from (_read_deposit(f"{field}.{key}.{asset}", asset, one, key) for asset, one in value.items())
        else:
            others = did_you_mean(key, venue_ids) or f"; there are {', '.join(venue_ids)}"
            raise FieldError(
                f"expected an amount, or the id of a simulated venue with amounts{others}", f"{field}.{key}"
            )


def _read_deposit(field: str, asset: str, value: object, venue_id: str | None) -> Deposit:
    try:
        amount: Decimal = _AMOUNT.read(value)
    except FieldError as error:
        raise FieldError(error.problem, field) from error
    if amount <= 0:
        raise FieldError(f"expected a number above 0, not {amount:f}", field)
    return Deposit(asset, amount, venue_id, field)


def read_key_kinds(kinds: KeyKinds, accounts: Collection[str], venues: Iterable[Venue[Any]]) -> dict[str, KeyKind]:
    """
    Return the kind of the keys of each account.

    Raises:
        FieldError: there is no such account or kind, or a venue does not take the kind; the field names it, as
            ``keys.a``.
    """
    by_account = kinds if isinstance(kinds, Mapping) else dict.fromkeys(accounts, kinds)
    read = dict.fromkeys(accounts, KeyKind.HMAC)
    for account, given in by_account.items():
        field = f"keys.{account}" if isinstance(kinds, Mapping) else "keys"
        if account not in read:
            others = did_you_mean(account, accounts) or f"; there are {', '.join(accounts)}"
            raise FieldError(f"there is no account {account!r}{others}", field)
        try:
            read[account] = kind = KeyKind(_KIND.read(given))
        except FieldError as error:
            raise FieldError(error.problem, field) from error
        _check_taken(kind, venues, field)
    return read


def _check_taken(kind: KeyKind, venues: Iterable[Venue[Any]], field: str) -> None:
    """Refuse a kind that a venue does not take; the keys of HMAC stand for those of a venue of another form, too."""
    refusing = [venue for venue in venues if kind is not KeyKind.HMAC and kind not in venue.key_kinds]
    if refusing:
        takes = ", ".join(f"{venue.id} takes {list_kinds(venue.key_kinds)} keys" for venue in refusing)
        mend = f"choose another kind, or leave {'it' if len(refusing) == 1 else 'them'} out"
        raise FieldError(f"expected a kind that every simulated venue takes, not {kind.value}; {takes}: {mend}", field)
