"""Nonces: the rising numbers of one signing key, in this process and in every other one of this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import attrs

from venuekit._util.texts import warn
from venuekit.clock import Clock
from venuekit.errors import NeverSent
from venuekit.request_bounds import NonceRule

#: as long as a nonce and its newline
_WIDTH = 24
#: how often, and how many seconds apart, a file is tried that another process holds at this moment
_TRIES = 1000
_PAUSE = 0.001


@attrs.define(eq=False)
class Nonces:
    """
    The nonces of one signing key; each is above all before it.

    The highest one is in a small file, locked while it is read and raised, so that processes which sign with one key
    never share a number. Where there is none (``path`` is None, or it cannot be written, which is warned of), numbers
    rise within this process.

    Attributes:
        rule: How a time becomes a number.
        name: Which key it is: a fingerprint.
        clock: On which a file that another process holds is waited for.
        path: The file.
        lead: By how many milliseconds a number in the file may be ahead of the time. One that is further ahead is of a
            clock that was wrong, and the venue cannot have accepted it. None where it may have.
        answered: The highest number that the venue has answered here; 0 before the first.
    """

    rule: NonceRule
    name: str
    clock: Clock = attrs.field(repr=False)
    path: Path | None = None
    lead: int | None = None
    answered: int = attrs.field(default=0, init=False)
    _highest: int = attrs.field(default=0, init=False)
    _descriptor: int | None = attrs.field(default=None, init=False, repr=False)

    @property
    def highest(self) -> int:
        """The last number that was taken in this process; 0 before the first."""
        return self._highest

    async def take(self, milliseconds: int) -> int:
        """
        Return the next number, at a time of the venue in milliseconds.

        Raises:
            NeverSent: another process has held the file for a second.
        """
        number = self.rule.number_at(milliseconds)
        latest = None if self.lead is None else self.rule.number_at(milliseconds + self.lead)
        for _ in range(_TRIES):
            if self.path is None:
                break
            try:
                written = self._raise_file(self.path, number, latest)
            except BlockingIOError:
                await self.clock.sleep(_PAUSE)
                continue
            except OSError as error:
                warn(f"nonces rise within this process only: {self.path} cannot be written ({error})")
                self._release()
                self.path = None
                break
            self._highest = written
            return written
        else:
            raise NeverSent(f"another process holds {self.path}, the file of this key's nonces")
        self._highest = _above(self._highest, number, latest)
        return self._highest

    async def aclose(self) -> None:
        """Close the file."""
        self._release()

    def _raise_file(self, path: Path, number: int, latest: int | None) -> int:
        """Raise the number in the file above itself and to the given one, and return it; BlockingIOError if held."""
        descriptor = self._open(path)
        _lock(descriptor)
        try:
            number = _above(_read(descriptor), _above(self._highest, number, latest), latest)
            os.pwrite(descriptor, b"%0*d\n" % (_WIDTH - 1, number), 0)
        finally:
            _unlock(descriptor)
        return number

    def _open(self, path: Path) -> int:
        """Return the descriptor of the file; one that was taken away meanwhile is made anew."""
        if self._descriptor is not None:
            if os.fstat(self._descriptor).st_nlink:
                return self._descriptor
            self._highest = max(self._highest, _read(self._descriptor))
            self._release()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._descriptor

    def _release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _read(descriptor: int) -> int:
    """Return the number in a file; 0 for one that was cut off with its machine: the time has gone on since."""
    text = os.pread(descriptor, _WIDTH, 0).strip()
    return int(text) if text.isdigit() else 0


def _above(highest: int, number: int, latest: int | None) -> int:
    """Return the number, raised above the highest one, unless that is later than it can be."""
    return number if latest is not None and highest > latest else max(number, highest + 1)


if sys.platform == "win32":  # pragma: no cover

    def _lock(descriptor: int) -> None:
        raise OSError(f"file {descriptor} is not shared between processes on this system")

    def _unlock(descriptor: int) -> None:
        """Do nothing: none is ever locked."""

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
