"""Reading several answers: pages behind a cursor, and independent reads at the same time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

import attrs

from venuekit.plugin import Account, Answer, Endpoint, InvalidRequest, Outcome, PayloadMismatch

R = TypeVar("R")


@attrs.frozen
class Pages(Generic[R]):
    """
    The rows of all pages, each once, in the venue's order.

    ``raw`` holds the venue's own objects beside them, None without ``keep_raw``; ``as_of`` is the earliest time
    among the pages on the venue's clock, ``received_at`` the latest on ours; ``answers`` has one per page.
    """

    rows: tuple[R, ...]
    raw: tuple[Mapping[str, Any] | None, ...]
    as_of: datetime
    received_at: datetime
    answers: tuple[Answer[Any], ...]


def rows_name(endpoint: Endpoint[Any]) -> str:
    """Return the venue's name for the rows of an answer."""
    return str(endpoint.rows[0][-1])


def raw_rows(answer: Answer[Any], count: int, name: str = "list") -> tuple[Mapping[str, Any] | None, ...]:
    """Return the venue's objects in ``result.list`` of an answer, as many None when they were not kept."""
    return (None,) * count if answer.raw is None else tuple(answer.raw["result"][name])


async def read_pages(
    account: Account,
    endpoint: Endpoint[Any],
    identity: Callable[[R], Hashable],
    /,
    *,
    by: Callable[..., Awaitable[Answer[Any]]] = Account.answer_rows,
    **parameters: Any,
) -> Pages[R]:
    """
    Read a list to its end: until there is no cursor, or an empty page.

    A row that comes again, by ``identity``, keeps its first place and takes its last values. A row that cannot be read
    is left out with a warning, or whatever else the method of the account does that each page is read ``by``.

    Raises:
        PayloadMismatch: a cursor comes back that was there before, or leads to nothing new, so that the following rows
            cannot be asked for; or as ``by`` does.
    """
    found: dict[Hashable, tuple[R, Mapping[str, Any] | None]] = {}
    cursors: set[str] = set()
    answer = await by(account, endpoint, **parameters)
    answers = [answer]
    while True:
        page, known = answer.value, len(found)
        for row, raw in zip(page.rows, raw_rows(answer, len(page.rows), rows_name(endpoint)), strict=True):
            found[identity(row)] = row, raw
        if not (page.rows or answer.odd) or not page.cursor:
            rows, raws = tuple(row for row, _ in found.values()), tuple(raw for _, raw in found.values())
            return Pages(rows, raws, answers[0].as_of, answer.received_at, tuple(answers))
        if page.cursor in cursors or (len(found) == known and not answer.odd):
            words = "the venue repeats a cursor" if page.cursor in cursors else "a page holds nothing new"
            raise PayloadMismatch(
                f"{words}, so what is behind {len(found)} rows cannot be asked for",
                venue=account.venue.id,
                operation=endpoint.operation,
                outcome=Outcome.NOT_APPLIED,
            )
        cursors.add(page.cursor)
        # A cursor arrives percent-encoded and must be signed and sent as it came: the encoder encodes it once again.
        answer = await by(account, endpoint, **parameters, cursor=unquote(page.cursor))
        answers.append(answer)


def unknown_symbol_error(account: Account, symbol: str) -> InvalidRequest:
    """Build the error for a symbol that the venue does not list."""
    words = "the venue lists no such contract"
    return account.make_error(InvalidRequest, words, subject=symbol, outcome=Outcome.NOT_APPLIED)
