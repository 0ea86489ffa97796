"""Pages of somebody on the way to a venue: they say nothing about a write, on every venue."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest
from tests.plugins.shut_out.shut_out_stage import opened, statuses
from tests.plugins.stages import outcome_of, venues

from venuekit.capabilities import Order, OrderBatchControl, OrderControl, OrderStatus, PositionMarginControl
from venuekit.errors import NotExecuted, OutcomeNotStated, OutcomeUnknown, PermissionDenied
from venuekit.plugin import from_milliseconds
from venuekit.simulator import CannedAnswer

pytestmark = pytest.mark.looptime
D = Decimal
#: what the network in front of a venue answers from some countries
COUNTRY = b"""<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1>
The Amazon CloudFront distribution is configured to block access from your country.</BODY></HTML>"""


@venues
@statuses
async def test_an_order_behind_a_firewalls_page_is_open_until_the_pool_is(venue: str, status: int) -> None:
    """It is unknown at once, with the time; when the address is let in again it is found, and was sent once."""
    async with opened(venue) as stage:
        page = attrs.evolve(CannedAnswer.html(status, applied=True), headers={"Retry-After": "40"})
        stage.disturb(stage.placing, page)
        before = stage.account.monotonic()

        error = await outcome_of(stage.account.place_order(stage.bid()))

        assert type(error) is OutcomeUnknown
        assert stage.account.monotonic() - before < 1
        assert [one.verb for one in stage.sim.requests] == ["POST"]
        assert error.retry_at is not None
        assert error.retry_at > from_milliseconds(stage.milliseconds + 39_000)
        await stage.account.pause(41)
        found = await error.resolve()
        assert isinstance(found, Order)
        assert found.status is OrderStatus.OPEN
        assert len(stage.arrivals(stage.placing)) == 1


@pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm", "aster_usdm_v1"])
@pytest.mark.parametrize("applied", [True, False])
async def test_moved_margin_behind_a_firewalls_page_is_resolved_later(venue: str, applied: bool) -> None:
    """What adds up is never sent again: the history tells, once it can be read."""
    async with opened(venue) as stage:
        held = stage.sim.scenario(venue).held or ""
        add = stage.serving(PositionMarginControl.add_margin)
        stage.disturb(add, attrs.evolve(CannedAnswer.html(403, applied=applied), headers={"Retry-After": "30"}))
        before = stage.ledger.position(held).isolated_wallet

        error = await outcome_of(stage.account.add_margin(held, D("0.5")))

        assert (type(error), error.retry_at is None) == (OutcomeUnknown, False)
        await stage.account.pause(31)
        resolved = await outcome_of(error.resolve())
        assert isinstance(resolved, NotExecuted) is not applied
        assert len(stage.arrivals(add)) == 1
        assert (stage.ledger.position(held).isolated_wallet != before) is applied


@pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm", "bybit_inverse"])
async def test_a_batch_behind_a_firewalls_page_is_resolved_item_by_item(venue: str) -> None:
    """Each of its orders is found in its place, and the batch was sent once."""
    async with opened(venue) as stage:
        place = stage.serving(OrderBatchControl.place_orders)
        stage.disturb(place, attrs.evolve(CannedAnswer.html(429, applied=True), headers={"Retry-After": "30"}))

        error = await outcome_of(stage.account.place_orders([stage.bid(client_id="a"), stage.bid(client_id="b")]))

        assert type(error) is OutcomeUnknown
        await stage.account.pause(31)
        assert [one.client_id for one in await error.resolve()] == ["a", "b"]
        assert len(stage.arrivals(place)) == 1


@venues
@statuses
async def test_a_read_and_a_setting_get_past_a_firewalls_page(venue: str, status: int) -> None:
    """They wait and are sent again, and nobody is told that a key lacks a permission."""
    async with opened(venue) as stage:
        page = attrs.evolve(CannedAnswer.html(status), headers={"Retry-After": "3"})
        stage.disturb(stage.balances, page)
        stage.disturb(stage.set_leverage, page)

        assert await stage.account.get_balances()
        assert (await stage.account.set_leverage(stage.symbol, 3)).changed is None

        assert stage.ledger.leverage(stage.symbol) == 3


@venues
@statuses
async def test_everything_is_cancelled_past_a_firewall(venue: str, status: int) -> None:
    """Cancelling all goes on where a page kept it out, and nothing is left."""
    async with opened(venue) as stage:
        page = attrs.evolve(CannedAnswer.html(status), headers={"Retry-After": "2"})
        stage.disturb(stage.serving(OrderControl.cancel_all_orders), page)

        assert await stage.account.cancel_all_orders(symbol=stage.symbol) == ()

        assert stage.ledger.open_orders(stage.symbol) == ()


@venues
async def test_a_page_is_never_not_found(venue: str) -> None:
    """An order that a gateway does not know is looked for again, and what a page said of a write is not believed."""
    async with opened(venue) as stage:
        stage.disturb(stage.balances, CannedAnswer.html(404), times=4)
        assert type(await outcome_of(stage.account.get_balances())) is OutcomeNotStated
        assert len(stage.arrivals(stage.balances)) == 4

        stage.disturb(stage.placing, CannedAnswer.html(404, applied=True))
        assert (await stage.account.place_order(stage.bid())).status is OrderStatus.OPEN
        assert len(stage.arrivals(stage.placing)) == 1


@venues
async def test_a_blocked_country_is_told_as_such(venue: str) -> None:
    """The page's own words are the error's, and nobody waits for it to pass."""
    async with opened(venue) as stage:
        stage.disturb(stage.balances, CannedAnswer(403, COUNTRY, {"Content-Type": "text/html"}))

        error = await outcome_of(stage.account.get_balances())

        assert type(error) is PermissionDenied
        assert "block access from your country" in str(error)
        assert len(stage.arrivals(stage.balances)) == 1


@venues
async def test_451_is_a_permission(venue: str) -> None:
    """With and without the venue's own words."""
    words = {"code": 0, "msg": "Service unavailable from a restricted location according to the terms."}
    async with opened(venue) as stage:
        for answer in (CannedAnswer.json(451, words), CannedAnswer.html(451)):
            stage.disturb(stage.balances, answer)
            assert type(await outcome_of(stage.account.get_balances())) is PermissionDenied
