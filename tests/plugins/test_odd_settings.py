"""Settings with rows that cannot be read: only the changes that depend on such a row are refused."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from venuekit.errors import OddRow
from venuekit.message import HttpRequest, HttpResponse
from venuekit.plugins import make_plugins
from venuekit.settings import Plan, StepStatus, apply, parse_target, plan, plan_exit_status
from venuekit.testing.fake import json_answer
from venuekit.testing.staged import fake_stage

#: an odd symbol, a readable one, the read with a row for each symbol, and the endpoint and field of an odd row
VENUES = {
    "aster_usdm_v1": ("BTCUSDT", "ETHUSDT", "positionRisk", r"GET /fapi/\S+/positionRisk: \[\d+\]\.leverage"),
    "binance_usdm": ("BTCUSDT", "ETHUSDT", "symbolConfig", r"GET /fapi/v1/symbolConfig: \[\d+\]\.leverage"),
    "binance_coinm": ("BTCUSD_PERP", "ETHUSD_PERP", "positionRisk", r"GET /dapi/v1/positionRisk: \[\d+\]\.leverage"),
    "bybit_inverse": ("BTCUSD", "ETHUSD", "position/list", r"GET /v5/position/list: result\.list\[\d+\]\.leverage"),
}
#: the reads of positions, open orders and brackets, each with a field that every row needs
OTHER_READS = {
    "aster_usdm_v1": {"positionRisk": "positionAmt", "openOrders": "price", "leverageBracket": "brackets"},
    "binance_usdm": {"positionRisk": "positionAmt", "openOrders": "price", "leverageBracket": "brackets"},
    "binance_coinm": {"positionRisk": "positionAmt", "openOrders": "price", "leverageBracket": "brackets"},
    "bybit_inverse": {"position/list": "size", "order/realtime": "price", "risk-limit": "maxLeverage"},
}
venues = pytest.mark.parametrize("venue", VENUES)
Edit = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


@asynccontextmanager
async def edited(venue: str, edits: dict[str, Edit]) -> AsyncIterator[Any]:
    """Open an account that holds a position; the rows of some of its reads are edited before they arrive."""
    async with fake_stage(make_plugins().venue(venue), "holding") as stage:
        reply: Callable[[HttpRequest], HttpResponse] = stage.transport.reply  # type: ignore[assignment]

        def answer(request: HttpRequest) -> HttpResponse:
            response = reply(request)
            for part, edit in edits.items():
                if part in request.url and request.verb == "GET":
                    document = json.loads(response.body)
                    if isinstance(document, list):
                        return json_answer(edit(document))
                    document["result"]["list"] = edit(document["result"]["list"])
                    return json_answer(document)
            return response

        stage.transport.reply = answer
        yield stage.account


def spoil(symbol: str, **fields: Any) -> Edit:
    """Return an edit that changes fields of the rows of one symbol."""
    return lambda rows: [{**row, **fields} if row["symbol"] == symbol else row for row in rows]


def step(made: Plan, name: str) -> Any:
    """Return a step by its name below the account."""
    return next(step for step in made.steps if step.name == f"accounts.main.{name}")


@venues
async def test_an_odd_row_refuses_its_symbol_alone(venue: str) -> None:
    """The refusal names account, symbol, endpoint and field; another symbol of the account is planned and changed."""
    odd, readable, part, words = VENUES[venue]
    async with edited(venue, {part: spoil(odd, leverage="NaN")}) as account:
        accounts = {"main": account}
        text = f"[accounts.main.symbols]\n{odd}.leverage = 7\n{readable}.leverage = 7\n"
        with pytest.warns(OddRow):
            made = await plan(parse_target(text).target, accounts)
        assert made.unreadable == ()
        assert step(made, f"symbols.{readable}.leverage").status is StepStatus.PENDING
        refused = step(made, f"symbols.{odd}.leverage")
        assert refused.status is StepStatus.REFUSED
        assert re.fullmatch(rf"a row of {odd} of account main could not be read: {words}: .* got 'NaN'", refused.reason)
        assert plan_exit_status(made) == 3
        with pytest.warns(OddRow):
            report = await apply(made, accounts)
        ended = {result.symbol: result for result in report.results}
        assert (ended[readable].status, ended[odd].status) == ("changed", "refused")
        assert ended[odd].message == refused.reason
        (row,) = [row for row in report.rows() if row["symbol"] == odd]
        assert (row["account"], row["message"]) == ("main", refused.reason)


@venues
@pytest.mark.parametrize("read", [0, 1, 2])
async def test_each_read_of_the_settings_is_read_without_its_odd_rows(venue: str, read: int) -> None:
    """An odd position, order or bracket keeps its own symbol from being changed and leaves the other one alone."""
    odd, readable, _, _ = VENUES[venue]
    part, field = list(OTHER_READS[venue].items())[read]

    def spoil_or_add(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        spoilt = [{**row, field: "NaN"} if row.get("symbol") == odd else row for row in rows]
        return spoilt if spoilt or read != 1 else [{"symbol": odd, field: "NaN"}]

    async with edited(venue, {part: spoil_or_add}) as account:
        with pytest.warns(OddRow):
            snapshot = await account.get_settings([odd, readable], orders=[odd, readable], brackets=True)
        assert (snapshot.symbol(odd), set(snapshot.odd)) == (None, {odd})
        assert field in snapshot.odd[odd].words or read == 1
        assert snapshot.symbol(readable).max_leverage
        assert snapshot.symbol(readable).open_orders == 0


@venues
async def test_a_row_without_a_symbol_may_be_about_any(venue: str) -> None:
    """No symbol is planned then: each refusal names the row."""
    _, readable, part, _ = VENUES[venue]

    def add_nameless(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [*rows, {**rows[0], "symbol": None}] if len(rows) != 1 or rows[0]["symbol"] != readable else rows

    async with edited(venue, {part: add_nameless}) as account:
        with pytest.warns(OddRow):
            made = await plan(
                parse_target(f"[accounts.main.symbols]\n{readable}.leverage = 7\n").target, {"main": account}
            )
        (refused,) = made.steps
        assert refused.status is StepStatus.REFUSED
        words = f"a row of an unknown symbol, which may be {readable}, of account main could not be read: GET "
        assert (refused.reason or "").startswith(words)
        assert "].symbol: " in (refused.reason or "")


@pytest.mark.parametrize("venue", ["aster_usdm_v1", "binance_usdm", "binance_coinm"])
async def test_an_odd_row_refuses_the_mode_that_depends_on_every_symbol(venue: str) -> None:
    """The position mode is refused with that row; a mode that already holds is unchanged."""
    odd, readable, part, words = VENUES[venue]
    async with edited(venue, {part: spoil(odd, leverage="NaN")}) as account:
        text = '[accounts.main]\nposition_mode = "{}"\nsymbols.' + readable + ".leverage = 7\n"
        for mode, status in (("hedge", StepStatus.REFUSED), ("one_way", StepStatus.UNCHANGED)):
            with pytest.warns(OddRow):
                made = await plan(parse_target(text.format(mode)).target, {"main": account})
            assert step(made, "position_mode").status is status
            assert step(made, f"symbols.{readable}.leverage").status is StepStatus.PENDING
            if status is StepStatus.REFUSED:
                reason = (
                    f"it depends on every symbol of account main on {venue}, and a row of {odd} could not be read: "
                )
                assert re.match(reason + words, step(made, "position_mode").reason or "")


async def test_an_odd_row_refuses_the_margin_type_of_the_account() -> None:
    """It touches the position that could not be read."""
    odd, readable, part, words = VENUES["bybit_inverse"]
    async with edited("bybit_inverse", {part: spoil(odd, leverage="NaN")}) as account:
        present = (await account.get_margin_type()).margin_type
        other = "cross" if present == "isolated" else "isolated"
        text = f'[accounts.main]\nmargin_type = "{other}"\nsymbols.{readable}.leverage = 7\n'
        with pytest.warns(OddRow):
            made = await plan(parse_target(text).target, {"main": account})
        assert step(made, "margin_type").status is StepStatus.REFUSED
        assert re.search(f"it depends on every symbol .* a row of {odd} .*{words}", step(made, "margin_type").reason)
