"""Journals of an account's keys: read together, each written by its own key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.journal_entries import line_of

from venuekit._util.times import to_milliseconds
from venuekit.endpoint import Effect, EndpointName
from venuekit.order_scope import ClientIds
from venuekit.pipeline.journal import FileJournal
from venuekit.pipeline.journal_lines import Ended, Unresolved

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def noted(journal: FileJournal, number: int, effect: Effect = Effect.KEYED) -> Unresolved:
    """Begin a write of this many minutes after noon."""
    at = NOW + timedelta(minutes=number)
    fence = at + timedelta(seconds=6)
    ids = (f"id-{number}",)
    entry = Unresolved(
        journal.new_id(to_milliseconds(at)),
        "place_order",
        "POST",
        "/order",
        {},
        at,
        fence,
        ids[0],
        effect,
        client_ids=ids,
    )
    journal.begin(line_of(entry))
    return entry


@pytest.fixture
def pair(tmp_path: Path) -> tuple[FileJournal, FileJournal]:
    """The journals of two keys, each the other's mate, as one process holds them."""
    recent = ClientIds()
    first, second = FileJournal(tmp_path / "acme-live-1", recent), FileJournal(tmp_path / "acme-live-2", recent)
    first.find_mates, second.find_mates = lambda: (second,), lambda: (first,)
    first.look_for_mates()
    second.look_for_mates()
    return first, second


def test_open_writes_of_all_keys_are_listed_oldest_first(pair: tuple[FileJournal, FileJournal]) -> None:
    """It does not matter which key is asked, or in which order they wrote."""
    first, second = pair
    entries = [noted(first, 2), noted(second, 1), noted(first, 3)]

    expected = [entries[number].id for number in (1, 0, 2)]
    assert expected == [entry.id for entry in first.open_writes()] == [entry.id for entry in second.open_writes()]


def test_a_write_is_closed_where_it_was_begun(pair: tuple[FileJournal, FileJournal], tmp_path: Path) -> None:
    """One that an earlier process left in the file of the other key ends in that file, whoever closes it."""
    first, second = pair
    left = noted(FileJournal(tmp_path / "acme-live-2"), 0)
    assert [entry.id for entry in first.open_writes()] == [left.id]

    assert first.end(Ended(left.id, "applied", claims="row 1"))

    assert first.open_writes() == second.open_writes() == ()
    assert [path.name for path in tmp_path.iterdir()] == ["acme-live-2-20261101.jsonl"]
    assert first.claims() == second.claims() == {"row 1"}


def test_client_ids_of_another_key_are_known_before_an_order_leaves(
    pair: tuple[FileJournal, FileJournal], tmp_path: Path
) -> None:
    """What another process has sent by the account's other key is read each time, if there is something new."""
    first, _ = pair
    elsewhere = FileJournal(tmp_path / "acme-live-2")
    first.catch_up(to_milliseconds(NOW))
    for number in range(3):
        entry = noted(elsewhere, number)
        assert first.recent.latest(f"id-{number}") == 0
        first.catch_up(to_milliseconds(NOW))
        assert first.recent.latest(f"id-{number}") == entry.fence.timestamp() * 1000
        first.catch_up(to_milliseconds(NOW))


def test_a_line_that_cannot_be_read_is_listed_for_every_key(
    pair: tuple[FileJournal, FileJournal], tmp_path: Path
) -> None:
    """It may hide a write of the account."""
    first, second = pair
    (tmp_path / "acme-live-2-20261101.jsonl").write_text("not a line\n")
    for journal in pair:
        with pytest.warns(UserWarning, match=r"acme-live-2-20261101.jsonl:1: not JSON"):
            journal.open_writes()

    assert first.unreadable() == second.unreadable()
    assert len(first.unreadable()) == 1


def test_equal_writes_of_all_keys_explain_rows(pair: tuple[FileJournal, FileJournal]) -> None:
    """A lost write is not taken for the one that another key of the account has sent."""
    first, second = pair
    entry = noted(second, 0, Effect.DELTA)
    second.end(Ended(entry.id, "applied"))
    lost = noted(first, 1, Effect.DELTA)

    (other,) = first.others(lost.id, EndpointName("POST", "/order"), sole=True)

    assert other.sent_at == entry.sent_at


def test_ids_are_noted_where_joined_keys_look_for_them(tmp_path: Path) -> None:
    """A journal that was read before its key was joined tells the account's ids, also those of later lines."""
    journal, recent = FileJournal(tmp_path / "acme-live-1"), ClientIds()
    noted(journal, 0)
    journal.open_writes()
    journal.note_ids_in(recent)

    noted(FileJournal(tmp_path / "acme-live-1"), 1)
    journal.open_writes()

    assert recent.latest("id-1")


def test_client_ids_of_other_processes_are_known_before_an_order_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read from the file of the day while it is written to here, and where it was replaced or is gone."""
    monkeypatch.setattr("venuekit.pipeline.journal._LOOK_HOLDS", 0.0)  # the other process notices at once
    ours, theirs, now = FileJournal(tmp_path / "acme-live-1"), FileJournal(tmp_path / "acme-live-1"), NOW
    noted(ours, 0)
    path = Path(ours._path)
    for number in range(1, 4):
        entry = noted(theirs, number)
        ours.catch_up(to_milliseconds(now))
        assert ours.recent.latest(f"id-{number}") == to_milliseconds(entry.fence)
    ours.catch_up(to_milliseconds(now))
    path.unlink()
    ours.catch_up(to_milliseconds(now))

    left = noted(theirs, 5)
    ours.catch_up(to_milliseconds(now))

    assert ours.recent.latest("id-5") == to_milliseconds(left.fence)
