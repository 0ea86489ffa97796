"""Target files: the desired settings in TOML, read strictly."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs

from venuekit._util.texts import did_you_mean
from venuekit._util.toml_lines import KeyPath, key_lines, syntax_error
from venuekit.errors import TargetFileError
from venuekit.settings.target import Target
from venuekit.settings.target_check import check_target
from venuekit.settings.target_tables import Problems, read_tables

if TYPE_CHECKING:
    from venuekit.settings.plans import UnknownSymbol
    from venuekit.venue import Venue


@attrs.frozen
class TargetFile:
    """A target as written: every key is known and has the right type; it is not checked against venues yet."""

    source: str
    target: Target
    lines: Mapping[KeyPath, int] = attrs.field(repr=False)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts of the file, in its order."""
        return tuple(self.target.accounts)

    @property
    def declared_venues(self) -> Mapping[str, str]:
        """Account name to venue id, for the accounts whose table names one."""
        return {name: account.venue for name, account in self.target.accounts.items() if account.venue is not None}

    def only(self, names: Collection[str]) -> Self:
        """
        Return the file with these accounts alone.

        Raises:
            TargetFileError: the file does not have one of them.
        """
        for name in names:
            if name not in self.target.accounts:
                hint = did_you_mean(name, self.target.accounts)
                raise TargetFileError(f"{self.source}:1: accounts.{name}: no such account in this file{hint}")
        chosen = set(names)
        accounts = {name: account for name, account in self.target.accounts.items() if name in chosen}
        return attrs.evolve(self, target=Target(accounts))

    def check(self, venues: Mapping[str, Venue[Any]]) -> Target:
        """
        Return the target, checked against its venues' declarations.

        Args:
            venues: The venue of each account, by the account's name.

        Raises:
            TargetFileError: an account without a venue, or a setting that its venue cannot have; every problem with
                its line.
        """
        problems = Problems(self.source, self.lines)
        check_target(self.target, venues, problems)
        problems.raise_any()
        return self.target

    def check_symbols(self, unknown: Iterable[UnknownSymbol]) -> None:
        """
        Raise the symbols that a plan found to be unknown.

        Raises:
            TargetFileError: some are unknown; each with its line and the venue's words.
        """
        problems = Problems(self.source, self.lines)
        for symbol in unknown:
            problems.add(symbol.path, symbol.reason)
        problems.raise_any()


def read_target(path: Path) -> TargetFile:
    """
    Read a target file.

    Raises:
        TargetFileError: it cannot be read, is not TOML, or has an unknown key or value; every problem with its line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")  # some editors write a byte order mark
    except OSError as error:
        raise TargetFileError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise TargetFileError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start})") from error
    return parse_target(text, str(path))


def parse_target(text: str, source: str = "settings.toml") -> TargetFile:
    """
    Read a target from TOML text; ``source`` is its name in problems.

    Raises:
        TargetFileError: it is not TOML, or has an unknown key or value; every problem with its line.
    """
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise TargetFileError(_broken(text, source, error)) from error
    lines = key_lines(text)
    problems = Problems(source, lines)
    target = read_tables(tables, problems)
    problems.raise_any()
    if not target.accounts:
        raise TargetFileError(f"{source}:1: accounts: expected at least one table such as [accounts.main]")
    return TargetFile(source, target, lines)


def _broken(text: str, source: str, error: tomllib.TOMLDecodeError) -> str:
    line, message = syntax_error(error)
    return f"{source}:{line or max(1, len(text.splitlines()))}: not TOML: {message}"
