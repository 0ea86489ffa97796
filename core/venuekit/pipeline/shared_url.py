"""Shared URL: the address of a store of budgets, and the rule for the time when it cannot be reached."""

from __future__ import annotations

import enum
import os
import re
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import attrs

from venuekit._util.texts import did_you_mean
from venuekit.credentials import Secret
from venuekit.errors import ConfigurationError

#: the environment variable that names the store
VARIABLE = "VENUEKIT_BUDGET"
#: the schemes, each with whether the connection is encrypted; both servers speak the same language
_ENCRYPTED = {"redis": False, "rediss": True, "valkey": False, "valkeys": True, "unix": False}
_OPTIONS = ("lost", "share", "start", "prefix", "db")
_FORMS = "redis://[user:password@]host[:port][/db], rediss:// for TLS, valkey://, or unix:///path/to/socket"
_PORT = 6379
_PREFIX = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class WhenLost(enum.StrEnum):
    """What happens to requests while the store cannot be reached."""

    REFUSE = "refuse"  #: nothing is sent
    SHARE = "share"  #: each process spends its share of each pool


class AfterStart(enum.StrEnum):
    """The use of pools whose server was started, or took over from another one, and may not know all payments."""

    WAIT = "wait"  #: a pool is full until all that may be forgotten is over
    OPEN = "open"  #: a pool has what the server knows of; for one that forgets nothing, or is started first


@attrs.frozen(kw_only=True)
class StoreAddress:
    """
    Where a store is, and the rule for the time when it cannot be reached.

    Attributes:
        host: Name or address of the server, ``""`` where it is reached by a socket of this machine.
        port: Its port; 0 with ``path``.
        path: The path of its socket, None where it is reached by host and port.
        database: The number of its database.
        is_encrypted: Whether the connection is TLS, verified by the certificates that the machine trusts.
        user: The name it is asked under, None for its default one.
        password: The password, None where it wants none.
        when_lost: The rule.
        share: The share of each pool that this process may spend by that rule, above 0 and at most 1.
        after_start: The rule for pools of a server that was started; the same for all processes.
        prefix: The first word of each of its keys; stores of another prefix have nothing in common.
    """

    host: str = ""
    port: int = 0
    path: str | None = None
    database: int = 0
    is_encrypted: bool = False
    user: str | None = None
    password: Secret | None = attrs.field(default=None, repr=False)
    when_lost: WhenLost = WhenLost.REFUSE
    share: float = 0.0
    after_start: AfterStart = AfterStart.WAIT
    prefix: str = "venuekit"

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rediss' if self.is_encrypted else 'redis'}://{host}:{self.port}"


def chosen_store(chosen: str | Secret | None) -> StoreAddress | None:
    """
    Return the store that was chosen, else the one that ``VENUEKIT_BUDGET`` names; None when there is neither.

    Raises:
        ConfigurationError: it is no URL of a store.
    """
    if chosen is not None:
        return parse_store(chosen, named="budget")
    named = Secret(os.environ.get(VARIABLE, "").strip())
    return parse_store(named) if named else None


def parse_store(url: str | Secret, *, named: str = VARIABLE) -> StoreAddress:
    """
    Return the store that a URL such as ``redis://127.0.0.1:6379/0?lost=share&share=0.25`` names.

    Args:
        url: The URL; it may hold a password.
        named: Who said it, for the error.

    Raises:
        ConfigurationError: it is no such URL, or an option of it is wrong; the text repeats no password.
    """
    url = Secret(url) if isinstance(url, str) else url  # no frame of a traceback has its password
    if "#" in url.reveal():
        _refuse(named, "a store has no part after '#'; write '#' in a password as %23")
    if _ends_early(url):
        _refuse(named, "write '/', '?' and '@' in a password as %2F, %3F and %40")
    parts, user, password = _split(url)
    if parts is None:
        _refuse(named, f"expected {_FORMS}")
    if not parts.scheme:
        _refuse(named, "it names no kind of store", _FORMS)
    if parts.scheme not in _ENCRYPTED:
        _refuse(named, f"{parts.scheme!r} is no kind of store{did_you_mean(parts.scheme, _ENCRYPTED)}", _FORMS)
    options = _options(parts, named)
    when_lost, share = _rule_of(options, named)
    after_start = options.get("start", AfterStart.WAIT)
    if after_start not in set(AfterStart):
        _refuse(named, f"start={after_start!r}: expected wait or open")
    prefix = options.get("prefix", "venuekit")
    if not _PREFIX.fullmatch(prefix):
        _refuse(named, "prefix= takes up to 64 letters, digits and _ . -")
    host, port, path, database = _place_of(parts, options, named)
    return StoreAddress(
        host=host,
        port=port,
        path=path,
        database=database,
        is_encrypted=_ENCRYPTED[parts.scheme],
        user=user,
        password=password,
        when_lost=when_lost,
        share=share,
        after_start=AfterStart(after_start),
        prefix=prefix,
    )


def _ends_early(url: Secret) -> bool:
    """Say whether the host seems to end within a password, of which the rest would be taken for a path or an option."""
    scheme, _, rest = url.reveal().partition("://")
    return scheme != "unix" and "@" in rest.replace("?", "/").partition("/")[2]


def _split(url: Secret) -> tuple[SplitResult | None, str | None, Secret | None]:
    """Return the URL without user and password, then those; it raises nothing: its frame has them."""
    try:
        parts = urlsplit(url.reveal().strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None, None, None
    user = unquote(parts.username) if parts.username else None
    password = Secret(unquote(parts.password)) if parts.password else None
    netloc = (f"[{host}]" if ":" in host else host) + ("" if port is None else f":{port}")
    return parts._replace(netloc=netloc), user, password


def _options(parts: SplitResult, named: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in _OPTIONS:
            _refuse(named, f"a store has no option {name!r}{did_you_mean(name, _OPTIONS)}", ", ".join(_OPTIONS))
        if name in options:
            _refuse(named, f"option {name!r} is given twice")
        options[name] = value
    return options


def _rule_of(options: dict[str, str], named: str) -> tuple[WhenLost, float]:
    """Return the rule for the time when the store is lost, and the share, 0.0 where there is none."""
    lost, share = options.get("lost", WhenLost.REFUSE), options.get("share")
    if lost not in set(WhenLost):
        _refuse(named, f"lost={lost!r}: expected refuse, or share with share=")
    if lost == WhenLost.REFUSE:
        if share is not None:
            _refuse(named, "share= is for lost=share alone")
        return WhenLost.REFUSE, 0.0
    try:
        amount = float(share or "")
    except ValueError:
        amount = 0.0
    if not 0.0 < amount <= 1.0:
        _refuse(
            named,
            f"lost=share needs share= with the part of each pool that a process may spend alone, above 0 and at most 1"
            f"{'' if share is None else f'; {share!r} is none'}",
        )
    return WhenLost.SHARE, amount


def _place_of(parts: SplitResult, options: dict[str, str], named: str) -> tuple[str, int, str | None, int]:
    """Return host, port, path of a socket and number of the database."""
    if parts.scheme == "unix":
        if parts.netloc or len(parts.path) < 2:
            _refuse(named, "expected the path of a socket with three slashes: unix:///path/to/socket")
        return "", 0, unquote(parts.path), _number(options.get("db", "0"), named)
    if "db" in options:
        _refuse(named, "db= is for unix:// alone; elsewhere the number follows the host: redis://host:6379/0")
    if parts.port == 0:
        _refuse(named, "0 is no port of a server; leave it out for 6379")
    if not parts.hostname:
        _refuse(named, f"no host is named; expected {_FORMS}")
    return parts.hostname, parts.port or _PORT, None, _number(parts.path.strip("/") or "0", named)


def _number(text: str, named: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        _refuse(named, f"{text!r} is no number of a database")
    return int(text)


def _refuse(named: str, fault: str, expected: str = "") -> NoReturn:
    raise ConfigurationError(f"{named}: {fault}{f'; expected {expected}' if expected else ''}")
