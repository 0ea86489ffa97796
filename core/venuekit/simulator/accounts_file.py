"""Writes the accounts file that opens a simulation, so that every command can be pasted."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from venuekit.errors import AccountsFileError
from venuekit.simulator.access import KEY_LENGTH
from venuekit.simulator.simulation import Simulation

#: the first line of a file that may be overwritten
_MARK = "# Written by venuekit sim, which overwrites it; these keys open a simulator on this machine and nothing else."


def write_accounts_file(path: Path, simulation: Simulation) -> None:
    """
    Write an accounts file with one account for each simulated venue, named like the venue.

    Key and secret go into two files beside it, since an accounts file holds references only. All three are readable
    by their owner alone.

    Raises:
        AccountsFileError: a file of that name exists that venuekit sim did not write, or it cannot be written.
    """
    path = path.expanduser()
    key, secret = path.with_name(f"{path.name}.sim-key"), path.with_name(f"{path.name}.sim-secret")
    try:
        for file, is_ours in ((path, _is_marked), (key, _is_key), (secret, _is_key)):
            if file.is_symlink() or (file.exists() and not is_ours(file)):
                raise AccountsFileError(f"{file} was not written by venuekit sim; it is left alone, name another one")
        _write_private(key, simulation.key)
        _write_private(secret, simulation.secret)
        _write_private(path, _accounts(simulation, key.name, secret.name))
    except OSError as error:
        raise AccountsFileError(f"{error.filename or path}: {error.strerror}") from error


def _accounts(simulation: Simulation, key: str, secret: str) -> str:
    tables = [
        "\n".join(
            (
                f"[accounts.{venue_id}]",
                f"venue = {_text(venue_id)}",
                'environment = "sim"',
                f"rest = {_text(simulation.rest(venue_id))}",
                f"key = {_text(f'file:{key}')}",
                f"secret = {_text(f'file:{secret}')}",
            )
        )
        for venue_id in simulation.venue_ids
    ]
    return "\n\n".join((_MARK, *tables)) + "\n"


def _text(value: str) -> str:
    """Return a TOML basic string, whose escapes are JSON's."""
    return json.dumps(value, ensure_ascii=False)


def _is_marked(file: Path) -> bool:
    return file.is_file() and file.read_bytes().startswith(_MARK.encode())


def _is_key(file: Path) -> bool:
    content = file.read_bytes() if file.is_file() else b""
    return len(content) == KEY_LENGTH and content.isalnum()


def _write_private(file: Path, text: str) -> None:
    """Replace a file in one step; the temporary file is readable by its owner alone from the start."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)  # still there only after a failure
