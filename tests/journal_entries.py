"""Open writes as lines of a journal, as they are before an operation sends them."""

from __future__ import annotations

from venuekit.pipeline.journal_lines import Begun, Unresolved, plain_parameters
from venuekit.plugin import to_milliseconds


def line_of(entry: Unresolved) -> Begun:
    """Return the line from which a journal reads an entry."""
    return Begun(
        id=entry.id,
        operation=entry.operation,
        verb=entry.verb,
        path=entry.path,
        parameters=plain_parameters(entry.parameters),
        sent_at=to_milliseconds(entry.sent_at),
        fence=to_milliseconds(entry.fence),
        effect=entry.effect,
        client_id=entry.client_id,
        client_ids=entry.client_ids,
        made=tuple(sorted(entry.made)),
        nonce=entry.nonce,
        action=dict(entry.action),
    )
