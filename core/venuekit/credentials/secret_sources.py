"""Secrets that another program holds: the keyring of the desktop, and commands such as those of password managers."""

from __future__ import annotations

import shlex
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from venuekit.credentials.redactor import redact_error, redact_start
from venuekit.credentials.secret import Secret
from venuekit.errors import AccountsFileError

if TYPE_CHECKING:
    from types import ModuleType

#: seconds that a command may take: it may wait for a touch of a key, or for a typed password
COMMAND_TIMEOUT = 60.0
#: characters of its standard error that are shown
_SHOWN = 200
_KEYRING_EXAMPLE = "keyring:SERVICE/NAME"


def read_keyring(rest: str) -> Secret:
    """
    Return the password NAME of SERVICE in the system's keyring; may block, as a locked one asks its user.

    Raises:
        AccountsFileError: it has no such password, cannot be opened, or the package ``keyring`` is not installed.
    """
    service, slash, name = rest.rpartition("/")
    if not (slash and service and name):
        raise AccountsFileError(f"expected {_KEYRING_EXAMPLE}")
    keyring = _import_keyring()
    text, fault = None, None
    try:
        text = keyring.get_password(service, name)
        found = None if text is None else Secret(text.strip())
    except Exception as error:  # noqa: BLE001 - a backend of another package, whose frames may hold the password
        fault = redact_error(error)
    finally:
        text = None  # tracebacks show variables
    if fault is not None:
        raise AccountsFileError(f"the keyring cannot be read: {fault}; unlock it, or choose another backend of keyring")
    if not found:
        mend = f"store it by: keyring set {shlex.quote(service)} {shlex.quote(name)}"
        raise AccountsFileError(f"the keyring has no password {name!r} of {service!r}; {mend}")
    return found


def _import_keyring() -> ModuleType:
    try:
        import keyring
    except ImportError:
        words = "the package keyring is not installed; run: pip install 'venuekit[keyring]'"
        raise AccountsFileError(words) from None
    return keyring


def run_command(rest: str, directory: Path | None = None, *, timeout: float = COMMAND_TIMEOUT) -> Secret:
    """
    Return the first line that a command prints, or the whole PEM that it prints; blocks until it ends.

    The text is split as a shell splits it, but no shell runs it: there are no variables, pipes or wildcards. It runs in
    ``directory``, by default the current one, without standard input, and may take ``timeout`` seconds.

    Raises:
        AccountsFileError: it cannot be started, fails, takes too long, or prints nothing; the text has its name, exit
            status and the redacted beginning of its standard error, and nothing of its standard output.
    """
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise AccountsFileError(f"the command cannot be split into words: {error}") from None
    who = f"the command {Path(words[0]).name!r}"
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own command, from a file that only the user can write
            words, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except (OSError, ValueError) as error:
        words_of_system = getattr(error, "strerror", None) or "it has a character that no command has"
        raise AccountsFileError(f"{who} cannot be started: {words_of_system}") from None
    secret, complaint = _wait(process, who, timeout)
    if process.returncode:
        said = f": {complaint}" if complaint else ""
        raise AccountsFileError(f"{who} ended with status {process.returncode}{said}")
    if not secret:
        raise AccountsFileError(f"{who} printed nothing on its standard output")
    return secret


def _wait(process: subprocess.Popen[bytes], who: str, timeout: float) -> tuple[Secret, str]:
    """Return the secret that a command prints, and the redacted beginning of its standard error."""
    printed = b""
    try:
        printed, complaint = process.communicate(timeout=timeout)
        try:
            secret = Secret(_find_secret(printed.decode()))
        except UnicodeDecodeError:
            secret = Secret("")
        return secret, redact_start(" ".join(complaint.decode("utf-8", "replace").split()), _SHOWN)
    except subprocess.TimeoutExpired:
        pass  # raised below, without the frames that hold its output
    finally:
        printed = b""  # tracebacks show variables
        _end(process)
    mend = "run it by hand: it may wait for a password or a touch"
    raise AccountsFileError(f"{who} did not end within {timeout:g} s; {mend}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command and close its pipes, which its own children may still hold."""
    with suppress(OSError):
        process.kill()
    for pipe in filter(None, (process.stdout, process.stderr)):
        pipe.close()
    process.wait()


def _find_secret(printed: str) -> str:
    """Return the PEM in a text, else its first line."""
    begin = printed.find("-----BEGIN")
    if begin >= 0:
        return printed[begin:].strip()
    return printed.lstrip().partition("\n")[0].strip()
