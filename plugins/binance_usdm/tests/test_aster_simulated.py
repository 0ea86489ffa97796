"""The simulated Aster beside what its client uses: listen keys, and documented routes that are not simulated."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.plugins.binance.exchange import START, Exchange, open_exchange

from venuekit.plugin import Secret, Venue
from venuekit.simulator import Response, SimRequest
from venuekit_binance_usdm.aster.venue import VENUE, VENUE_V1
from venuekit_binance_usdm.aster.wallet import CHAIN_ID, DOMAIN, TypedText, WalletSigner
from venuekit_binance_usdm.simulated.unserved import ASTER_V1_UNSERVED, ASTER_V3_UNSERVED

_HOUR = 60 * 60 * 1000


def with_key(exchange: Exchange, verb: str) -> Response:
    """Return the answer to a request of V1 about the listen key, which has an API key and no signature."""
    headers = {"X-MBX-APIKEY": exchange.key.key}
    return exchange.service.answer(SimRequest.of(verb, "/fapi/v1/listenKey", headers=headers))


async def by_wallet(exchange: Exchange, verb: str, nonce: int) -> Response:
    """Return the answer to a request of V3 about the listen key, which is signed."""
    key = exchange.service.simulated.convert_key(exchange.key)
    exchange.service.add_key(exchange.key)
    text = urlencode({"nonce": START * 1000 + nonce, "user": key.key, "signer": key.fields["signer"]})
    signature = await WalletSigner(Secret(key.secret), TypedText(DOMAIN, CHAIN_ID)).sign(text.encode())
    return exchange.service.answer(
        SimRequest.of(verb, "/fapi/v3/listenKey", query=f"{text}&signature=0x{signature.hex()}")
    )


def test_listen_key_of_an_api_key_lives_for_an_hour() -> None:
    """Starting again gives the same key, a prolongation answers with nothing, and a key that ended is refused."""
    exchange = open_exchange(VENUE_V1, "flat")
    started = json.loads(with_key(exchange, "POST").body)

    assert started.keys() == {"listenKey"}
    assert json.loads(with_key(exchange, "POST").body) == started
    assert (with_key(exchange, "PUT").status, with_key(exchange, "PUT").body) == (200, b"{}")
    exchange.clock[0] += _HOUR
    assert json.loads(with_key(exchange, "PUT").body)["code"] == -1125
    assert json.loads(with_key(exchange, "POST").body) != started
    assert with_key(exchange, "DELETE").body == b"{}"


async def test_listen_key_of_a_wallet_is_signed() -> None:
    """The requests of V3 carry user, signer, nonce and signature; without them they are refused."""
    exchange = open_exchange(VENUE, "flat")

    started = await by_wallet(exchange, "POST", 1)

    assert (started.status, json.loads(started.body).keys()) == (200, {"listenKey"})
    assert (await by_wallet(exchange, "PUT", 2)).body == b"{}"
    assert (await by_wallet(exchange, "DELETE", 3)).body == b"{}"
    unsigned = exchange.service.answer(SimRequest.of("POST", "/fapi/v3/listenKey"))
    assert json.loads(unsigned.body)["code"] == -1102


@pytest.mark.parametrize(
    ("venue", "verb", "path"),
    [(VENUE_V1, *route) for route in sorted(ASTER_V1_UNSERVED)]
    + [(VENUE, *route) for route in sorted(ASTER_V3_UNSERVED)],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_documented_routes_that_are_not_simulated_say_so(
    caplog: pytest.LogCaptureFixture, venue: Venue[Any], verb: str, path: str
) -> None:
    """They answer 501 in the venue's envelope, and a warning names them."""
    exchange = open_exchange(venue, "flat")

    response = exchange.service.answer(SimRequest.of(verb, path))

    assert (response.status, json.loads(response.body)["msg"]) == (501, "not served by the simulator")
    assert f"{verb} {path}" in caplog.text
