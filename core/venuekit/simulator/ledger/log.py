"""Append-only logs of records, cheap to copy at any length."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar, overload

_T = TypeVar("_T")


class Log(Sequence[_T], Generic[_T]):
    """
    A list that grows at its end.

    Copies share the kept items, and each adds to a tail of its own: a discarded draft has changed nothing, and
    :meth:`keep` adds the tail of a kept one to the shared items.
    """

    __slots__ = ("_kept", "_length", "_tail")

    def __init__(self, items: Sequence[_T] = ()) -> None:
        self._kept = list(items)
        self._length = len(self._kept)
        self._tail: list[_T] = []

    def append(self, item: _T) -> None:
        """Add an item."""
        self._tail.append(item)

    def copy(self) -> Log[_T]:
        """Return a log that grows independently."""
        other = Log[_T]()
        other._kept, other._length, other._tail = self._kept, self._length, list(self._tail)
        return other

    def keep(self) -> None:
        """Add the tail to the shared items; copies the shared items first if another copy has extended them."""
        if not self._tail:
            return
        if len(self._kept) > self._length:
            self._kept = self._kept[: self._length]
        self._kept.extend(self._tail)
        self._length, self._tail = len(self._kept), []

    def since(self, index: int) -> tuple[_T, ...]:
        """Return the items after the first ``index`` ones."""
        kept = self._kept[index : self._length]
        return (*kept, *self._tail[max(0, index - self._length) :])

    def __len__(self) -> int:
        return self._length + len(self._tail)

    def __iter__(self) -> Iterator[_T]:
        yield from itertools.islice(self._kept, self._length)
        yield from self._tail

    def __reversed__(self) -> Iterator[_T]:
        yield from reversed(self._tail)
        for index in range(self._length - 1, -1, -1):
            yield self._kept[index]

    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[_T]: ...
    def __getitem__(self, index: int | slice) -> _T | Sequence[_T]:
        if isinstance(index, slice):
            return self.since(0)[index]
        position = range(len(self))[index]
        return self._kept[position] if position < self._length else self._tail[position - self._length]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Log):
            return NotImplemented
        if len(self) != len(other):
            return False
        shared = min(self._length, other._length) if self._kept is other._kept else 0
        return self.since(shared) == other.since(shared)

    __hash__ = None  # type: ignore[assignment]  # a log changes

    def __repr__(self) -> str:
        return f"Log({list(self)!r})"
