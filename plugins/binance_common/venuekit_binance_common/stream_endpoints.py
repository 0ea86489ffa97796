"""Listen keys, which open the stream of an account; as operations of the product's root."""

from __future__ import annotations

from typing import Any

import attrs

from venuekit.parts.endpoint_book import EndpointBook
from venuekit.plugin import Effect, Endpoint, Secret, Security, payload_decoder
from venuekit_binance_common.venue import PAYS


@attrs.frozen
class _ListenKeyRow:
    listen_key: str | None = attrs.field(default=None, repr=False)


_decode_row = payload_decoder(_ListenKeyRow, renames={_ListenKeyRow: {"listen_key": "listenKey"}})


def _decode_listen_key(body: bytes) -> Secret | None:
    """Return the key; None where the answer is empty, as older documentation prints it."""
    text = _decode_row(body).listen_key
    return None if text is None else Secret(text)


def _decode_nothing(body: bytes) -> None:
    _decode_row(body)


@attrs.frozen
class StreamEndpoints(EndpointBook):
    """
    Start, prolong and end a listen key, which is the account's: ending it ends it for all its users.

    It lives for 60 minutes from each start or prolongation; starting again gives the same one.
    """

    start: Endpoint[Secret | None]
    keep_alive: Endpoint[Secret | None]
    stop: Endpoint[None]


def stream_endpoints(root: str) -> StreamEndpoints:
    """Return the listen key's endpoints; they carry the API key and no signature."""
    path = f"{root}/v1/listenKey"
    common: dict[str, Any] = {"security": Security.KEY, "pools": PAYS, "effect": Effect.SESSION}
    return StreamEndpoints(
        start=Endpoint("POST", path, decode=_decode_listen_key, note="Lives for 60 minutes.", **common),
        keep_alive=Endpoint("PUT", path, decode=_decode_listen_key, note="Another 60 minutes.", **common),
        stop=Endpoint("DELETE", path, decode=_decode_nothing, note="For everybody who uses it.", **common),
    )
