"""History: records of every kind, what is read late, and the log they are kept in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.capabilities import IncomeKind, MarginType, OrderType, Setting
from venuekit.simulator.ledger import (
    AccountEvent,
    Asset,
    Contract,
    EventReason,
    Ledger,
    LedgerOrderRequest,
    OrderChange,
    OrderEvent,
    Reason,
    Record,
    Refused,
    Rules,
    SettingEvent,
    Side,
)
from venuekit.simulator.ledger.log import Log

D = Decimal
ONE = "ONEUSDT"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Account:
    """A ledger and its clock."""

    def __init__(self, rules: Rules, contract: Contract) -> None:
        self.now = START
        assets = [Asset("USDT", index_price=D(1)), Asset("BTC", index_price=D(50_000))]
        self.ledger = Ledger(rules, [contract], assets, now=lambda: self.now)
        self.ledger.deposit("USDT", D(100_000))


@pytest.fixture
def account(cutting: Rules, linear: Callable[..., Contract]) -> Account:
    """Open an account with 100,000 USDT."""
    return Account(cutting, linear(taker_fee=D("0.0006")))


def test_closed_profit_is_recorded_net_of_both_fees(
    nearest: Rules, inverse: Callable[..., Contract], opened: Callable[..., Ledger]
) -> None:
    """[calc] 0.125 - 0.12195122 - 0.00006875 - 0.00006707 = 0.00291296, for 10,000 from 80,000 to 82,000."""
    ledger = opened(nearest, inverse(mark=D(80_000), taker_fee=D("0.00055")), money="1")
    ledger.fill("ONEUSD", Side.BUY, D(10_000), D(80_000))
    trade = ledger.fill("ONEUSD", Side.SELL, D(10_000), D(82_000))

    (record,) = ledger.closed_pnls("ONEUSD")

    assert (record.pnl, record.open_fee, record.close_fee) == (D("0.00291296"), D("-0.00006875"), D("-0.00006707"))
    assert (record.entry_value, record.exit_value) == (D("0.125"), D("0.12195122"))
    assert (record.entry_price, record.exit_price, record.quantity) == (D(80_000), D(82_000), D(10_000))
    assert (record.side, record.order_id, record.leverage) == (Side.SELL, trade.order_id, D(10))


def test_the_opening_fee_is_shared_out_over_the_parts_that_are_closed(account: Account) -> None:
    """[calc] 60 were paid for two contracts: the first part to close bears 30, and so does the second."""
    account.ledger.fill(ONE, Side.BUY, D(2), D(50_000))
    account.ledger.fill(ONE, Side.SELL, D(1), D(50_000))
    account.ledger.fill(ONE, Side.SELL, D(1), D(50_000))

    assert [record.open_fee for record in account.ledger.closed_pnls()] == [D(-30), D(-30)]


def test_a_withdrawal_leaves_a_record_and_one_row(account: Account) -> None:
    """The row is amount and fee together; more than can be withdrawn is refused."""
    record = account.ledger.withdraw(
        "USDT", D(1000), fee=D(1), chain="TRC20", address="T1", tx_id="0x", status="Pending"
    )

    row = account.ledger.incomes()[-1]
    assert account.ledger.withdrawals() == (record,)
    assert (record.amount, record.fee, record.status) == (D(-1000), D(-1), "Pending")
    assert (row.kind, row.amount, row.balance_after) == (IncomeKind.TRANSFER, D(-1001), D(98_999))
    with pytest.raises(Refused) as error:
        account.ledger.withdraw("USDT", D(98_999), fee=D(1))
    assert error.value.reason is Reason.INSUFFICIENT_BALANCE


def test_a_conversion_moves_two_wallets(account: Account) -> None:
    """One row each, and a record with the rate."""
    record = account.ledger.convert("USDT", D(50_000), "BTC", D(1))

    assert account.ledger.conversions() == (record,)
    assert record.rate == D("0.00002")
    assert [(row.kind, row.asset, row.amount) for row in account.ledger.incomes()[-2:]] == [
        (IncomeKind.CONVERSION, "USDT", D(-50_000)),
        (IncomeKind.CONVERSION, "BTC", D(1)),
    ]
    assert account.ledger.balance("BTC").wallet == 1


def test_rows_can_be_booked_in_the_past(account: Account) -> None:
    """They move the wallet now and are read where they belong."""
    past = START - timedelta(days=40)

    row = account.ledger.book("USDT", IncomeKind.REBATE, D(5), info="welcome", time=past)

    assert account.ledger.incomes()[0] == row
    assert (row.time, row.info) == (past, "welcome")
    assert account.ledger.balance("USDT").wallet == 100_005


@pytest.mark.parametrize("record", Record)
def test_records_can_be_read_late(account: Account, record: Record) -> None:
    """What is made while records lag is there, moves everything, and is not read until its time has come."""
    ledger = account.ledger
    ledger.set_margin_type(MarginType.ISOLATED, ONE)
    ledger.lag(record, 5 * SECOND)

    def seen() -> dict[Record, int]:
        return {
            Record.ORDERS: len(ledger.orders()),
            Record.FILLS: len(ledger.fills()),
            Record.INCOMES: len(ledger.incomes()) - 1,
            Record.MARGIN_CHANGES: len(ledger.margin_changes()),
            Record.AMENDMENTS: len(ledger.amendments()),
            Record.CLOSED_PNLS: len(ledger.closed_pnls()),
            Record.WITHDRAWALS: len(ledger.withdrawals()),
            Record.CONVERSIONS: len(ledger.conversions()),
        }

    ledger.fill(ONE, Side.BUY, D(1), D(50_000))
    ledger.adjust_margin(ONE, D(10))
    ledger.fill(ONE, Side.SELL, D(1), D(50_000))
    ledger.amend_order(ledger.rest_order(ONE, Side.BUY, D(1), D(40_000)), price=D(41_000))
    ledger.withdraw("USDT", D(1))
    ledger.convert("USDT", D(1), "BTC", D("0.00002"))
    early = seen()
    account.now += 5 * SECOND
    late = seen()

    assert early[record] == 0
    assert all(count > 0 for count in late.values())
    assert {name: count for name, count in early.items() if name is not record} == {
        name: count for name, count in late.items() if name is not record
    }


@pytest.mark.parametrize("record", Record)
def test_records_can_be_repeated(account: Account, record: Record) -> None:
    """The last one is there so many times more, each a millisecond later and with an id of its own; no money moves."""
    ledger = account.ledger
    ledger.set_margin_type(MarginType.ISOLATED, ONE)
    ledger.fill(ONE, Side.BUY, D(1), D(50_000))
    ledger.adjust_margin(ONE, D(10))
    ledger.fill(ONE, Side.SELL, D(1), D(50_000))
    ledger.amend_order(ledger.rest_order(ONE, Side.BUY, D(1), D(40_000)), price=D(41_000))
    ledger.withdraw("USDT", D(1))
    ledger.convert("USDT", D(1), "BTC", D("0.00002"))
    balances, positions = ledger.balances(), ledger.positions(include_flat=True)

    ledger.repeat(record, 3)

    rows: Any = {
        Record.ORDERS: [order for order in ledger.orders() if not order.is_open],
        Record.FILLS: ledger.fills(),
        Record.INCOMES: ledger.incomes(),
        Record.MARGIN_CHANGES: ledger.margin_changes(),
        Record.AMENDMENTS: ledger.amendments(),
        Record.CLOSED_PNLS: ledger.closed_pnls(),
        Record.WITHDRAWALS: ledger.withdrawals(),
        Record.CONVERSIONS: ledger.conversions(),
    }[record]
    last, *copies = rows[-4:]
    name, time = ("trade_id" if record is Record.FILLS else "id"), ("created_at" if record is Record.ORDERS else "time")
    assert len({getattr(row, name) for row in rows}) == len(rows)
    assert [getattr(row, time) - getattr(last, time) for row in copies] == [
        timedelta(milliseconds=number) for number in (1, 2, 3)
    ]
    assert (ledger.balances(), ledger.positions(include_flat=True)) == (balances, positions)


def test_nothing_can_be_repeated_that_never_was(account: Account) -> None:
    """The error names the kind."""
    with pytest.raises(ValueError, match="there are no withdrawals to repeat"):
        account.ledger.repeat(Record.WITHDRAWALS, 1)


def test_an_order_that_is_not_shown_is_there_all_the_same(account: Account) -> None:
    """It cannot be found, yet it binds margin, its client id is taken, and it can be canceled."""
    ledger = account.ledger
    ledger.lag(Record.ORDERS, 5 * SECOND)
    request = LedgerOrderRequest(symbol=ONE, side=Side.BUY, quantity=D(1), price=D(40_000), client_id="mine")
    placed = ledger.place(request)

    with pytest.raises(Refused) as unseen:
        ledger.order(placed.id)
    with pytest.raises(Refused) as taken:
        ledger.place(request)

    assert unseen.value.reason is Reason.UNKNOWN_ORDER
    assert taken.value.reason is Reason.DUPLICATE_CLIENT_ID
    assert ledger.balance("USDT").open_order_initial_margin == 4000
    assert ledger.open_orders() == ()
    assert ledger.cancel_order(client_id="mine").id == placed.id


def test_one_order_can_be_hidden_and_shown(account: Account) -> None:
    """Until then, or until it is shown."""
    placed = account.ledger.place(LedgerOrderRequest(symbol=ONE, side=Side.BUY, quantity=D(1), price=D(40_000)))
    account.ledger.hide_order(placed.id, START + SECOND)
    hidden = account.ledger.orders()

    account.ledger.hide_order(placed.id, None)

    assert hidden == ()
    assert [order.id for order in account.ledger.orders()] == [placed.id]


def test_events_tell_the_state_after_them(account: Account) -> None:
    """Deposit, setting, order, trade: in this order, numbered from one, a trade before what its order has become."""
    account.ledger.set_leverage(ONE, D(5))
    account.ledger.place(LedgerOrderRequest(symbol=ONE, side=Side.BUY, type=OrderType.MARKET, quantity=D(1)))

    deposit, leverage, new, trade, filled = account.ledger.events()

    assert [event.sequence for event in account.ledger.events()] == [1, 2, 3, 4, 5]
    assert isinstance(deposit, AccountEvent)
    assert (deposit.reason, deposit.balances[0].wallet, deposit.balances[0].change) == (
        EventReason.DEPOSIT,
        D(100_000),
        D(100_000),
    )
    assert isinstance(leverage, SettingEvent)
    assert (leverage.setting, leverage.symbol, leverage.value) == (Setting.LEVERAGE, ONE, D(5))
    assert isinstance(new, OrderEvent)
    assert isinstance(trade, AccountEvent)
    assert (trade.reason, trade.balances[0].wallet, trade.balances[0].change) == (EventReason.ORDER, D(99_970), D(0))
    assert (trade.positions[0].quantity, trade.positions[0].entry_price) == (D(1), D(50_000))
    assert isinstance(filled, OrderEvent)
    assert (new.change, filled.change) == (OrderChange.NEW, OrderChange.TRADE)
    assert filled.execution == account.ledger.fills()[0]
    assert account.ledger.events(after=3) == (trade, filled)


def test_what_changes_nothing_tells_nothing(account: Account) -> None:
    """A setting that is so already, a refused command and a read write no event."""
    account.ledger.set_leverage(ONE, D(10))
    before = account.ledger.events()

    account.ledger.set_leverage(ONE, D(10))
    with pytest.raises(Refused):
        account.ledger.deposit("USDT", D(-200_000))
    account.ledger.positions(include_flat=True)

    assert account.ledger.events() == before


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from(["append", "copy", "keep", "drop"]), st.integers(0, 99)),
        max_size=40,
    )
)
def test_a_log_and_its_copies_grow_each_on_its_own(steps: list[tuple[int, str, int]]) -> None:
    """Whatever is appended, copied, kept and thrown away, each log is what a list would be."""
    logs: list[tuple[Log[int], list[int]]] = [(Log(), [])]
    for pick, step, number in steps:
        log, model = logs[pick % len(logs)]
        if step == "append":
            log.append(number)
            model.append(number)
        elif step == "copy":
            logs.append((log.copy(), list(model)))
        elif step == "keep":
            log.keep()
        elif len(logs) > 1:
            logs.pop(pick % len(logs))
        for one, like in logs:
            assert list(one) == like
            assert list(reversed(one)) == like[::-1]
            assert (len(one), one.since(1), tuple(one[:2])) == (len(like), tuple(like[1:]), tuple(like[:2]))
            assert one == Log(like)
            assert not like or one[-1] == like[-1]
    assert Log([1]) != Log([2])
