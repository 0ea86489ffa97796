"""Parts: ready-made pieces that account classes of venues are put together from."""

from __future__ import annotations

from venuekit.parts.concurrency import earliest, gather, gather_all
from venuekit.parts.endpoint_book import EndpointBook

__all__ = ["EndpointBook", "earliest", "gather", "gather_all"]
