"""``order``: place, amend, cancel and show orders."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from venuekit.cli.accounts import answer, open_account
from venuekit.cli.commands import Group, accounts_command
from venuekit.cli.consent import confirm_live, live_to_confirm
from venuekit.cli.errors import print_errors_with_advice
from venuekit.cli.output import print_rows
from venuekit.cli.parameters import F, enum_member, number, state_of
from venuekit.cli.status import Status
from venuekit.cli.texts import LIST_COLUMNS, WHOLE, order_row, request_text
from venuekit.exports.rows import Row, row_of

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.capabilities import OrderSide, OrderType, PositionSide, TimeInForce


@click.group("order", cls=Group)
def order_command() -> None:
    """Place, amend, cancel and show orders."""


def _naming(command: F) -> F:
    """Add the two options of which exactly one identifies an order."""
    for decorate in (
        click.option("--client-id", metavar="C", help="The order's client id."),
        click.option("--id", "order_id", metavar="I", help="The order's id at the venue."),
    ):
        command = decorate(command)
    return command


def _order_name(context: click.Context, order_id: str | None, client_id: str | None) -> dict[str, Any]:
    if (order_id is None) == (client_id is None):
        raise click.UsageError("identify the order by either --id or --client-id", context)
    return {"order_id": order_id, "client_id": client_id}


@accounts_command("place", writes=True, group=order_command)
@click.argument("symbol")
@click.argument("side", type=enum_member("OrderSide"), metavar="buy|sell")
@click.argument("quantity", type=number)
@click.option("--price", type=number, metavar="P", help="Limit price, quote per base.")
@click.option(
    "--type",
    "kind",
    type=enum_member("OrderType"),
    metavar="T",
    help="limit, market, stop, stop_market, take_profit, take_profit_market, trailing_stop_market.  "
    "[default: limit with a price, else market]",
)
@click.option("--trigger", type=number, metavar="P", help="Trigger price of a conditional order.")
@click.option("--callback-rate", type=number, metavar="R", help="Callback of a trailing stop, in percent.")
@click.option("--activation", type=number, metavar="P", help="Price from which a trailing stop trails.")
@click.option(
    "--working-price", type=enum_member("WorkingPrice"), metavar="W", help="The triggering price: last, mark, index."
)
@click.option("--reduce-only", is_flag=True, help="Never open or turn a position.")
@click.option("--time-in-force", type=enum_member("TimeInForce"), metavar="T", help="gtc, ioc, fok, post_only, rpi.")
@click.option("--client-id", metavar="C", help="[default: a generated one]")
@click.option("--position-side", type=enum_member("PositionSide"), metavar="S", help="long or short, in hedge mode.")
@click.option("--test", is_flag=True, help="Let the venue check the order without placing it.")
async def place_command(
    context: click.Context,
    *,
    account: str,
    symbol: str,
    side: OrderSide,
    quantity: Decimal,
    price: Decimal | None,
    kind: OrderType | None,
    trigger: Decimal | None,
    callback_rate: Decimal | None,
    activation: Decimal | None,
    working_price: Any,
    reduce_only: bool,
    time_in_force: TimeInForce | None,
    client_id: str | None,
    position_side: PositionSide | None,
    test: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """
    Place an order for QUANTITY contracts, checked against the venue's steps first and never rounded.

    After a lost answer the order is looked up by its client id; it is never sent a second time. The exit status is 3
    when the order was refused, 4 when it is unknown whether it was placed.
    """
    from venuekit.capabilities import OrderControl, OrderRequest, OrderTestControl, OrderType

    if kind is None:
        if trigger is not None:
            raise click.UsageError("an order with a --trigger needs a --type, such as stop_market", context)
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
    request = OrderRequest(
        symbol=symbol,
        side=side,
        type=kind,
        quantity=quantity,
        price=price,
        trigger_price=trigger,
        callback_rate=callback_rate,
        activation_price=activation,
        working_price=working_price,
        reduce_only=reduce_only,
        time_in_force=time_in_force,
        client_id=client_id,
        position_side=position_side,
    )
    state = state_of(context)
    if not test:
        live = live_to_confirm(context, state, [account], yes=yes)
        if live and not confirm_live(f"Place: {request_text(request)}", live):
            return Status.PENDING
    with print_errors_with_advice(account, symbol, as_json=as_json) as ending:
        async with open_account(state, account) as opened_account:
            if test:
                await OrderTestControl.of(opened_account).test_order(request)
                _show_test(account, opened_account, row_of(request), as_json=as_json)
            else:
                placed = await OrderControl.of(opened_account).place_order(request)
                print_rows([order_row(placed, account, opened_account)], None, as_json=as_json)
    return ending.status


def _show_test(name: str, account: Account, request: Row, *, as_json: bool) -> None:
    """Print the order that would have been placed."""
    if as_json:
        print_rows([{"account": name, "venue": account.venue.id, **request}], None, as_json=True)
    else:
        click.echo("the venue would accept the order; nothing was placed")


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
    order_id: str | None,
    client_id: str | None,
    quantity: Decimal | None,
    price: Decimal | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Change the quantity or price of an open order; a value that is not given stays unchanged."""
    from venuekit.capabilities import OrderAmendControl, OrderReader

    named = _order_name(context, order_id, client_id)
    if quantity is None and price is None:
        raise click.UsageError("give a new --quantity, a new --price, or both", context)
    state = state_of(context)
    live = live_to_confirm(context, state, [account], yes=yes)
    if live and not confirm_live(f"Amend order {order_id or client_id} of {symbol}", live):
        return Status.PENDING
    with print_errors_with_advice(account, symbol, as_json=as_json) as ending:
        async with open_account(state, account) as opened_account:
            amend = OrderAmendControl.of(opened_account)
            side = (await OrderReader.of(opened_account).get_open_order(symbol, **named)).side
            order = await amend.amend_order(symbol, side, **named, quantity=quantity, price=price)
            print_rows([order_row(order, account, opened_account)], None, as_json=as_json)
    return ending.status


@accounts_command("cancel", writes=True, group=order_command)
@click.argument("symbol")
@_naming
async def cancel_command(
    context: click.Context,
    *,
    account: str,
    symbol: str,
    order_id: str | None,
    client_id: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Cancel an order and show its final state, also when it had already ended."""
    from venuekit.capabilities import OrderControl

    named = _order_name(context, order_id, client_id)
    state = state_of(context)
    live = live_to_confirm(context, state, [account], yes=yes)
    if live and not confirm_live(f"Cancel order {order_id or client_id} of {symbol}", live):
        return Status.PENDING
    with print_errors_with_advice(account, symbol, as_json=as_json) as ending:
        async with open_account(state, account) as opened_account:
            order = await OrderControl.of(opened_account).cancel_order(symbol, **named)
            print_rows([order_row(order, account, opened_account)], None, as_json=as_json)
    return ending.status


@accounts_command("query", group=order_command)
@click.argument("symbol")
@_naming
async def query_command(
    context: click.Context, *, account: str, symbol: str, order_id: str | None, client_id: str | None, as_json: bool
) -> None:
    """Show one order, open or not."""
    from venuekit.capabilities import OrderReader

    named = _order_name(context, order_id, client_id)
    async with open_account(state_of(context), account, read_only=True) as opened_account:
        order = await OrderReader.of(opened_account).get_order(symbol, **named)
        row = order_row(order, account, opened_account)
    print_rows([row], None, as_json=as_json)


@accounts_command("list", accounts="any", group=order_command)
@click.option("--symbol", metavar="S", help="Only this symbol.")
async def list_command(context: click.Context, accounts: Sequence[str], symbol: str | None, as_json: bool) -> int:
    """Show the open plain and conditional orders of each ACCOUNT; all accounts when none is named."""
    from venuekit.capabilities import OrderReader

    async def ask(name: str, account: Account) -> list[Row]:
        orders = await OrderReader.of(account).get_open_orders(symbol=symbol)
        return [order_row(order, name, account, listed=not as_json) for order in orders]

    return await answer(context, accounts, ask, LIST_COLUMNS, "no open orders", as_json=as_json, whole=WHOLE)
