"""The ledger: one account of the simulated exchange, with its wallets, positions, orders and settings."""

from __future__ import annotations

from venuekit.simulator.ledger import fills, liquidation, market, orders, positions, settings, wallets
from venuekit.simulator.ledger.base import LedgerBase, command
from venuekit.simulator.ledger.events import EventReason
from venuekit.simulator.ledger.reads import LedgerReads


class ScenarioCommands(LedgerBase):
    """The commands of scenarios: the market, the venue's own actions, and delayed records."""

    fill = command(fills.fill)
    fill_order = command(orders.fill_order)
    set_mark = command(market.set_mark)
    set_index_price = command(market.set_index_price)
    set_depth = command(market.set_depth)
    fund = command(market.fund)
    deleverage = command(liquidation.deleverage)
    deposit = command(wallets.deposit)
    book = command(wallets.book)
    withdraw = command(wallets.withdraw)
    convert = command(wallets.convert)
    lag = command(market.lag)
    hide_order = command(orders.hide_order)


class Ledger(ScenarioCommands, LedgerReads):
    """
    One account, pure and synchronous: commands change it or raise ``Refused``, reads return values.

    A refused command changes nothing at all. :meth:`set_mark` alone moves prices, and is the market: it fills the
    orders that it crosses and liquidates the positions whose margin it exhausts.
    """

    # -- orders

    place = command(orders.place)
    test = command(orders.test, keep=False)
    decide = command(orders.decide)
    amend_order = command(orders.amend_order)
    cancel_order = command(orders.cancel_order)
    cancel_orders = command(orders.cancel_orders)
    countdown = command(orders.countdown)
    set_decision_delay = command(orders.set_decision_delay)
    rest_order = command(orders.rest_order)

    # -- margin and settings

    adjust_margin = command(positions.adjust_margin)
    set_leverage = command(settings.set_leverage, EventReason.LEVERAGE)
    set_margin_type = command(settings.set_margin_type, EventReason.MARGIN_TYPE)
    set_position_mode = command(settings.set_position_mode)
    set_asset_mode = command(settings.set_asset_mode)
    set_collateral = command(settings.set_collateral)
