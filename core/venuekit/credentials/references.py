"""
References: text such as ``env:MAIN_KEY`` that says where a secret is, so that no secret stands in a configuration.

``env:`` and ``file:`` are resolved here and are seen by no plugin; every other scheme is a plugin's, through the hook
``venuekit_resolve_secret``. What a reference holds is never shown when it might be a secret itself.
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

__all__ = ["check_reference", "read_private", "resolve_reference"]

_SCHEMES = ("env", "file")
_REFERENCE = re.compile(r"([a-z][a-z0-9+.-]*):(\S.*)")
#: names have words; so many letters and digits in a row are none
_OPAQUE = re.compile(r"[A-Za-z0-9+=]{12,}")
_LONGEST_WORD = 24
_ANY_ACCESS_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_reference(reference: str) -> tuple[str, str]:
    """
    Return scheme and rest of a reference.

    Raises:
        AccountsFileError: it is no reference but, it seems, the secret itself; the text does not repeat it.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise AccountsFileError("expected a reference such as env:NAME or file:PATH; a literal is refused")
    return found[1], found[2]


def resolve_reference(
    reference: str, *, others: Callable[[str], Secret | None], relative_to: Path | None = None
) -> Secret:
    """
    Return the secret that a reference names; may block.

    Args:
        reference: ``env:NAME``, ``file:PATH`` or what a plugin knows.
        others: Asked for other schemes; returns None when it does not know it.
        relative_to: Directory that a relative path of ``file:`` starts from; None for the current one.

    Raises:
        AccountsFileError: there is no such secret, it is empty, or its file can be read by others.
    """
    scheme, rest = check_reference(reference)
    if scheme == "env":
        return _from_environment(rest)
    if scheme == "file":
        return _from_file(rest, relative_to)
    secret = others(reference)
    if secret is None:
        hint = did_you_mean(scheme, _SCHEMES) or f"; {' and '.join(f'{one}:' for one in _SCHEMES)} need none"
        raise AccountsFileError(f"no plugin knows this kind of reference{hint}")
    return secret


def _from_environment(name: str) -> Secret:
    text = os.environ.get(name)
    if text is not None:
        return _fill_in(text, f"environment variable {name}")
    if _may_be_secret(name):
        raise AccountsFileError("the environment variable that it names is not set (it looks like a secret itself)")
    raise AccountsFileError(f"environment variable {name} is not set{did_you_mean(name, os.environ)}")


def _from_file(name: str, relative_to: Path | None) -> Secret:
    try:
        path = Path(name).expanduser()
        path = relative_to / path if relative_to else path
        is_hidden = _may_be_secret(name) and not path.exists()
    except (OSError, RuntimeError, ValueError):  # too long, or of nobody's home
        raise AccountsFileError("the text after file: is not the path of a file that can be looked for") from None
    if is_hidden:
        raise AccountsFileError("there is no file of the name that it gives (it looks like a secret itself)")
    return _fill_in(read_private(path), f"the file {path}")


def _may_be_secret(text: str) -> bool:
    """Say whether a name that names nothing may be a secret that was written where its name belongs."""
    return any(not (run.isalpha() and run.islower() and len(run) < _LONGEST_WORD) for run in _OPAQUE.findall(text))


def _fill_in(text: str, where: str) -> Secret:
    text = text.strip()
    if not text:
        raise AccountsFileError(f"{where} is empty")
    return Secret(text)


def read_private(path: Path) -> str:
    """
    Return the text of a file that nobody but its owner can access.

    Raises:
        AccountsFileError: it cannot be read, or group or others can access it; the text has the ``chmod`` line.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & _ANY_ACCESS_BY_OTHERS:
                mend = f"chmod 600 {shlex.quote(str(path))}"
                raise AccountsFileError(f"{path}: others can access it (mode {mode:04o}); run: {mend}")
            return file.read().decode("utf-8-sig")  # some editors begin a text with a mark
    except OSError as error:
        raise AccountsFileError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise AccountsFileError(f"{path}: not a text in UTF-8") from None
    except ValueError:  # it has a character that no path has
        raise AccountsFileError(f"{str(path)!r} is not the path of a file") from None
