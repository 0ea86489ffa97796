"""The settings of simulated accounts, whatever they are, are written as a target that plans to nothing."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import venuekit
from venuekit.capabilities import InstrumentReader, MarginType, MarginTypeBehaviour, MarginTypeScope
from venuekit.settings import parse_target, plan, plan_exit_status, read_target_of, tables_of, target_toml

KINDS = st.sampled_from([MarginType.CROSS, MarginType.ISOLATED])
LEVERAGES = st.lists(st.tuples(KINDS, st.integers(1, 20).map(Decimal)), min_size=6, max_size=6)


@pytest.mark.parametrize("venue_id", ["binance_usdm", "binance_coinm", "bybit_inverse"])
@settings(max_examples=8, deadline=None)
@given(rows=LEVERAGES, scenario=st.sampled_from(["flat", "holding"]))
def test_export_of_a_random_account_plans_to_nothing(
    venue_id: str, rows: list[tuple[MarginType, Decimal]], scenario: str
) -> None:
    """Every symbol that trades is in it, with a margin type and a leverage that hold."""

    def shuffle(ledger: Any, symbols: list[str], *, wide: bool) -> None:
        free = [symbol for symbol in symbols if not ledger.position(symbol).quantity]
        for symbol, (kind, leverage) in zip(free, rows, strict=False):
            if not wide and ledger.margin_type(symbol) is not kind:
                ledger.set_margin_type(kind, symbol)
            if ledger.leverage(symbol) != leverage:
                ledger.set_leverage(symbol, leverage)

    async def run() -> None:
        async with (
            venuekit.simulate(venue_id, scenario=scenario) as sim,
            venuekit.connect(venue_id, sim.credentials(venue_id), read_only=True) as account,
        ):
            trading = [one.symbol for one in await InstrumentReader.of(account).get_instruments()]
            wide = account.venue.behaviour(MarginTypeBehaviour).scope is MarginTypeScope.ACCOUNT
            shuffle(sim.ledger_of(venue_id), trading, wide=wide)
            found = await read_target_of(account, ["*"])
            file = parse_target(target_toml({"main": tables_of(found)}))
            assert file.target.accounts["main"] == found
            made = await plan(file.check({"main": account.venue}), {"main": account})
            assert plan_exit_status(made) == 0, made.rows()
            assert {step.symbol for step in made.steps if step.symbol is not None} <= set(trading)
            assert len({step.symbol for step in made.steps}) > 2

    asyncio.run(run())
