"""The index of keys: links that survive a process, read as others add to them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from venuekit.pipeline.key_index import KeyIndex

PLACE = ("toy", "live")


def test_links_are_found_by_account_and_by_key_in_every_process(tmp_path: Path) -> None:
    """Whoever reads it finds the lines of all, also those that came since; no line is written twice."""
    path = tmp_path / "state" / "accounts.index"
    one, other = KeyIndex(path), KeyIndex(path)
    assert one.accounts_of(*PLACE, "k1") == frozenset()

    one.link(*PLACE, "uid-1", "k1")
    other.link(*PLACE, "uid-1", "k2")
    other.link(*PLACE, "uid-1", "k1")
    one.link("toy", "testnet", "uid-1", "k3")

    for index in (one, other, KeyIndex(path)):
        assert index.keys_of(*PLACE, "uid-1") == {"k1", "k2"}
        assert index.accounts_of(*PLACE, "k2") == {"uid-1"}
        assert index.keys_of("toy", "testnet", "uid-1") == {"k3"}
    assert len(path.read_text().split()) == 3
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", [b"no link", b'{"realm":"toy"}', b"[1,2]", b"[" * 200_000, b"\xff"])
def test_a_line_that_cannot_be_read_is_warned_of_and_hides_no_other(tmp_path: Path, line: bytes) -> None:
    """The lines before and behind it count, and it is named once."""
    path = tmp_path / "accounts.index"
    KeyIndex(path).link(*PLACE, "uid-1", "k1")
    with path.open("ab") as file:
        file.write(line + b"\n")

    index = KeyIndex(path)
    with pytest.warns(UserWarning, match="has a line that cannot be read"):
        assert index.keys_of(*PLACE, "uid-1") == {"k1"}
    index.link(*PLACE, "uid-1", "k2")
    assert index.keys_of(*PLACE, "uid-1") == {"k1", "k2"}


def test_a_line_that_is_still_being_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    """The beginning of a line is no line yet; one that was cut off for good spoils only itself."""
    path = tmp_path / "accounts.index"
    reader = KeyIndex(path)
    KeyIndex(path).link(*PLACE, "uid-1", "k1")
    whole = path.read_bytes()
    with path.open("ab") as file:
        file.write(whole.replace(b"k1", b"k2")[:20])
    assert reader.keys_of(*PLACE, "uid-1") == {"k1"}
    with path.open("ab") as file:
        file.write(whole.replace(b"k1", b"k2")[20:])

    assert reader.keys_of(*PLACE, "uid-1") == {"k1", "k2"}


def test_an_index_that_cannot_be_written_is_warned_of_and_holds_here(tmp_path: Path) -> None:
    """The account opens all the same, and this process knows the link."""
    (tmp_path / "state").write_text("a file where the directory should be")
    index = KeyIndex(tmp_path / "state" / "accounts.index")

    with pytest.warns(UserWarning, match="may not find writes of this account"):
        index.link(*PLACE, "uid-1", "k1")

    assert index.keys_of(*PLACE, "uid-1") == {"k1"}


def test_an_index_that_cannot_be_read_is_warned_of(tmp_path: Path) -> None:
    """No link is known from it, and the account opens all the same."""
    index = KeyIndex.beside(tmp_path)
    index.path.mkdir()

    with pytest.warns(UserWarning, match=r"accounts\.index cannot be read, and unresolved writes of"):
        assert index.keys_of(*PLACE, "uid-1") == frozenset()


def test_a_disk_that_takes_half_a_line_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that met it knows the link, and the half line spoils none that is added later."""
    path, write = tmp_path / "accounts.index", os.write
    index = KeyIndex(path)
    monkeypatch.setattr(os, "write", lambda descriptor, text: write(descriptor, text[:20]))
    with pytest.warns(UserWarning, match="may not find writes of this account"):
        index.link(*PLACE, "uid-1", "k1")
    monkeypatch.undo()

    assert index.keys_of(*PLACE, "uid-1") == {"k1"}
    KeyIndex(path).link(*PLACE, "uid-1", "k2")
    with pytest.warns(UserWarning, match="has a line that cannot be read"):
        assert index.keys_of(*PLACE, "uid-1") == {"k1", "k2"}
