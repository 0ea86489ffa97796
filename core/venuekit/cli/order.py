"""``order``: place, amend, cancel and show orders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from venuekit.capabilities import (
    MarginType,
    Order,
    OrderAmendControl,
    OrderControl,
    OrderReader,
    OrderRequest,
    OrderSide,
    OrderTestControl,
    OrderType,
    PositionSide,
    TimeInForce,
    WorkingPrice,
)
from venuekit.cli.accounts import answer, open_account
from venuekit.cli.commands import (
    F,
    Group,
    accounts_command,
    enum_member,
    number,
    output_option,
    state_of,
    symbols_option,
)
from venuekit.cli.consent import confirm_live, live_to_confirm
from venuekit.cli.errors import Status, advice, print_error, status_of
from venuekit.cli.output import print_rows, say_done
from venuekit.cli.tables import cell_text, columns
from venuekit.errors import OperationError
from venuekit.exports.rows import Row, row_of

if TYPE_CHECKING:
    from venuekit.account import Account


LIST_COLUMNS = columns("account symbol position_side order filled status id client_id")
#: columns never wrapped, since their values are copied into the next command
WHOLE = ("id", "client_id")


@click.group("order", cls=Group)
def order_command() -> None:
    """Place, amend, cancel and show orders."""


def _naming(command: F) -> F:
    """Add the two options of which exactly one identifies an order."""
    command = click.option("--client-id", metavar="C", help="The order's client id.")(command)
    return click.option("--id", "order_id", metavar="I", help="The order's id at the venue.")(command)


def _order_name(context: click.Context, *, order_id: str | None, client_id: str | None) -> str:
    """Return the one id that identifies an order."""
    if (order_id is None) == (client_id is None):
        raise click.UsageError("identify the order by either --id or --client-id", context)
    return order_id or client_id or ""


@accounts_command("place", writes=True, group=order_command)
@click.argument("symbol")
@click.argument("side", type=enum_member(OrderSide), metavar="buy|sell")
@click.argument("quantity", type=number)
@click.option("--price", type=number, metavar="P", help="Limit price, quote per base.")
@click.option(
    "--type",
    type=enum_member(OrderType),
    metavar="T",
    help="limit, market, stop, stop_market, take_profit, take_profit_market, trailing_stop_market.  "
    "[default: limit with a price, else market]",
)
@click.option("--trigger", "trigger_price", type=number, metavar="P", help="Trigger price of a conditional order.")
@click.option("--callback-rate", type=number, metavar="R", help="Callback of a trailing stop, in percent.")
@click.option(
    "--activation", "activation_price", type=number, metavar="P", help="Price from which a trailing stop trails."
)
@click.option(
    "--working-price", type=enum_member(WorkingPrice), metavar="W", help="The triggering price: last, mark, index."
)
@click.option("--reduce-only", is_flag=True, help="Never open or turn a position.")
@click.option("--time-in-force", type=enum_member(TimeInForce), metavar="T", help="gtc, ioc, fok, post_only, rpi.")
@click.option("--client-id", metavar="C", help="[default: a generated one]")
@click.option("--position-side", type=enum_member(PositionSide), metavar="S", help="long or short, in hedge mode.")
@click.option("--margin-type", type=enum_member(MarginType), metavar="M", help="cross or isolated.")
@click.option("--test", is_flag=True, help="Let the venue check the order without placing it.")
async def place_command(
    context: click.Context, *, account: str, test: bool, yes: bool, as_json: bool, **fields: Any
) -> int:
    """
    Place an order for QUANTITY contracts, checked against the venue's steps first and never rounded.

    After a lost answer the order is looked up by its client id; it is never sent a second time. The exit status is 3
    when the order was refused, 4 when it is unknown whether it was placed.
    """
    if fields["type"] is None:
        if fields["trigger_price"] is not None:
            raise click.UsageError("an order with a --trigger needs a --type, such as stop_market", context)
        fields["type"] = OrderType.MARKET if fields["price"] is None else OrderType.LIMIT
    request = OrderRequest(**fields)  # the options are called like its fields
    live = [] if test else live_to_confirm(context, [account], yes=yes)
    if not confirm_live(f"Place: {request.symbol} {_words(request)}", live):
        return Status.PENDING

    async def send(opened_account: Account) -> Order | OrderRequest:
        if not test:
            return await OrderControl.of(opened_account).place_order(request)
        await OrderTestControl.of(opened_account).test_order(request)
        return request

    accepted = "the venue would accept the order; nothing was placed" if test and not as_json else None
    return await _send(context, account, request.symbol, send, text=accepted, as_json=as_json)


@accounts_command("amend", writes=True, group=order_command)
@click.argument("symbol")
@_naming
@click.option("--quantity", type=number, metavar="Q", help="The new total quantity, in contracts.")
@click.option("--price", type=number, metavar="P", help="The new limit price.")
async def amend_command(
    context: click.Context,
    *,
    account: str,
    symbol: str,
    quantity: Decimal | None,
    price: Decimal | None,
    yes: bool,
    as_json: bool,
    **named: str | None,
) -> int:
    """Change the quantity or price of an open order; a value that is not given stays unchanged."""
    order_name = _order_name(context, **named)
    if quantity is None and price is None:
        raise click.UsageError("give a new --quantity, a new --price, or both", context)
    if not confirm_live(f"Amend order {order_name} of {symbol}", live_to_confirm(context, [account], yes=yes)):
        return Status.PENDING

    async def send(opened_account: Account) -> Order:
        amend = OrderAmendControl.of(opened_account)
        side = (await OrderReader.of(opened_account).get_open_order(symbol, **named)).side
        return await amend.amend_order(symbol, side, **named, quantity=quantity, price=price)

    return await _send(context, account, symbol, send, as_json=as_json)


@accounts_command("cancel", writes=True, group=order_command)
@click.argument("symbol", required=False)
@_naming
@click.option("--all", "every", is_flag=True, help="Every order of SYMBOL, without one of the account.")
async def cancel_command(
    context: click.Context,
    *,
    account: str,
    symbol: str | None,
    every: bool,
    yes: bool,
    as_json: bool,
    **named: str | None,
) -> int:
    """
    Cancel an order and show its final state, also when it had already ended.

    With --all every plain and conditional order is cancelled, and those that stay open are shown; the exit status is 3
    when there are any, and 4 when that is unknown.
    """
    if every and any(named.values()):
        raise click.UsageError("identify one order, or say --all, not both", context)
    if every:
        return await _cancel_all(context, account, symbol, yes=yes, as_json=as_json)
    if symbol is None:
        raise click.UsageError("name the symbol of the order, or say --all", context)
    order_name = _order_name(context, **named)
    if not confirm_live(f"Cancel order {order_name} of {symbol}", live_to_confirm(context, [account], yes=yes)):
        return Status.PENDING

    async def send(opened_account: Account) -> Order:
        return await OrderControl.of(opened_account).cancel_order(symbol, **named)

    return await _send(context, account, symbol, send, as_json=as_json)


async def _cancel_all(context: click.Context, name: str, symbol: str | None, *, yes: bool, as_json: bool) -> int:
    """Cancel every order of a symbol, None for all, and show those that are left."""
    of = f" of {symbol}" if symbol else ""
    if not confirm_live(f"Cancel every order{of}", live_to_confirm(context, [name], yes=yes)):
        return Status.PENDING
    try:
        async with open_account(state_of(context), name) as account:
            left = await OrderControl.of(account).cancel_all_orders(symbol=symbol)
            rows = [order_row(order, name, account, listed=not as_json) for order in left]
    except OperationError as error:
        print_error(error, as_json=as_json, account=name)
        return status_of(error)
    if rows or as_json:
        print_rows(rows, LIST_COLUMNS, as_json=as_json, whole=WHOLE)
    if not as_json:
        say_done(f"{name}: {f'{len(rows)} left' if rows else 'nothing left'}")
    return Status.REFUSED if rows else Status.DONE


async def _send(
    context: click.Context,
    name: str,
    symbol: str,
    send: Callable[[Account], Awaitable[Order | OrderRequest]],
    *,
    text: str | None = None,
    as_json: bool,
) -> int:
    """Send a write and print the order that it returns, or ``text``; an error is printed with advice."""
    try:
        async with open_account(state_of(context), name) as account:
            order = await send(account)
            if text is None:
                print_rows([order_row(order, name, account)], None, as_json=as_json)
            else:
                click.echo(text)
    except OperationError as error:
        print_error(error, as_json=as_json, advice=advice(error, account=name, symbol=symbol))
        return status_of(error)
    return Status.DONE


@accounts_command("query", group=order_command)
@click.argument("symbol")
@_naming
async def query_command(
    context: click.Context, *, account: str, symbol: str, as_json: bool, **named: str | None
) -> None:
    """Show one order, open or not."""
    _order_name(context, **named)
    async with open_account(state_of(context), account, read_only=True) as opened_account:
        order = await OrderReader.of(opened_account).get_order(symbol, **named)
        row = order_row(order, account, opened_account)
    print_rows([row], None, as_json=as_json)


@accounts_command("list", accounts="any", group=order_command, options=(output_option,))
@symbols_option
async def list_command(context: click.Context, accounts: Sequence[str], symbols: Sequence[str], as_json: bool) -> int:
    """Show the open plain and conditional orders of each ACCOUNT; all accounts when none is named."""

    async def ask(name: str, account: Account) -> list[Row]:
        reader = OrderReader.of(account)
        reads = [await reader.get_open_orders(symbol=symbol) for symbol in dict.fromkeys(symbols) or (None,)]
        return [order_row(order, name, account, listed=not as_json) for orders in reads for order in orders]

    return await answer(context, accounts, ask, LIST_COLUMNS, "no open orders", as_json=as_json, whole=WHOLE)


def order_row(order: Order | OrderRequest, name: str, account: Account, *, listed: bool = False) -> Row:
    """Return an order as a row; for a list with ``order``, which summarises it in a few words."""
    row: dict[str, Any] = {
        **row_of(order, account=name, venue=account.venue.id, **({"order": _words(order)} if listed else {}))
    }
    if listed and order.position_side is PositionSide.BOTH:
        row["position_side"] = None  # one-way mode has no legs
    return row


def _words(order: Order | OrderRequest) -> str:
    parts = [order.side.value, cell_text(order.quantity), order.type.value]
    if order.price is not None:
        parts += ["at", cell_text(order.price)]
    if order.trigger_price is not None:
        parts += ["from", cell_text(order.trigger_price)]
    if order.reduce_only:
        parts.append("reduce only")
    if order.margin_type is not None:
        parts.append(order.margin_type.value)
    return " ".join(parts)
