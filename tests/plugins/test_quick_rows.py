"""Rows as simulated venues write them take the quick reader: a blank column that is not declared would be slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from venuekit.parts.rows import Rows
from venuekit.plugins import make_plugins
from venuekit.testing.staged import fake_stage

#: for each venue the endpoints whose answers are declared, with their parameters, and their rows
READS: dict[str, dict[str, tuple[dict[str, str], Callable[[Any], list[Rows[Any]]]]]] = {
    "aster_usdm_v1": {
        "positionRisk": ({}, lambda value: [value]),
        "balance": ({}, lambda value: [value]),
        "account": ({}, lambda value: [value.totals, value.assets, value.positions]),
    },
    "binance_usdm": {
        "positionRisk": ({}, lambda value: [value]),
        "symbolConfig": ({}, lambda value: [value]),
        "balance": ({}, lambda value: [value]),
        "account": ({}, lambda value: [value.totals, value.assets]),
    },
    "binance_coinm": {
        "positionRisk": ({}, lambda value: [value]),
        "balance": ({}, lambda value: [value]),
        "account": ({}, lambda value: [value.info, value.assets, value.positions]),
    },
    "bybit_inverse": {
        "position/list": ({"category": "inverse"}, lambda value: [value.rows, value.end]),
        "wallet-balance": ({"accountType": "UNIFIED"}, lambda value: [value.totals, value.coins]),
        "collateral-info": ({}, lambda value: [value]),
    },
}


@pytest.mark.parametrize(("venue", "path"), [(venue, path) for venue, reads in READS.items() for path in reads])
async def test_usual_rows_are_read_quickly(venue: str, path: str) -> None:
    """Neither the decoding nor the making of values needs the second reader."""
    parameters, parts = READS[venue][path]
    declared = make_plugins().venue(venue)
    (endpoint,) = [
        one for one in declared.endpoints if one.verb == "GET" and one.host is None and one.path.endswith(f"/{path}")
    ]
    async with fake_stage(declared, "holding") as stage:
        for rows in parts(await stage.account.call(endpoint, **parameters)):
            source = rows._source
            assert source.is_quick
            assert len(source.program.quick([*rows], [None] * len(rows), {}.get)) == len(rows)
