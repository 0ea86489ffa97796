"""Checks of one order, or of those of a batch, by reads that they share."""

from __future__ import annotations

from collections.abc import Sequence

from venuekit.account import Account
from venuekit.account_check import check_account
from venuekit.capabilities import OrderRequest, OrderType
from venuekit.errors import InvalidArgument, OperationError, Outcome
from venuekit.order_check.looks import Looks
from venuekit.order_check.misfits import misfit, named_leg, side_misfit

_NOT_SENT = (
    "no order was sent, since this read of its check failed; with_options(check_orders=False) has the venue decide"
)


async def check_order(account: Account, request: OrderRequest) -> None:
    """
    Refuse an order that the venue would refuse, as far as reads of the account show it; nothing is sent but reads.

    Looked at are the position side against the position mode, the open orders against the most that the contract may
    have, a reducing order against the position, quantity and price against the contract's steps and bounds, the price
    against the bounds around the mark price, the smallest notional, the settle asset where it must be collateral, and
    the position that the order may lead to against the brackets at the present leverage. An order that waits for a
    trigger is compared with the position mode and the number of open orders alone, since the rest may have changed. A
    figure that the account does not read, or the venue does not say, refuses nothing: an order that passes may still be
    refused by the venue.

    The mode is read first, then everything else side by side.

    Raises:
        InvalidArgument: the venue would refuse it; the sentence says why, and the mend. Or it is no account.
        OperationError: a read failed.
    """
    check_account(account, check_order.__name__)
    (refusal,) = await _refusals(account, (request,))
    if refusal is not None:
        raise refusal


async def look_before_sending(account: Account, requests: Sequence[OrderRequest]) -> tuple[InvalidArgument | None, ...]:
    """
    Return why each order of a batch would be refused, None for one that may be sent; a read serves all of them.

    An order of the batch may change the position that another one meets: that one is not compared with the position.

    Raises:
        OperationError: a read failed; nothing was sent, and the error says so.
    """
    try:
        return await _refusals(account, requests)
    except OperationError as unread:
        unread.outcome = Outcome.NOT_SENT
        unread.mend = f"{_NOT_SENT}; {unread.mend}" if unread.mend else _NOT_SENT
        raise


async def _refusals(account: Account, requests: Sequence[OrderRequest]) -> tuple[InvalidArgument | None, ...]:
    import asyncio  # declarations are read without it

    for request in requests:
        kind: object = request.type
        if not isinstance(kind, OrderType):
            raise _refuse(account, request, f"the type is an OrderType, as OrderType.MARKET, not {kind!r}")
    try:
        async with asyncio.TaskGroup() as group:
            looks = Looks(account, requests, group)
            found = [group.create_task(_find_misfit(looks, request, requests)) for request in requests]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    refusals = zip(requests, (one.result() for one in found), strict=True)
    return tuple(None if words is None else _refuse(account, request, words) for request, words in refusals)


async def _find_misfit(looks: Looks, request: OrderRequest, batch: Sequence[OrderRequest]) -> str | None:
    mode = await looks.position_mode(request.symbol)
    words = side_misfit(request, mode)
    if words is not None:
        return words
    return misfit(request, mode, await looks.take(request, is_moved=_may_be_moved(request, batch)))


def _may_be_moved(request: OrderRequest, batch: Sequence[OrderRequest]) -> bool:
    """Say whether another order of a batch may bring about, or make smaller, the position that an order meets."""
    leg = named_leg(request)
    return any(one.symbol == request.symbol and named_leg(one) == leg and one.side != request.side for one in batch)


def _refuse(account: Account, request: OrderRequest, words: str) -> InvalidArgument:
    error = account.refuse(words, subject=request.symbol)
    error.operation = error.operation or check_order.__name__
    error.client_id = request.client_id
    return error
