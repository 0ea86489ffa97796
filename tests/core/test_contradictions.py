"""An endpoint whose declaration contradicts itself is refused when its plugin is loaded, before anything is sent."""

from __future__ import annotations

import pytest
from tests.core.plugin_sites import Discover, Install, venue_code

from venuekit.capabilities import CountdownControl
from venuekit.endpoint import Effect, Endpoint
from venuekit.errors import PluginError

_READ = ", effect=Effect.READ"


@pytest.mark.parametrize(
    ("endpoint", "cause"),
    [
        ("'/order', serves=(OrderControl.place_order,)", "serves place_order and its effect is delta; .* Effect.KEYED"),
        (f"'/order', serves=(OrderControl.place_order,){_READ}, note='x'", "place_order .* read; .* Effect.KEYED"),
        (f"'/orders', serves=(OrderBatchControl.place_orders,){_READ}", "serves place_orders .* Effect.KEYED"),
        (f"'/margin', serves=(PositionMarginControl.add_margin,){_READ}", "serves add_margin .* Effect.DELTA"),
        ("'/margin', serves=(PositionMarginControl.reduce_margin,), effect=Effect.SESSION", "twice: .* Effect.DELTA"),
        (
            f"'/leverage', serves=(LeverageControl.set_leverage,){_READ}",
            "set_leverage .* something: .* Effect.SET",
        ),
        ("'/mode', serves=(PositionModeControl.set_position_mode,), effect=Effect.SESSION", "session; .* Effect.SET"),
        (f"'/order', serves=(OrderControl.cancel_order,){_READ}", "serves cancel_order and its effect is read; .*"),
        (f"'/info'{_READ}", "its effect is read, and POST usually changes something: say in its note why"),
    ],
)
def test_an_endpoint_that_contradicts_itself_is_refused(
    install: Install, discover: Discover, endpoint: str, cause: str
) -> None:
    """A write whose effect would let it be sent twice, or past the guard, is refused with its path and the mend."""
    names = "from venuekit.capabilities import *\nfrom venuekit.endpoint import Effect\n"
    declaration = f"Endpoint('POST', {endpoint}, decode=bytes)"
    install("acme", f"{venue_code('acme_perp')}\n{names}{declaration}", venues=("acme_perp",))

    with pytest.raises(PluginError, match=rf"(?s)acme 1\.5 cannot be used: ValueError: POST /\w+: .*{cause}"):
        discover().venue("acme_perp")


def test_a_read_by_post_says_why() -> None:
    """A read that is posted is taken with a note, and so is a session that renews a countdown."""
    posted: Endpoint[bytes] = Endpoint("POST", "/info", decode=bytes, effect=Effect.READ, note="Reads are posted here.")
    serves = (CountdownControl.set_countdown,)
    beat: Endpoint[bytes] = Endpoint("POST", "/beat", decode=bytes, effect=Effect.SESSION, serves=serves)

    assert not posted.is_write
    assert not beat.is_write
