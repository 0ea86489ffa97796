"""Messages with any odd value in them become events, or are refused as unreadable, alike with and without raw."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.frames import ARRIVAL, Frames, body_of

from venuekit.errors import PayloadMismatch
from venuekit_binance_coinm.stream import MESSAGES as COINM_MESSAGES
from venuekit_binance_common.stream.events import BinanceDecoder
from venuekit_binance_usdm.aster.stream import MESSAGES as ASTER_MESSAGES
from venuekit_binance_usdm.stream import MESSAGES as USDM_MESSAGES
from venuekit_bybit_inverse.stream import BybitDecoder
from venuekit_bybit_inverse.stream_messages import MESSAGES as BYBIT_MESSAGES

PLUGINS = Path(__file__).parents[2] / "plugins"
COINM, USDM, BYBIT = (
    Frames(str(PLUGINS / name / "tests" / "test")) for name in ("binance_coinm", "binance_usdm", "bybit_inverse")
)
DECODERS: tuple[tuple[Frames, Callable[..., Any]], ...] = (
    (COINM, BinanceDecoder(COINM_MESSAGES)),
    (USDM, BinanceDecoder(USDM_MESSAGES)),
    (USDM, BinanceDecoder(ASTER_MESSAGES)),
    (BYBIT, BybitDecoder(BYBIT_MESSAGES)),
)
CASES = [(frames.document(name), decode) for frames, decode in DECODERS for name in frames.names]
ODD: tuple[Any, ...] = (
    *(None, True, [], {}, "", "abc", "NaN", "INF", "1" * 40, "1e5", 0, -1, 1.5, 2**64, 10**40, [1], {"x": 1}),
    *("253402300800000", 253_402_300_800_000, "-0", "LONG", "cross", "Buy"),
)
_GONE = object()


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield from _places(one, (*path, step))


def _result(decode: Callable[..., Any], body: bytes, *, keep_raw: bool) -> str:
    try:
        return repr(decode(body, ARRIVAL._replace(keep_raw=keep_raw)))
    except PayloadMismatch as mismatch:
        return mismatch.message


@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_an_odd_value_ends_nothing(data: st.DataObject) -> None:
    """No other error than that of an unreadable message, and none that depends on whether the message is kept."""
    document, decode = data.draw(st.sampled_from(CASES))
    document = copy.deepcopy(document)
    if document.get("topic") in {"position", "order", "execution"}:
        document["topic"] += ".inverse"
    *steps, last = data.draw(st.sampled_from([*_places(document)]))
    inner = document
    for step in steps:
        inner = inner[step]
    value = data.draw(st.sampled_from([_GONE, *ODD]))
    if value is _GONE:
        del inner[last]
    else:
        inner[last] = value
    body = body_of(document)
    assert _result(decode, body, keep_raw=True) == _result(decode, body, keep_raw=False)
