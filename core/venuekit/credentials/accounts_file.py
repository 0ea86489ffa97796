"""The accounts file: accounts with references to their secrets and limits on their operations."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from venuekit._util.texts import did_you_mean, nearest, without_frames
from venuekit._util.toml_lines import KeyPath, key_lines, key_text, line_of, syntax_error, toml_type
from venuekit.credential_fields import ACCOUNT_KEYS, CredentialsFault
from venuekit.credentials.credentials import Credentials
from venuekit.credentials.fields import account_fields, find_unfit_name, find_unfit_text, fingerprint
from venuekit.credentials.private_keys import PASSPHRASE
from venuekit.credentials.references import (
    LITERAL_REFUSED,
    check_owner,
    check_reference,
    is_reference,
    read_private,
    resolve_reference,
)
from venuekit.credentials.secret import Secret, declassify
from venuekit.errors import AccountsFileError, CredentialsError
from venuekit.message import TRANSPORTS
from venuekit.venue import EnvironmentName

if TYPE_CHECKING:
    from collections.abc import Callable

    from venuekit.plugins import Plugins
    from venuekit.venue import Venue

#: the environment variable that names the accounts file
ACCOUNTS_VARIABLE = "VENUEKIT_ACCOUNTS"
FILE_NAME = "accounts.toml"


@attrs.frozen(kw_only=True)
class AccountEntry:
    """
    One account of the file.

    ``key``, ``secret`` and ``pem_passphrase`` are references, never the secrets themselves. ``fields`` are the table's
    further keys, which the venue must declare (``Venue.credential_fields``): references, too, or plain texts where a
    field is no secret.
    ``symbols``, ``max_leverage``, ``max_notional``
    and ``max_position_notional`` (both in the quote asset) are the limits of the account's guard; None means no limit.
    ``rest`` is the simulator's URL, None elsewhere. ``transport`` is ``"rest"`` or ``"websocket"``.
    ``check_orders`` has orders looked at before they are sent.
    """

    name: str
    venue: str
    environment: EnvironmentName
    key: str = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)
    pem_passphrase: str | None = attrs.field(default=None, repr=False)
    fields: Mapping[str, str] = attrs.field(factory=dict, repr=False, hash=False)
    rest: str | None = None
    transport: str = "rest"
    read_only: bool = False
    check_orders: bool = False
    symbols: frozenset[str] | None = None
    max_leverage: Decimal | None = None
    max_notional: Decimal | None = None
    max_position_notional: Decimal | None = None
    #: the file that declares the account, for the text of errors
    source: str = attrs.field(default="", repr=False, eq=False)
    lines: Mapping[KeyPath, int] = attrs.field(factory=dict, repr=False, eq=False)
    #: the base of relative paths
    directory: Path = attrs.field(factory=Path, repr=False, eq=False)

    @property
    def where(self) -> str:
        """The account's position in the file: file, line and key."""
        return self.place()

    def place(self, *keys: str) -> str:
        """Return the position of a key in the account's table."""
        path = "accounts", self.name, *keys
        return f"{self.source}:{line_of(self.lines, path)}: {key_text(path)}"


@attrs.frozen
class AccountsFile:
    """A read accounts file; ``entries`` by name, in the order of the file, and ``rates`` of assets in USD."""

    path: Path
    entries: Mapping[str, AccountEntry]
    rates: Mapping[str, Decimal] = attrs.field(factory=dict)

    def entry(self, name: str) -> AccountEntry:
        """
        Return the account of this name.

        Raises:
            AccountsFileError: the file has no such account; the text names the existing ones.
        """
        if name not in self.entries:
            hint = did_you_mean(name, self.entries)
            raise AccountsFileError(f"{self.path}: no account {name!r}; it has {', '.join(self.entries)}{hint}")
        return self.entries[name]


def find_accounts_file(given: str | os.PathLike[str] | None = None) -> Path:
    """
    Return the accounts file: the given one, that of ``VENUEKIT_ACCOUNTS``, ``./accounts.toml``, or the user's.

    Raises:
        AccountsFileError: no such file exists; the text lists the paths tried.
    """
    import platformdirs

    if given is not None:
        return _existing(Path(given), "--accounts")
    named = os.environ.get(ACCOUNTS_VARIABLE)
    if named:
        return _existing(Path(named), ACCOUNTS_VARIABLE)
    paths = Path(FILE_NAME), platformdirs.user_config_path("venuekit") / FILE_NAME
    for path in paths:
        if path.exists():
            return path
    looked = " and ".join(str(path) for path in paths)
    raise AccountsFileError(f"no accounts file at {looked}; name one by --accounts FILE or {ACCOUNTS_VARIABLE}")


def _existing(path: Path, source: str) -> Path:
    path = path.expanduser()
    if not path.exists():
        raise AccountsFileError(f"{path}: no such file (named by {source})")
    return path


def load_accounts(given: str | os.PathLike[str] | None = None) -> AccountsFile:
    """
    Find and read the accounts file.

    Raises:
        AccountsFileError: the file is missing, other users can access it, or it has an invalid entry; the text has
            file, line, key and the expected value.
    """
    path = find_accounts_file(given)
    try:
        return _Reader(path, read_private(path)).read()
    except AccountsFileError as error:
        failure = without_frames(error)  # of the reader, whose variables hold a secret that was written as a literal
    raise failure


async def credentials(entry: AccountEntry, plugins: Plugins) -> Credentials:
    """
    Return the credentials of an account; its references are resolved in a worker thread.

    The venue is loaded, as only it knows which fields its credentials have.

    Raises:
        AccountsFileError: the table has a key that neither venuekit nor the venue knows, or lacks one that the venue
            needs; it asks for an environment or a WebSocket API that the venue does not have; or a reference cannot be
            resolved.
        CredentialsError: the credentials do not fit the environment, or have another form than the venue's.
        UnknownVenue, PluginError: there is no such venue, or it is broken.
    """
    venue = await plugins.load(entry.venue)
    found = await read_credentials(entry, venue, plugins)
    check_fitting(entry, venue, found, signs_elsewhere=plugins.is_answered("venuekit_make_signer"))
    return found


async def read_credentials(entry: AccountEntry, venue: Venue[Any], plugins: Plugins) -> Credentials:
    """
    Return the credentials of an account, as :func:`credentials` does, without a check of their form.

    Raises:
        AccountsFileError: as of :func:`credentials`.
        CredentialsError: the credentials do not fit the environment.
    """
    import asyncio

    if (fault := find_unfit_name(venue, entry.fields)) is not None:
        raise AccountsFileError(_at(entry, fault, _hint(fault, venue)))
    _check_environment(entry, venue)
    _check_transport(entry, venue)
    plain = {field.name for field in venue.credential_fields if not field.secret}

    for name in entry.fields:  # here, as no variable of these frames holds a text that may be the secret itself
        if name not in plain and not is_reference(entry.fields[name]):
            raise AccountsFileError(f"{entry.place(name)}: {LITERAL_REFUSED}")

    key = await asyncio.to_thread(_resolve, entry, plugins, "key")
    secret = await asyncio.to_thread(_resolve, entry, plugins, "secret")
    is_encrypted = entry.pem_passphrase is not None
    pem_passphrase = await asyncio.to_thread(_resolve, entry, plugins, PASSPHRASE) if is_encrypted else None
    fields = {name: await asyncio.to_thread(_resolve, entry, plugins, name) for name in entry.fields}
    for name in plain & fields.keys():
        declassify(fields[name])
    try:
        return Credentials(key, secret, entry.environment, entry.rest, fields=fields, pem_passphrase=pem_passphrase)
    except CredentialsError as error:
        raise CredentialsError(f"{entry.where}: {error}") from error


def _check_environment(entry: AccountEntry, venue: Venue[Any]) -> None:
    """
    Check that an account lives where its venue is.

    Raises:
        AccountsFileError: the venue has no such environment; the text lists those it has.
    """
    known = [one.name for one in venue.environments]
    if entry.environment not in (*known, EnvironmentName.SIM):  # a simulator is wherever its URL leads
        words = f"{venue.id} has no environment {entry.environment}; it has {', '.join(known)}"
        raise AccountsFileError(f"{entry.place('environment')}: {words}")


def _check_transport(entry: AccountEntry, venue: Venue[Any]) -> None:
    """
    Check that the carrier of an account's requests is one that its venue has.

    Raises:
        AccountsFileError: it has no WebSocket API, at all or in this environment.
    """
    without = {one.name for one in venue.environments if one.websocket_api is None}  # a simulator has the venue's
    if entry.transport != "rest" and (venue.socket_api is None or entry.environment in without):
        where = venue.id if venue.socket_api is None else f"{venue.id} {entry.environment}"
        mend = 'write transport = "rest", or leave the key out'
        raise AccountsFileError(f"{entry.place('transport')}: {where} has no WebSocket API; {mend}")


def check_fitting(entry: AccountEntry, venue: Venue[Any], found: Credentials, *, signs_elsewhere: bool) -> None:
    """
    Check the texts of an account by the declaration of its venue.

    With ``signs_elsewhere`` an operator's signer may keep the key in another place, and the secret is not checked.

    Raises:
        CredentialsError: a text has another form than the venue's, or the secret is no key that it takes.
    """
    if (fault := find_unfit_text(venue, found, signs_elsewhere=signs_elsewhere)) is not None:
        raise CredentialsError(_at(entry, fault))


def key_fingerprint(entry: AccountEntry, venue: Venue[Any], plugins: Plugins) -> str:
    """
    Return the fingerprint of an account's key and of the fields that name the account below it; may block.

    Its secret is not resolved, and no form is checked: the account need not be one that can be opened.

    Raises:
        AccountsFileError: a reference cannot be resolved.
    """
    below = {one.name for one in venue.credential_fields if one.names_account}
    fields = {name: _resolve(entry, plugins, name) for name in entry.fields if name in below}
    return fingerprint(_resolve(entry, plugins, "key"), account_fields(venue, fields))


def _resolve(entry: AccountEntry, plugins: Plugins, field: str) -> Secret:
    """Return the text of a field; errors name its place in the file, and hold no frame with the reference itself."""
    try:
        return _resolve_text(entry, plugins, entry.fields[field] if field in entry.fields else getattr(entry, field))
    except AccountsFileError as error:
        fault = str(error)
    raise AccountsFileError(f"{entry.place(field)}: {fault}")


def _resolve_text(entry: AccountEntry, plugins: Plugins, reference: str) -> Secret:
    if not is_reference(reference):
        return Secret(reference)  # of a field that is no secret
    if reference.startswith("command:"):
        check_owner(Path(entry.source))
    return resolve_reference(reference, others=plugins.resolve_secret, relative_to=entry.directory)


def _at(entry: AccountEntry, fault: CredentialsFault, hint: str = "") -> str:
    place = entry.where if fault.field is None else entry.place(fault.field)
    return f"{place}: {fault.words}{hint}"


def _hint(fault: CredentialsFault, venue: Venue[Any]) -> str:
    """Return the key of the accounts file that an unknown field may be meant to be."""
    is_near_own = nearest(fault.field or "", [field.name for field in venue.credential_fields]) is not None
    return "" if fault.field is None or is_near_own else did_you_mean(fault.field, ACCOUNT_KEYS)


class _Reader:
    """Reads one file; every error has file, line and key."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._lines = key_lines(text)
        self._directory = path.absolute().parent
        # the keys of an account's table, with their parsers
        self._fields: dict[str, Callable[[tuple[str, ...], Any], Any]] = {
            "venue": self._text_of,
            "environment": self._environment,
            "key": self._reference,
            "secret": self._reference,
            "pem_passphrase": self._reference,
            "rest": self._text_of,
            "transport": self._transport,
            "read_only": self._boolean,
            "check_orders": self._boolean,
            "symbols": self._symbols,
            "max_leverage": self._positive,
            "max_notional": self._positive,
            "max_position_notional": self._positive,
        }

    def read(self) -> AccountsFile:
        try:
            document = tomllib.loads(self._text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            line, message = syntax_error(error)
            raise AccountsFileError(f"{self._path}{f':{line}' if line else ''}: {message}") from None
        self._only_known((), document, ("accounts", "rates"))
        tables = self._table(("accounts",), document.get("accounts", {}))
        rates = self._table(("rates",), document.get("rates", {}))
        return AccountsFile(
            self._path,
            {name: self._entry(name, table) for name, table in tables.items()},
            {asset: self._positive(("rates", asset), rate) for asset, rate in rates.items()},
        )

    def _entry(self, name: str, value: Any) -> AccountEntry:
        path = "accounts", name
        table = self._table(path, value)
        further = self._further_fields(path, table)
        for needed in ("venue", "environment", "key", "secret"):
            if needed not in table:
                choices = f" ({' | '.join(EnvironmentName)})" if needed == "environment" else ""
                raise self._wrong(path, f"{needed} is required{choices}")
        fields = {key: self._fields[key]((*path, key), value) for key, value in table.items() if key not in further}
        if fields.get("rest") is not None and fields["environment"] is not EnvironmentName.SIM:
            raise self._wrong((*path, "rest"), "only the environment 'sim' takes a URL")
        if fields.get("rest") is None and fields["environment"] is EnvironmentName.SIM:
            raise self._wrong(path, "rest is required with the environment 'sim': the simulator's URL")
        source = str(self._path)
        return AccountEntry(
            name=name, fields=further, source=source, lines=self._lines, directory=self._directory, **fields
        )

    def _further_fields(self, path: tuple[str, ...], table: Mapping[str, Any]) -> dict[str, str]:
        """
        Return the keys that may be fields of the venue: texts whose names are unlike any key that is left out.

        Which fields the venue has is known when it is loaded, and then they are compared.
        """
        further: dict[str, str] = {}
        unused = self._fields.keys() - table.keys() - {PASSPHRASE}  # which is like many a venue's own passphrase
        for key, value in table.items():
            if key in self._fields:
                continue
            if not isinstance(value, str) or nearest(key, unused) is not None:
                hint = did_you_mean(key, unused) or "; a field of the venue is a text"
                raise self._wrong((*path, key), f"unknown key{hint}")
            further[key] = self._text_of((*path, key), value)
        return further

    def _where(self, path: tuple[str, ...]) -> str:
        return f"{self._path}:{line_of(self._lines, path)}: {key_text(path)}"

    def _wrong(self, path: tuple[str, ...], message: str) -> AccountsFileError:
        return AccountsFileError(f"{self._where(path)}: {message}")

    def _only_known(
        self, path: tuple[str, ...], table: Mapping[str, Any], allowed: Mapping[str, Any] | tuple[str, ...]
    ) -> None:
        for key in table:
            if key not in allowed:
                raise self._wrong((*path, key), f"unknown key{did_you_mean(key, allowed)}")

    def _table(self, path: tuple[str, ...], value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(path, f"expected a table, got {toml_type(value)}")
        return value

    def _text_of(self, path: tuple[str, ...], value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise self._wrong(path, f"expected a text, got {toml_type(value) if value != '' else 'an empty one'}")
        return value

    def _environment(self, path: tuple[str, ...], value: Any) -> EnvironmentName:
        return EnvironmentName(self._one_of(path, value, tuple(EnvironmentName)))

    def _reference(self, path: tuple[str, ...], value: Any) -> str:
        if not isinstance(value, str):
            raise self._wrong(path, f"expected a reference such as env:NAME, got {toml_type(value)}")
        try:
            check_reference(value)
        except AccountsFileError as error:
            raise self._wrong(path, str(error)) from None
        return value

    def _transport(self, path: tuple[str, ...], value: Any) -> str:
        return self._one_of(path, value, TRANSPORTS)

    def _one_of(self, path: tuple[str, ...], value: Any, words: Sequence[str]) -> str:
        if isinstance(value, str) and value in words:
            return value
        hint = did_you_mean(value, words) if isinstance(value, str) else f", got {toml_type(value)}"
        raise self._wrong(path, f"expected {' | '.join(words)}{hint}")

    def _boolean(self, path: tuple[str, ...], value: Any) -> bool:
        if not isinstance(value, bool):
            raise self._wrong(path, f"expected true or false, got {toml_type(value)}")
        return value

    def _symbols(self, path: tuple[str, ...], value: Any) -> frozenset[str]:
        if not isinstance(value, list) or not all(isinstance(symbol, str) and symbol for symbol in value):
            raise self._wrong(path, 'expected an array of symbols such as ["BTCUSD"]')
        return frozenset(value)

    def _positive(self, path: tuple[str, ...], value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self._wrong(path, f"expected a number, got {toml_type(value)}")
        if not (Decimal(value).is_finite() and value > 0):
            raise self._wrong(path, "expected a number above 0")
        return Decimal(value)
