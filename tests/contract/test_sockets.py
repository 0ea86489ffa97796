"""The socket cases: each method of each row, through the plugin, over a real socket, against the ledger behind it."""

from __future__ import annotations

import pytest
import tests.contract.account_cases as _account_cases  # noqa: F401 - importing files its cases
import tests.contract.order_cases as _order_cases  # noqa: F401 - importing files its cases
import tests.contract.position_cases as _position_cases  # noqa: F401 - importing files its cases
import tests.contract.stream_cases as _stream_cases  # noqa: F401 - importing files its cases
from tests.contract.contract_registry import ROWS, Row
from tests.contract.socket_cases import CASES

from venuekit.plugins import make_plugins
from venuekit.testing import on_stage

SHOWN = [
    (row, method, book)
    for row in ROWS
    for method in row.methods
    for book in row.books
    if method != "*" and (book == "plain" or len(row.books) == 1 or (method, book) in CASES)
]


@pytest.mark.parametrize(
    ("row", "method", "book"), SHOWN, ids=[f"{row.label}-{method}-{book}" for row, method, book in SHOWN]
)
async def test_row_over_a_socket(row: Row, method: str, book: str) -> None:
    """A method of a row works over a real socket, and what it says is what the ledger holds."""
    assert (method, book) in CASES, f"{row.id}: no socket case for {method} of the {book} book"
    scenario, show = CASES[method, book]
    async with on_stage(make_plugins().venue(row.venue), scenario) as stage:
        await show(stage)
        row_endpoints = {tuple(endpoint.split(" ")[:2]) for endpoint in row.endpoints}  # some name an action, too
        asked = {(one.verb, one.path) for one in stage.simulation.requests}
        assert not asked or asked & row_endpoints, f"{row.id} asked none of its endpoints, but {asked}"
