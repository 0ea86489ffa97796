"""Expansion: the symbols that the rules of an account match, and upper bounds as the leverages that they lead to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal

import attrs

from venuekit._util.texts import did_you_mean, nearest
from venuekit._util.toml_lines import KeyPath
from venuekit.capabilities import (
    InstrumentReader,
    LeverageScope,
    PositionSide,
    SettingsSnapshot,
    SymbolSettings,
)
from venuekit.errors import ConfigurationError, VenuekitError
from venuekit.settings.controls import has_leverage_per
from venuekit.settings.plans import UnmatchedPattern
from venuekit.settings.rules import expand, find_unmatched, matches, only, trades
from venuekit.settings.target import AccountTarget, LeverageTarget, SymbolTarget
from venuekit.settings.target_accounts import TargetAccount, margin_type_of


async def read_listed(account: TargetAccount) -> Mapping[str, bool]:
    """
    Return every symbol that the venue lists, and whether it trades; nothing where no rule has to be matched.

    Raises:
        OperationError: instruments cannot be read.
    """
    if not any(entry.rules for entry in account.entries.values()):
        return {}
    instruments = await InstrumentReader.of(account.open_account).get_instruments()
    return {one.symbol: trades(one) for one in instruments}


async def read_names(account: TargetAccount, listed: Mapping[str, bool]) -> Collection[str]:
    """Return the symbols that the venue lists, to suggest one of them; none where they cannot be read."""
    if not listed and account.open_account.support(InstrumentReader):
        with contextlib.suppress(VenuekitError):
            return [one.symbol for one in await InstrumentReader.of(account.open_account).get_instruments()]
    return listed


def expand_account(
    account: TargetAccount, listed: Mapping[str, bool], patterns: Collection[str], snapshot: SettingsSnapshot | None
) -> TargetAccount:
    """
    Return an account with the settings of every symbol that its rules match, of those that ``patterns`` match.

    A rule about symbols with a position matches none without a snapshot. With one, it also matches those whose row
    could not be read, which are then refused; and an upper bound is the present leverage where that is lower.
    """
    held = () if snapshot is None else _symbols_with_position(snapshot)
    return _each(account, lambda entry: _bound(only(expand(entry, listed, held), patterns), account, snapshot))


def _each(account: TargetAccount, change: Callable[[AccountTarget], AccountTarget]) -> TargetAccount:
    return attrs.evolve(account, entries={name: change(entry) for name, entry in account.entries.items()})


def _symbols_with_position(snapshot: SettingsSnapshot) -> frozenset[str]:
    odd = (symbol for symbol in snapshot.odd if symbol is not None)
    return frozenset((*(row.symbol for row in snapshot.symbols if row.position), *odd))


def _bound(entry: AccountTarget, account: TargetAccount, snapshot: SettingsSnapshot | None) -> AccountTarget:
    """Replace the upper bounds of leverages, but for those of symbols whose present leverage is not known."""
    if snapshot is None:
        return entry
    rows = {symbol: _bound_row(entry, symbol, account, snapshot.symbol(symbol)) for symbol in entry.symbols}
    return attrs.evolve(entry, symbols=rows)


def _bound_row(entry: AccountTarget, symbol: str, account: TargetAccount, row: SymbolSettings | None) -> SymbolTarget:
    target = entry.symbols[symbol]
    if row is None or not any(one.at_most for one in (target.leverage, *target.leverages) if one is not None):
        return target
    leverage = None if target.leverage is None else _lower(target.leverage, entry, account, row)
    return attrs.evolve(
        target, leverage=leverage, leverages=tuple(_lower(one, entry, account, row) for one in target.leverages)
    )


def _lower(
    leverage: LeverageTarget, entry: AccountTarget, account: TargetAccount, row: SymbolSettings
) -> LeverageTarget:
    """Return the lower one of an upper bound and the present leverage; the bound itself where that is not known."""
    if not leverage.at_most or leverage.long is None:
        return leverage
    margin_type = leverage.margin_type
    if margin_type is None and has_leverage_per(account.venue, LeverageScope.MARGIN_TYPE):
        margin_type = margin_type_of(entry, row.symbol)
    present: list[Decimal | None] = [row.leverage(side=PositionSide.LONG, margin_type=margin_type)]
    if has_leverage_per(account.venue, LeverageScope.SIDE):
        present.append(row.leverage(side=PositionSide.SHORT, margin_type=margin_type))
    known = [min(leverage.long, value) for value in present if value is not None]
    if len(known) < len(present):
        return leverage
    return attrs.evolve(leverage, long=known[0], short=known[-1], at_most=False)


@attrs.define
class Seen:
    """The symbols and rules of the accounts that were read, to find the names and patterns that match nothing."""

    #: the names that each pattern of a rule was matched against and did not match, by its key and text
    misses: dict[tuple[KeyPath, str], set[str]] = attrs.field(factory=dict)
    hits: set[tuple[KeyPath, str]] = attrs.field(factory=set)
    symbols: set[str] = attrs.field(factory=set)
    #: the rules of accounts that could not be read, which nothing is said of
    untold: set[KeyPath] = attrs.field(factory=set)

    def add(self, account: TargetAccount, listed: Mapping[str, bool], symbols: Iterable[str]) -> None:
        """Add an account with its rules, and the symbols that its target is about."""
        self.symbols.update(symbols)
        for rule in (rule for entry in account.entries.values() for rule in entry.rules):
            missed = [((*rule.path, key), text) for key, text in find_unmatched(rule, listed)]
            texts = (("symbols", rule.symbols), ("except", rule.excluded))
            self.hits.update({((*rule.path, key), text) for key, named in texts for text in named}.difference(missed))
            for one in missed:
                self.misses.setdefault(one, set()).update(listed)

    def add_unread(self, account: TargetAccount) -> None:
        """Add an account that could not be read."""
        self.untold.update(rule.path for entry in account.entries.values() for rule in entry.rules)

    def find_unmatched(self) -> Iterator[UnmatchedPattern]:
        """Yield the names and patterns that match no symbol of any account."""
        for (path, text), names in self.misses.items():
            if (path, text) not in self.hits and path[:-1] not in self.untold:
                yield UnmatchedPattern(path, text, nearest(text, names))

    def check(self, patterns: Collection[str]) -> None:
        """
        Check that each of some patterns matches a symbol of the target.

        Raises:
            ConfigurationError: one of them matches none.
        """
        for text in patterns:
            if not any(matches(text, symbol) for symbol in self.symbols):
                hint = did_you_mean(text, self.symbols)
                raise ConfigurationError(f"no symbol of the target matches {text!r}{hint}")
