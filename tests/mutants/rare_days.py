"""Mutants whose mistake is harmless on most days: lost writes, guards, plans, other accounts and unheard words."""

from __future__ import annotations

from functools import partial

from tests.mutants.harness import Mutant

_swap = partial(Mutant, of="toy_swap")
_chain = partial(Mutant, of="toy_chain")
_perp = partial(Mutant, of="toy_perp")
_usdm = partial(Mutant, of="binance_usdm", package="venuekit_binance_common")
_bybit = partial(Mutant, of="bybit_inverse")

_lost = partial(_swap, kind="lost writes")

_ENDED = "test_lost_order_that_has_ended_is_found"
_OF_ANOTHER = "test_order_of_another_client_is_not_the_lost_one"
_CHANGED = "test_lost_change_of_orders_is_made_or_said"
_BESIDES = "test_lost_move_beside_that_of_another_client"
_VALUE = "test_guard_knows_the_value_of_an_order"
_REDUCES = "test_guard_knows_a_reducing_order"

_LOSSES = (
    _lost(
        name="a lost order is looked for among the open ones alone",
        file="orders.py",
        old="placed=(_ONE, _OPEN),",
        new="placed=(_OPEN,),",
        caught_by=_ENDED,
    ),
    _lost(
        name="any order with the client id is the lost one",
        file="orders.py",
        old='return (*words, order.quantity) == (item["side"], item["type"], Decimal(item["size"]))',
        new="return True",
        caught_by=_OF_ANOTHER,
    ),
    _usdm(
        name="an order of any quantity is the lost one",
        kind="lost writes",
        file="orders/writes.py",
        old='return same and ("quantity" not in item or order.quantity == Decimal(item["quantity"]))',
        new="return same",
        caught_by=_OF_ANOTHER,
    ),
    _lost(
        name="a partly filled order has ended",
        file="rows.py",
        old='OPEN_STATES = frozenset({"resting", "part"})',
        new='OPEN_STATES = frozenset({"resting"})',
        caught_by=_CHANGED,
    ),
    _bybit(
        name="any order has the terms of a lost amendment",
        kind="lost writes",
        file="endpoints/order_reads.py",
        old="return all((order.terms[name] or 0) == Decimal(item[name]) for name in numbers) and all(",
        new="return bool(numbers) or all(",
        caught_by=_CHANGED,
    ),
    _usdm(
        name="a batch of cancellations by client id names no order",
        kind="lost writes",
        file="orders/writes.py",
        old='parameters.get("origClientOrderIdList", ())]',
        new='parameters.get("clientOrderIdList", ())]',
        caught_by=_CHANGED,
    ),
    _lost(
        name="margin that moved by another amount shows that a move is absent",
        file="positions.py",
        old=' if not moved else Unclear(f"the margin moved by {moved}")',
        new="",
        caught_by=_BESIDES,
    ),
    _perp(
        name="the first of two equal changes is the lost one",
        kind="lost writes",
        file="endpoints.py",
        old="if len(fitting) > 1:",
        new="if len(fitting) > 2:",
        caught_by=_BESIDES,
    ),
    _perp(
        name="a row of a history explains two moves",
        kind="lost writes",
        file="endpoints.py",
        old=" and row.id not in lost.claimed]",
        new="]",
        caught_by="test_move_of_before_is_not_the_lost_one",
    ),
    _perp(
        name="the error of the clock is not allowed for",
        kind="lost writes",
        file="endpoints.py",
        old="since = lost.sent_at - max(timedelta(seconds=1), lost.clock_error)",
        new="since = lost.sent_at",
        caught_by="test_lost_move_beside_a_clock_that_is_off",
    ),
)

_GUARDS = (
    _swap(
        name="every order to sell reduces",
        kind="guards",
        file="orders.py",
        old='reduces=lambda item: bool(item.get("reduce_only")),',
        new='reduces=lambda item: item["side"] == "sell",',
        caught_by=_REDUCES,
    ),
    _chain(
        name="every order reduces",
        kind="guards",
        file="orders.py",
        old="reduces=lambda _: False",
        new="reduces=lambda _: True",
        caught_by=_VALUE,
    ),
    _chain(
        name="the value of an order is its price",
        kind="guards",
        file="orders.py",
        old="else Decimal(price) * Decimal(size)",
        new="else Decimal(price)",
        caught_by=_VALUE,
    ),
    _swap(
        name="an order to sell adds to a long position",
        kind="guards",
        file="orders.py",
        old='buys=item["side"] == "buy"',
        new='buys=item["side"] == "sell"',
        caught_by="test_guard_knows_the_direction_of_an_order",
    ),
    _swap(
        name="a quanto contract is worth something in the quote",
        kind="guards",
        file="orders.py",
        old="None if one.is_quanto else one.contract_size",
        new="one.contract_size",
        caught_by="test_guard_refuses_an_order_without_a_worth",
    ),
    _usdm(
        name="the sides that close the legs are exchanged",
        kind="guards",
        file="enums.py",
        old="    PositionSide.LONG: OrderSide.SELL,\n    PositionSide.SHORT: OrderSide.BUY,\n",
        new="    PositionSide.LONG: OrderSide.BUY,\n    PositionSide.SHORT: OrderSide.SELL,\n",
        caught_by="test_guard_knows_the_side_that_reduces_a_leg",
    ),
    _usdm(
        name="an order that is to reduce a leg opens it",
        kind="guards",
        file="orders/form.py",
        old="if request.reduce_only and leg is not None and",
        new="if request.price_protect and leg is not None and",
        caught_by="test_refused_order_keeps_its_meaning",
    ),
)

_PLANS = (
    _usdm(
        name="conditional orders are not counted among the settings",
        kind="lost items",
        file="settings.py",
        old="if orders.algo is not None:",
        new="if orders.reads is None:",
        caught_by="test_settings_count_every_order",
    ),
    _bybit(
        name="the bracket of a position is found by its contracts",
        kind="units",
        file="settings.py",
        old="position.symbol: position.value for",
        new="position.symbol: position.notional for",
        caught_by="test_highest_leverage_is_that_of_the_position",
    ),
    _bybit(
        name="a conditional order that is to reduce may open",
        kind="terms of an order",
        file="order_form.py",
        old="True if request.reduce_only else None",
        new="True if request.reduce_only and not conditional else None",
        caught_by="test_order_has_a_term_or_is_refused",
    ),
)

_OTHERS = (
    _swap(
        name="orders of the demo are sent to the live account",
        kind="hosts",
        file="venue.py",
        old="hosts=_HOSTS, headers=DEMO_HEADERS",
        new="hosts=_HOSTS",
        caught_by="test_environments_are_told_apart",
    ),
    _chain(
        name="reads are of the wallet and writes of its vault",
        kind="keys and clocks",
        file="signing.py",
        old="_with_members(encoded.body, _names(stamp))",
        new="_with_members(encoded.body, json.dumps({'wallet': stamp.key})[1:-1])",
        caught_by="test_field_that_names_the_account_is_sent",
    ),
    _swap(
        name="an amount of margin is cut to whole satoshi",
        kind="units",
        file="account.py",
        old="decimals=PLACES)",
        new="decimals=2 * PLACES)",
        caught_by="test_margin_amount_is_not_rounded",
    ),
    _perp(
        name="a movement of an unheard kind is a transfer",
        kind="kind",
        file="income.py",
        old="IncomeKind.OTHER",
        new="IncomeKind.TRANSFER",
        caught_by="test_unheard_word_is_no_known_kind",
    ),
    _chain(
        name="the wait that an exhausted limit names is not read",
        kind="limits",
        file="signing.py",
        old=', retry_after=error.get("wait")',
        new="",
        caught_by="test_simulated_limit_names_its_time",
    ),
)

MUTANTS: tuple[Mutant, ...] = (*_LOSSES, *_GUARDS, *_PLANS, *_OTHERS)
