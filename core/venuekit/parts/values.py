"""Values of the rows of an answer: odd rows are warned of and left out, and an answer that repeats is read once."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from venuekit.errors import OddRow, Outcome, PayloadMismatch
from venuekit.parts.rows import Reads, Rows
from venuekit.payloads import read_json, readable_part

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.endpoint import Endpoint
    from venuekit.message import Answer

__all__ = ["RepeatedRows", "readable_values", "values_of"]

V = TypeVar("V")


def values_of(
    account: Account,
    endpoint: Endpoint[Any],
    answer: Answer[Any],
    rows: Rows[V],
    *,
    all_or_none: bool = False,
    **context: Any,
) -> tuple[V, ...]:
    """
    Return the values of rows as :meth:`Rows.values` does, without those that cannot be read; each is warned of.

    Raises:
        PayloadMismatch: no row can be read, or one cannot and ``all_or_none`` are needed.
    """
    at_least = None if all_or_none else 1
    return readable_values(account, endpoint, answer, rows, rows.reads, at_least=at_least, **context)[0]


def readable_values(
    account: Account,
    endpoint: Endpoint[Any],
    answer: Answer[Any],
    rows: Rows[Any],
    by: Reads[V],
    *,
    at_least: int | None = 1,
    **context: Any,
) -> tuple[tuple[V, ...], tuple[OddRow, ...]]:
    """
    Return the values of rows that can be read, and a warning that was given for each row that cannot.

    ``by`` is the declaration of the rows, or another one of the same answer.

    Raises:
        PayloadMismatch: there are odd rows, and fewer than ``at_least`` others; None says that none may be odd.
    """

    def read(body: bytes) -> Rows[V]:
        return rows.again(body) if by is rows.reads else by(body)

    try:
        return (rows if by is rows.reads else by(rows.body)).values(answer, **context), ()
    except PayloadMismatch as misfit:
        mismatch = PayloadMismatch(
            misfit.message, venue=account.venue.id, operation=str(endpoint), outcome=Outcome.NOT_APPLIED
        )
    if at_least is None:
        raise mismatch
    strict = attrs.evolve(endpoint, decode=lambda body: read(body).values(**context))
    part, misread = readable_part(strict, rows.body, mismatch, at_least=at_least)
    kept = attrs.evolve(answer, raw=None if answer.raw is None else read_json(part))
    values = read(part).values(kept, **context)
    return values, tuple(account.warn_of(endpoint, one.words, one.row, stacklevel=4) for one in misread)


class RepeatedRows(Generic[V]):
    """
    Values by key, of answers that mostly repeat the one before, as the settings of all symbols do.

    An answer that equals one of the last few byte for byte is not read again; of a new one, the rows that are asked for
    are read.

    Args:
        reads: The declaration of the rows. It has a ``key``, and its values take nothing from their answer.
        answers: The number of answers that are kept, enough for the accounts of a usual process.

    Raises:
        TypeError: the declaration has no key, or its values take ``as_of``, ``raw`` or another field from an answer.
    """

    def __init__(self, reads: Reads[V], *, answers: int = 4) -> None:
        if reads.key is None or reads.given or "raw" in attrs.fields_dict(reads.value):  # type: ignore[arg-type]
            raise TypeError(f"{reads!r} needs a key, and values that are of their rows alone")
        self._key = reads.key
        self._kept: deque[_Kept[V]] = deque(maxlen=answers)

    def of(
        self,
        account: Account,
        endpoint: Endpoint[Any],
        answer: Answer[Rows[V]],
        keys: Collection[Any],
        *,
        all_or_none: bool = False,
    ) -> Mapping[Any, V]:
        """
        Return at least the values of these keys, without those that have no row; odd rows as in :func:`values_of`.

        Raises:
            PayloadMismatch: as :func:`values_of` does.
        """
        body = answer.value.body
        kept = next((one for one in self._kept if one.body == body), None) or _Kept(body)
        missing = set(keys) - kept.asked
        if not missing:
            return kept.values
        rows = answer.value.of(missing)
        made = {
            getattr(value, self._key): value
            for value in values_of(account, endpoint, answer, rows, all_or_none=all_or_none)
        }
        if len(made) < len(rows):  # an odd row is warned of anew each time
            return {**kept.values, **made}
        kept.values |= made
        kept.asked |= missing
        if kept not in self._kept:
            self._kept.append(kept)
        return kept.values


@attrs.define(eq=False)
class _Kept(Generic[V]):
    """An answer, the keys whose rows were read, and the values of those that it has."""

    body: bytes = attrs.field(repr=False)
    asked: set[Any] = attrs.field(factory=set)
    values: dict[Any, V] = attrs.field(factory=dict)
