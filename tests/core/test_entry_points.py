"""Our own reading of installed entry points agrees with the standard library's."""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from venuekit import _entry_points
from venuekit._entry_points import Announced, EntryPointGroup, find_announced, find_installed


def _facts(found: list[Announced]) -> list[tuple[str, str, str, str, str]]:
    return sorted((one.group, one.name, one.value, one.origin.distribution, one.origin.version) for one in found)


def _standard() -> list[Announced]:
    return list(find_announced(point for group in EntryPointGroup for point in entry_points(group=group)))


def _install(site: Path, name: str, announced: str, *, suffix: str = "-1.5.dist-info", file: str = "METADATA") -> None:
    info = site / f"{name.replace('-', '_')}{suffix}"
    info.mkdir(parents=True)
    (info / file).write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n\nName: of the description\n")
    (info / "entry_points.txt").write_text(announced)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory at the front of the path."""
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return tmp_path / "site"


def test_what_is_installed_here() -> None:
    """In this environment both ways find the same."""
    found = _facts(list(_entry_points._in_directories()))

    assert found == _facts(_standard())
    assert any(name == "toy_perp" for _, name, *_ in found)


def test_odd_spellings(site: Path) -> None:
    """Comments, blanks, extras, other groups and egg-info directories are read as the standard library reads them."""
    text = """\
    [console_scripts]
    acme = acme:main

    [venuekit.venues]
    # a comment
    acme_perp=acme.venue
    acme_spot  =  acme.venue:SPOT.plugin [fast]
    [venuekit.plugins]
    # another
    vault = acme.vault
    """
    _install(site, "acme-Trading.kit", "\n".join(line.strip() for line in text.splitlines()))
    _install(site, "old-style", "[venuekit.venues]\nold = old\n", suffix="-1.5-py3.11.egg-info", file="PKG-INFO")

    found = list(_entry_points._in_directories())

    facts = _facts(found)
    ours = {fact for fact in facts if fact[3] in {"acme-Trading.kit", "old-style"}}
    assert {fact[1] for fact in ours} == {"acme_perp", "acme_spot", "vault", "old"}
    standard = {(group, name, value.partition(" [")[0]) for group, name, value, *_ in _facts(_standard())}
    assert {(group, name, value.partition(" [")[0]) for group, name, value, *_ in facts} == standard
    assert {fact[4] for fact in ours} == {"1.5"}


def test_the_first_on_the_path_counts(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that is found twice under one name, however spelt, is taken once."""
    monkeypatch.setattr(sys, "path", [str(site), str(tmp_path / "later"), str(tmp_path / "missing")])
    _install(site, "acme-kit", "[venuekit.venues]\nfirst = acme\n")
    _install(tmp_path / "later", "Acme.Kit", "[venuekit.venues]\nsecond = acme\n", suffix="-9.dist-info")

    assert [one.name for one in find_installed()] == ["first"]
    assert _facts(list(find_installed())) == _facts(_standard())


def test_distribution_that_is_installed_or_removed_meanwhile_is_noticed(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that has looked once sees what is installed and removed afterwards, also where nothing changed long."""
    monkeypatch.setattr(sys, "path", [str(site)])
    _install(site, "acme-kit", "[venuekit.venues]\nfirst = acme\n")
    for names in (["first"], ["first"]):
        os.utime(site, (1_000_000_000, 1_000_000_000))
        assert [one.name for one in find_installed()] == names

    _install(site, "acme-more", "[venuekit.venues]\nsecond = acme\n")
    assert [one.name for one in find_installed()] == ["first", "second"]

    shutil.rmtree(next(site.glob("acme_kit*")))
    assert [one.name for one in find_installed()] == ["second"]


def test_what_is_named_is_loaded(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point gives its module, or the attribute it names."""
    _install(site, "acme", "[venuekit.venues]\nwhole = acme_entry_module\npart = acme_entry_module:Box.held [x]\n")
    (site / "acme_entry_module.py").write_text("class Box:\n    held = 'treasure'\n")
    found = {one.name: one for one in find_installed()}

    whole = found["whole"].load()
    monkeypatch.delitem(sys.modules, "acme_entry_module")

    assert getattr(whole, "__name__", None) == "acme_entry_module"
    assert found["part"].load() == "treasure"


def test_an_archive_on_the_path(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed in an archive is found too, by asking the standard library."""
    archive = tmp_path / "packed.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("packed-3.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: packed\nVersion: 3.0\n")
        packed.writestr("packed-3.0.dist-info/entry_points.txt", "[venuekit.venues]\npacked_perp = packed\n")
    monkeypatch.syspath_prepend(str(archive))

    (found,) = [one for one in find_installed() if one.name == "packed_perp"]

    assert str(found.origin) == "packed 3.0"


def test_a_finder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a finder provides distributions, the standard library is asked."""

    class Finder:
        @classmethod
        def find_distributions(cls, context: object = None) -> list[object]:
            return []

        @classmethod
        def find_spec(cls, *_: object) -> None:
            return None

    monkeypatch.setattr(_entry_points, "_in_directories", lambda: pytest.fail("not asked"))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])

    assert "toy_perp" in {one.name for one in find_installed()}


def test_a_backport_is_the_standard_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The finder that keyring brings with it finds the same directories: plugins keep the lines that announce them."""

    class MetadataPathFinder:
        def find_distributions(self, context: object = None) -> list[object]:
            return []

        def find_spec(self, *_: object) -> None:
            return None

    MetadataPathFinder.__module__ = "importlib_metadata"
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, MetadataPathFinder()])

    assert {one.name: one.place is not None for one in find_installed()}["toy_perp"]
