"""
Client CPU of the journal: a write's two lines, one before its first byte and one after its end.

Beside the lines themselves this counts the identity of the write, the moments of its line, and the look at whether the
file is still there: all that the journal adds to a write. Prints JSON: microseconds per write, one number per round.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from measure import pin

from venuekit.endpoint import Effect
from venuekit.errors import Outcome
from venuekit.order_scope import MadeId
from venuekit.pipeline.journal import FileJournal
from venuekit.pipeline.journal_lines import Begun, Ended, plain_parameters

WRITES, ROUNDS = 3000, 9
SETTING = {"symbol": "BTCUSDT", "leverage": 20}
ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": Decimal("0.002"),
    "price": Decimal("60000.1"),
    "newOrderRespType": "RESULT",
}


def _write(journal: FileJournal, sent_at: int, parameters: Mapping[str, Any], client_id: MadeId | None) -> None:
    """Do for one write what :mod:`venuekit.pipeline.notes` does, with a moment in milliseconds since 1970."""
    begun = Begun(
        journal.new_id(sent_at),
        "set_leverage" if client_id is None else "place_order",
        "POST",
        "/fapi/v1/leverage" if client_id is None else "/fapi/v1/order",
        plain_parameters(parameters),
        sent_at,
        sent_at + 6000,
        Effect.SET if client_id is None else Effect.KEYED,
        client_id,
        (),
        () if client_id is None else tuple(sorted({client_id})),
        None,
        {},
    )
    journal.begin(begun)
    journal.end(Ended(begun.id, Outcome.APPLIED, sent_at + 20, None))


def _round(journal: FileJournal, *, orders: bool) -> float:
    """Return the microseconds per write of one round."""
    now = time.time_ns() // 1_000_000
    ids = [MadeId(f"vk-{number:024x}") if orders else None for number in range(WRITES)]
    parameters = [SETTING if one is None else {**ORDER, "newClientOrderId": one} for one in ids]
    started = time.process_time()
    for number in range(WRITES):
        _write(journal, now, parameters[number], ids[number])
    return (time.process_time() - started) / WRITES * 1e6


def main() -> None:
    pin(0)
    with tempfile.TemporaryDirectory() as directory:
        figures: dict[str, list[float]] = {"setting": [], "order": []}
        journals = {kind: FileJournal(Path(directory) / f"acme_perp-live-{kind}") for kind in figures}
        for _ in range(ROUNDS):
            for kind, journal in journals.items():
                figures[kind].append(_round(journal, orders=kind == "order"))
        for journal in journals.values():
            asyncio.run(journal.aclose())
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
