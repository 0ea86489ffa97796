"""
Parts: ready-made pieces that plugins put venues and accounts together from, one module per piece.

* :mod:`~venuekit.parts.endpoint_book`: the endpoints of a venue, listed once
* :mod:`~venuekit.parts.rows`, :mod:`~venuekit.parts.columns`: rows of an answer that become values by declaration
* :mod:`~venuekit.parts.messages`: messages of a stream that become values by such declarations, all at once
* :mod:`~venuekit.parts.values`: values of an answer without its odd rows, and answers that repeat
* :mod:`~venuekit.parts.listing`: the contracts that a venue lists, as its other parts need them
* :mod:`~venuekit.parts.readers`: instruments, balances and positions of declared rows
* :mod:`~venuekit.parts.histories`: every way in which venues page their histories
* :mod:`~venuekit.parts.orders`: orders over routes: place, find, cancel, amend, batches, lost ones, countdown
* :mod:`~venuekit.parts.dead_man`: orders that end when the program is gone, by a countdown or a watched connection
* :mod:`~venuekit.parts.checks`: amounts, sides and numbers, checked before anything is sent
* :mod:`~venuekit.parts.settings`: setters, readers and snapshots of settings, from one function of a venue's row
* :mod:`~venuekit.parts.concurrency`: independent reads at once

The modules are loaded when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venuekit._util.lazy import lazy as _lazy

__all__ = [
    "candles",
    "checks",
    "columns",
    "concurrency",
    "dead_man",
    "endpoint_book",
    "histories",
    "listing",
    "messages",
    "orders",
    "prices",
    "readers",
    "rows",
    "settings",
    "values",
]

if TYPE_CHECKING:
    from venuekit.parts import (
        candles,
        checks,
        columns,
        concurrency,
        dead_man,
        endpoint_book,
        histories,
        listing,
        messages,
        orders,
        prices,
        readers,
        rows,
        settings,
        values,
    )

if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazy(__name__, dict.fromkeys(__all__, ""))
