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

_VERSION = 1


@attrs.frozen
class Terms:
    """
    The selection that a file holds; every run that continues it must have the same terms.

    ``what`` is the kind of history, ``options`` the options by name as typed (None: not given), ``accounts`` maps the
    name of each account to its venue and environment.
    """

    what: str
    format: Format
    options: Mapping[str, str | None]
    accounts: Mapping[str, str]

    def differences(self, former: Terms) -> list[str]:
        """Return one sentence for each difference from ``former``."""
        differences = []
        if former.what != self.what:
            differences.append(f"it holds {former.what}, not {self.what}")
        if former.format is not self.format:
            differences.append(f"it is {former.format}, not {self.format}")
        for name in dict.fromkeys((*former.options, *self.options)):
            before, now = former.options.get(name), self.options.get(name)
            if before != now:
                differences.append(f"--{name} was {before or 'not given'} and is {now or 'not given'}")
        if dict(former.accounts) != dict(self.accounts):
            differences.append(f"it is about {_accounts(former)}, not {_accounts(self)}")
        return differences


def _accounts(terms: Terms) -> str:
    return ", ".join(f"{name} ({where})" for name, where in terms.accounts.items())


@attrs.frozen
class Resume:
    """
    The progress of a file.

    ``position`` and ``end`` are the sink's, ``rows`` is the number of rows before it. By account: ``keys``, the
    fingerprint of the API key that read it, and ``last``, the fields of the last item.
    """

    terms: Terms
    columns: tuple[str, ...]
    position: int = 0
    end: str = ""
    rows: int = 0
    keys: Mapping[str, str] = attrs.field(factory=dict)
    last: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)


def resume_path(path: Path) -> Path:
    """Return the path of the file that notes the progress of another."""
    return path.with_name(f"{path.name}.resume")


def read_resume(path: Path) -> Resume | None:
    """
    Return the progress of a file, None when there is no such file yet.

    Raises:
        ConfigurationError: one of the two files is missing, or the progress file cannot be read.
    """
    beside = resume_path(path)
    if not beside.exists():
        if path.exists():
            raise ConfigurationError(
                f"{path} exists and there is no {beside.name} to continue it by; name another file, or remove it"
            )
        return None
    try:
        note = json.loads(beside.read_bytes())
        if note["version"] != _VERSION:
            raise ConfigurationError(f"{beside} was written by another version of venuekit")
        terms = Terms(note["what"], Format(note["format"]), note["options"], note["accounts"])
        progress = {name: note[name] for name in ("position", "end", "rows", "keys", "last")}
        resume = Resume(terms, tuple(note["columns"]), **progress)
    except (ValueError, LookupError, TypeError) as error:
        raise ConfigurationError(f"{beside} cannot be read: {error!r}") from error
    if resume.position and not path.exists():
        raise ConfigurationError(f"{beside} is there, but {path.name} is gone; remove {beside.name} to start anew")
    return resume


def write_resume(path: Path, resume: Resume) -> None:
    """Write the progress of a file, in one step."""
    fields = attrs.asdict(resume)
    note = {"version": _VERSION, **fields.pop("terms"), **fields}
    beside = resume_path(path)
    partial = beside.with_name(f"{beside.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(note, file, default=dict)  # any other kind of mapping
        file.flush()
        os.fsync(file.fileno())
    partial.replace(beside)


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """
    Keep other processes from writing ``path``, by a file ``NAME.lock`` beside it; a killed process releases it too.

    Raises:
        ConfigurationError: another process is writing the file.
    """
    try:
        control: Any = importlib.import_module("fcntl")
    except ImportError:  # a system without it: the user must avoid concurrent runs
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
