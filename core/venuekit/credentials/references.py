"""
References: text such as ``env:MAIN_KEY`` that names the source of a secret, so that configurations hold no secrets.

``env:``, ``file:``, ``keyring:`` and ``command:`` are resolved here and never passed to a plugin; every other scheme is
a plugin's, through the hook ``venuekit_resolve_secret``. The text of a reference is never shown when it might be a
secret itself.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from venuekit._util.texts import did_you_mean
from venuekit.credentials.secret import Secret
from venuekit.errors import AccountsFileError

if TYPE_CHECKING:
    from collections.abc import Callable

_SCHEMES = ("env", "file", "keyring", "command")
_REFERENCE = re.compile(r"([a-z][a-z0-9+.-]*):(\S.*)")
#: names consist of words; a longer run of letters and digits is no name
_OPAQUE = re.compile(r"[A-Za-z0-9+=]{12,}")
_LONGEST_WORD = 24
LITERAL_REFUSED = "expected a reference such as env:NAME or file:PATH; a literal is refused"
_ANY_ACCESS_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_reference(reference: str) -> tuple[str, str]:
    """
    Return scheme and rest of a reference.

    Raises:
        AccountsFileError: the text is no reference and might be the secret itself; the error does not repeat it.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise AccountsFileError(LITERAL_REFUSED)
    return match[1], match[2]


def is_reference(text: str) -> bool:
    """Return whether a text has the form of a reference."""
    return _REFERENCE.fullmatch(text) is not None


def reference_scheme(text: str) -> str | None:
    """Return the scheme of a reference, such as ``env``; None of a text that is none."""
    match = _REFERENCE.fullmatch(text)
    return None if match is None else match[1]


def resolve_reference(
    reference: str, *, others: Callable[[str], Secret | None], relative_to: Path | None = None
) -> Secret:
    """
    Return the secret that a reference names; may block.

    Args:
        reference: ``env:NAME``, ``file:PATH``, ``keyring:SERVICE/NAME``, ``command:PROGRAM ARGUMENTS`` or a scheme of a
            plugin.
        others: Called for other schemes; returns None for an unknown one.
        relative_to: The base of relative paths of ``file:``, where commands run; None for the current directory.

    Raises:
        AccountsFileError: no such secret exists, it is empty, other users can read its file, or its command fails.
    """
    scheme, rest = check_reference(reference)
    if scheme == "env":
        return _from_environment(rest)
    if scheme == "file":
        return _from_file(rest, relative_to)
    if scheme in _SCHEMES:
        from venuekit.credentials import secret_sources

        is_command = scheme == "command"
        return secret_sources.run_command(rest, relative_to) if is_command else secret_sources.read_keyring(rest)
    secret = others(reference)
    if secret is None:
        hint = did_you_mean(scheme, _SCHEMES) or f"; {', '.join(f'{name}:' for name in _SCHEMES)} need none"
        raise AccountsFileError(f"no plugin knows this kind of reference{hint}")
    return secret


def _from_environment(name: str) -> Secret:
    text = os.environ.get(name)
    if text is not None:
        return _fill_in(text, f"environment variable {name}")
    if _may_be_secret(name):
        raise AccountsFileError("the environment variable of the reference is not set (it looks like a secret itself)")
    raise AccountsFileError(f"environment variable {name} is not set{did_you_mean(name, os.environ)}")


def _from_file(name: str, relative_to: Path | None) -> Secret:
    try:
        path = Path(name).expanduser()
        path = relative_to / path if relative_to else path
        is_hidden = _may_be_secret(name) and not path.exists()
    except (OSError, RuntimeError, ValueError):  # too long, or in an unknown user's home
        raise AccountsFileError("the text after file: is not a valid path") from None
    if is_hidden:
        raise AccountsFileError("the file of the reference does not exist (it looks like a secret itself)")
    return _fill_in(read_private(path), f"the file {path}")


def _may_be_secret(text: str) -> bool:
    """Return whether an unresolved name may be a secret that was written in place of its name."""
    return any(not (run.isalpha() and run.islower() and len(run) < _LONGEST_WORD) for run in _OPAQUE.findall(text))


def _fill_in(text: str, where: str) -> Secret:
    text = text.strip()
    if not text:
        raise AccountsFileError(f"{where} is empty")
    return Secret(text)


def read_private(path: Path) -> str:
    """
    Return the text of a file that only its owner can access.

    Raises:
        AccountsFileError: it cannot be read, or group or other users can access it; the text has the ``chmod`` line.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & _ANY_ACCESS_BY_OTHERS:
                mend = f"chmod 600 {shlex.quote(str(path))}"
                raise AccountsFileError(f"{path}: other users can access it (mode {mode:04o}); run: {mend}")
            return file.read().decode("utf-8-sig")  # some editors write a byte order mark
    except OSError as error:
        raise AccountsFileError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise AccountsFileError(f"{path}: not a text in UTF-8") from None
    except ValueError:  # a character that paths cannot have
        raise AccountsFileError(f"{str(path)!r} is not the path of a file") from None


def check_owner(path: Path) -> None:
    """
    Check that a file with commands belongs to the user who runs them.

    Raises:
        AccountsFileError: it belongs to another user, who would choose the programs that this one runs.
    """
    if os.name != "posix":
        return
    try:
        owner = path.stat().st_uid
    except OSError as error:
        raise AccountsFileError(f"{path}: {error.strerror}") from error
    if owner != os.geteuid():
        mend = f"chown {os.geteuid()} {shlex.quote(str(path))}"
        raise AccountsFileError(f"commands are run only from a file of one's own, and {path} is another user's; {mend}")
