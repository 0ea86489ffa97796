"""Documented routes that the simulator does not answer, by the reason why it does not."""

from __future__ import annotations

from venuekit_binance_common.simulated.unserved import STATISTICS, downloads, of_root

UNSERVED = (
    STATISTICS
    | of_root("GET", "/futures/data", "takerBuySellVol")  # what other traders do, too
    | downloads("/dapi/v1")
)
