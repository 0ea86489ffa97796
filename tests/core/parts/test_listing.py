"""The contracts of a venue, as its parts need them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import Instrument, InstrumentReader, OrderReader
from venuekit.errors import InvalidRequest
from venuekit.parts.listing import Listing, add_hint, remember_symbols, suggest_symbol, unlisted_error
from venuekit.parts.orders import OrderSteps
from venuekit.testing.staged import Stage, on_stage
from venuekit_toy_swap import TOY_SWAP
from venuekit_toy_swap.endpoints import SWAP

D = Decimal
LISTING = Listing(SWAP.CONTRACTS)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """The venue, with an account that has read nothing yet."""
    async with on_stage(TOY_SWAP) as stage:
        stage.simulation.requests.clear()
        yield stage


async def test_a_refused_symbol_gets_the_remembered_one_that_was_meant(stage: Stage) -> None:
    """Without a memory there are the venue's words alone; a remembered symbol gets no hint, and no hint comes twice."""
    listed = await InstrumentReader.of(stage.account).get_instruments()

    async def refused(symbol: str) -> InvalidRequest:
        with pytest.raises(InvalidRequest) as caught:
            await OrderReader.of(stage.account).get_open_orders(symbol=symbol)
        assert caught.value.subject == symbol
        return caught.value

    before = await refused("ALTXBTT")
    remember_symbols(stage.account, listed)
    hint = "; did you mean ALTXBT?"
    error = await refused("ALTXBTT")
    assert error.message == before.message + hint
    add_hint(error, listed)
    assert error.message.count(hint) == 1
    add_hint(before, listed)
    assert before.message == error.message
    assert str(unlisted_error(stage.account, "not there", "ALTXBTT")).endswith(f"not there{hint}")
    assert "did you mean" not in (await refused("QQQQQQQQ")).message
    remember_symbols(stage.account, [attrs.evolve(listed[0], symbol="ALTXBTT")])
    assert (await refused("ALTXBTT")).message == before.message.removesuffix(hint)


async def test_contracts_are_read_once(stage: Stage) -> None:
    """One read serves every question; a question about the present is asked anew."""
    contract = await LISTING.find(stage.account, "ALTXBT")
    assert (await LISTING.by_symbol(stage.account))["ALTXBT"] is contract
    assert (await LISTING.sizes(stage.account))("ALTXBT") is contract
    assert (await LISTING.sizes(stage.account))("NONE") is None
    assert await LISTING.steps(stage.account, "ALTXBT", False) == OrderSteps(D(1), D("0.00001"))
    assert len(stage.arrivals(SWAP.CONTRACTS)) == 1
    assert await LISTING.find(stage.account, "ALTXBT", renew=True) == contract
    assert len(stage.arrivals(SWAP.CONTRACTS)) == 2


async def test_symbol_that_is_not_listed_is_looked_for_anew(stage: Stage) -> None:
    """A contract may have been listed since; one that is not is refused by the venue's list."""
    await LISTING.by_symbol(stage.account)
    with pytest.raises(InvalidRequest, match="the venue lists no such contract") as caught:
        await LISTING.find(stage.account, "NONE")
    assert caught.value.subject == "NONE"
    assert len(stage.arrivals(SWAP.CONTRACTS)) == 2


async def test_the_symbol_that_was_meant_is_suggested(stage: Stage) -> None:
    """By its looks, or by the key of the contract; nothing is suggested for one that is like none."""
    listed = [*(await LISTING.by_symbol(stage.account)).values()]
    contract = listed[0]

    assert suggest_symbol(contract.symbol.lower(), listed) == f"; did you mean {contract.symbol}?"
    meant = f"; did you mean {contract.symbol}? It is {contract.key}"
    assert suggest_symbol(contract.key, listed) == meant
    assert suggest_symbol(contract.key.partition(":")[0], [contract]) == meant
    assert suggest_symbol("", listed) == suggest_symbol("q/w", listed) == suggest_symbol(contract.symbol, []) == ""


async def test_worth_of_contracts_is_the_ledgers(stage: Stage) -> None:
    """Linear and quanto as listed, and inverse, whose worth no price changes."""
    price = D("0.05")
    for contract in (await LISTING.by_symbol(stage.account)).values():
        held = stage.ledger.contract(contract.symbol).notional(D(-3), price)
        assert contract.notional(D(-3), price) == held
        assert contract.notional(D(-3), None) is None
    inverse: Any = attrs.evolve(await LISTING.find(stage.account, "ALTXBT"), is_inverse=True, contract_size=D(100))
    assert inverse.notional(D(-3), None) == inverse.notional(D(-3), price) == D(-300)
    unknown: Instrument = attrs.evolve(inverse, contract_size=None)
    assert unknown.notional(D(1), price) is None
