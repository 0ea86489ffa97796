"""Resuming: the content and extent of a file, in a small file beside it, and the lock of its one writer."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from venuekit.errors import ConfigurationError
from venuekit.exports.formats import Format

__all__ = ["Resume", "Terms", "file_lock", "read_resume", "resume_path", "write_resume"]


_VERSION = 1


@attrs.frozen
class Terms:
    """
    What a file holds; every run that continues it must say the same.

    ``what`` is the kind of history, ``options`` the options by name as they are typed (None: not given), ``accounts``
    the name of each account to its venue and environment.
    """

    what: str
    format: Format
    options: Mapping[str, str | None]
    accounts: Mapping[str, str]

    def differences(self, former: Terms) -> list[str]:
        """Return one sentence for everything in which ``former`` is another."""
        found = []
        if former.what != self.what:
            found.append(f"it holds {former.what}, not {self.what}")
        if former.format is not self.format:
            found.append(f"it is {former.format}, not {self.format}")
        for name in dict.fromkeys((*former.options, *self.options)):
            before, now = former.options.get(name), self.options.get(name)
            if before != now:
                found.append(f"--{name} was {before or 'not given'} and is {now or 'not given'}")
        if dict(former.accounts) != dict(self.accounts):
            found.append(f"it is about {_accounts(former)}, not {_accounts(self)}")
        return found


def _accounts(terms: Terms) -> str:
    return ", ".join(f"{name} ({where})" for name, where in terms.accounts.items())


@attrs.frozen
class Resume:
    """
    How far a file got.

    ``position`` and ``end`` are the sink's, ``rows`` how many rows are before it. By account: ``keys``, the fingerprint
    of the API key it was read with, and ``last``, the fields of the last item.
    """

    terms: Terms
    columns: tuple[str, ...]
    position: int = 0
    end: str = ""
    rows: int = 0
    keys: Mapping[str, str] = attrs.field(factory=dict)
    last: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)


def resume_path(path: Path) -> Path:
    """Return where it is noted how far a file got."""
    return path.with_name(f"{path.name}.resume")


def read_resume(path: Path) -> Resume | None:
    """
    Return how far a file got, None when there is no such file yet.

    Raises:
        ConfigurationError: one of the two files is missing, or the note is not ours.
    """
    beside = resume_path(path)
    if not beside.exists():
        if path.exists():
            raise ConfigurationError(
                f"{path} exists and there is no {beside.name} to continue it by; name another file, or remove it"
            )
        return None
    try:
        found = json.loads(beside.read_bytes())
        if found["version"] != _VERSION:
            raise ConfigurationError(f"{beside} was written by another version of venuekit")
        terms = Terms(found["what"], Format(found["format"]), found["options"], found["accounts"])
        resume = Resume(
            terms,
            tuple(found["columns"]),
            position=found["position"],
            end=found["end"],
            rows=found["rows"],
            keys=found["keys"],
            last=found["last"],
        )
    except (ValueError, LookupError, TypeError) as error:
        raise ConfigurationError(f"{beside} cannot be read: {error!r}") from error
    if resume.position and not path.exists():
        raise ConfigurationError(f"{beside} is there, but {path.name} is gone; remove {beside.name} to start anew")
    return resume


def write_resume(path: Path, resume: Resume) -> None:
    """Note how far a file got, in one step."""
    note = {
        "version": _VERSION,
        "what": resume.terms.what,
        "format": resume.terms.format,
        "options": dict(resume.terms.options),
        "accounts": dict(resume.terms.accounts),
        "columns": resume.columns,
        "position": resume.position,
        "end": resume.end,
        "rows": resume.rows,
        "keys": dict(resume.keys),
        "last": dict(resume.last),
    }
    beside = resume_path(path)
    partial = beside.with_name(f"{beside.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(note, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(beside)


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """
    Keep other processes from writing ``path``, by a file ``NAME.lock`` beside it; a killed process lets go too.

    Raises:
        ConfigurationError: another process is writing it.
    """
    try:
        control: Any = importlib.import_module("fcntl")
    except ImportError:  # a system without it: two runs at once are the user's to avoid
        yield
        return
    lock = path.with_name(f"{path.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            control.flock(descriptor, control.LOCK_EX | control.LOCK_NB)
        except OSError:
            raise ConfigurationError(f"{path} is being written by another process") from None
        if not lock.exists() or lock.stat().st_ino != os.fstat(descriptor).st_ino:
            raise ConfigurationError(f"{path} was being written by another process; try again")
        try:
            yield
        finally:
            lock.unlink()
    finally:
        os.close(descriptor)
