"""Advice: what to do after a write to an order book that ended in an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from venuekit.cli.rows import plain
from venuekit.cli.status import Status, status_of, tell
from venuekit.errors import Fenced, NotExecuted, OperationError, Outcome

__all__ = ["Ending", "advice", "advised"]


def advice(error: OperationError, *, account: str, symbol: str) -> str | None:
    """Return the client id, the fence and what to do, as far as the error tells; None when nothing follows from it."""
    named = f"client id {error.client_id}" if error.client_id else None
    look = (
        f"venuekit order query {account} {symbol} --client-id {error.client_id}"
        if error.client_id
        else (f"venuekit order list {account} --symbol {symbol}")
    )
    if error.outcome is Outcome.UNKNOWN:
        fence = f"may still arrive until {plain(error.fence)}" if error.fence else "may still arrive"
        return "; ".join(filter(None, (named, f"{fence}: do not send it again before that, look: {look}")))
    if error.outcome is Outcome.APPLIED:
        return "; ".join(filter(None, (named, f"it was carried out, only its answer could not be read; look: {look}")))
    if isinstance(error, Fenced):
        when = f"after {plain(error.fence)}" if error.fence else "when that one is done"
        return f"nothing was sent; try again {when}"
    if isinstance(error, NotExecuted):
        return "; ".join(
            filter(None, (named, "it did not happen and cannot any more: send it again if it is still wanted"))
        )
    return None


class Ending:
    """How a block ended: its exit status."""

    def __init__(self) -> None:
        self.status = Status.DONE


@contextmanager
def advised(account: str, symbol: str, *, as_json: bool) -> Iterator[Ending]:
    """Tell an error of the block with what to do about it, and give its exit status."""
    ending = Ending()
    try:
        yield ending
    except OperationError as error:
        found = advice(error, account=account, symbol=symbol)
        tell(error, as_json=as_json, advice=found)
        ending.status = status_of(error)
