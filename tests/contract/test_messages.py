"""The documented messages of user streams: each row names them, and its venue's own decoder makes events of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.contract.contract_registry import ROWS, Row
from tests.offenders import each
from tests.plugins.frames import ARRIVAL

from venuekit.plugin import SessionReply
from venuekit.plugins import make_plugins
from venuekit.testing import fake_stage, find_recorded
from venuekit.venue import Venue

STREAMED = [row for row in ROWS if row.messages]


def frames_of(venue: Venue[Any]) -> Path:
    """Return the directory of the documented messages, beside the recorded answers of the venue's distribution."""
    recorded = find_recorded(venue)
    return next(parent / "frames" for parent in recorded.parents if (parent / "frames").is_dir())


@pytest.mark.parametrize("row", STREAMED, ids=lambda row: row.label)
async def test_messages_of_a_row_become_events(row: Row) -> None:
    """Each becomes events of the kinds that the row names; the plugin's tests compare every field."""
    venue = make_plugins().venue(row.venue)
    assert venue.stream is not None
    async with fake_stage(venue, "flat") as stage:
        decode = await venue.stream.make_decoder(stage.account)
    for name, kinds in row.messages.items():
        document = json.loads((frames_of(venue) / f"{name}.json").read_text(encoding="utf-8"))
        events = decode(json.dumps(document).encode(), ARRIVAL)
        assert not isinstance(events, SessionReply)
        assert [*dict.fromkeys(type(event).__name__ for event in events)] == [*kinds], name


@each(STREAMED, lambda row: row.label)
def test_every_documented_message_is_in_a_row(row: Row) -> None:
    """But for replies to the session, and the messages that only one of several venues of a distribution has."""
    plugins = make_plugins()
    frames = frames_of(plugins.venue(row.venue))
    documented = {path.stem for path in frames.glob("*.json") if "op" not in json.loads(path.read_text("utf-8"))}
    named = {
        name for other in STREAMED if frames_of(make_plugins().venue(other.venue)) == frames for name in other.messages
    }
    assert documented == named
