"""Files of journals: whose they are, by their names, and every write in them, whether it ended or not."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import attrs

from venuekit.order_scope import ClientIds
from venuekit.pipeline.journal_lines import Day, Ended, UnreadableLine, Unresolved

#: a file that is in use, or one that was set aside since nothing is open in it
_FILE = re.compile(
    r"(?P<venue>[a-z][a-z0-9_]*)-(?P<environment>[a-z]+)-(?P<key>[0-9a-f]+)-(?P<day>[0-9]{8})\.(closed|jsonl)"
)


@attrs.frozen(order=True)
class JournalName:
    """Whose journal it is: a venue's id, an environment, and the fingerprint of a key, which begin its files' names."""

    venue: str
    environment: str
    key: str

    def __str__(self) -> str:
        return f"{self.venue}-{self.environment}-{self.key}"


@attrs.frozen
class JournaledWrite:
    """
    A write as its journal has it: its first and its last attempt, and how it ended.

    ``ended`` is None as long as its outcome is not known.
    """

    first: Unresolved
    last: Unresolved
    attempts: int
    ended: Ended | None = None


@attrs.frozen(order=True)
class JournalDay:
    """The writes of one journal that began on a day (UTC, by the venue's clock), in one file or two."""

    day: date
    name: JournalName
    paths: tuple[Path, ...]

    def read(self) -> tuple[tuple[JournaledWrite, ...], tuple[UnreadableLine, ...]]:
        """Return the writes, oldest first, and the lines that cannot be read."""
        writes: dict[str, JournaledWrite] = {}
        unreadable: list[UnreadableLine] = []
        for path in self.paths:
            history = _History(path, ClientIds(), writes=writes)
            try:
                history.read_on()
            except FileNotFoundError:  # it was set aside since, or its owner has just removed it
                if path.suffix == ".closed" or not path.with_suffix(".closed").exists():
                    continue
                history = _History(path.with_suffix(".closed"), ClientIds(), writes=writes)
                history.read_on()
            unreadable += history.unreadable_lines()
        return tuple(sorted(writes.values(), key=lambda one: one.first.sent_at)), tuple(unreadable)


@attrs.define(eq=False)
class _History(Day):
    """The lines of one file, of which every write is kept."""

    writes: dict[str, JournaledWrite] = attrs.field(factory=dict, kw_only=True)

    def note_begin(self, line: Unresolved) -> None:
        """Keep a write, or a further attempt of one."""
        known = self.writes.get(line.id)
        if known is None:
            self.writes[line.id] = JournaledWrite(line, line, 1)
        else:
            self.writes[line.id] = JournaledWrite(known.first, line, known.attempts + 1)

    def note_end(self, line: Ended) -> None:
        """Keep how a write ended."""
        known = self.writes.get(line.id)
        if known is not None:
            self.writes[line.id] = attrs.evolve(known, ended=line)
        else:
            self.report("says how a write ended, and the line of its beginning is not there")


def find_journal_days(directory: Path) -> tuple[JournalDay, ...]:
    """
    Return the days of every journal in a directory, the oldest first; files of other names are left out.

    Raises:
        OSError: the directory cannot be listed.
    """
    found: dict[tuple[date, JournalName], list[Path]] = {}
    for path in sorted(directory.iterdir()):  # of one day, what was set aside comes first
        match = _FILE.fullmatch(path.name)
        if match is None:
            continue
        try:
            day = date.fromisoformat(match["day"])
        except ValueError:  # the 30th of February
            continue
        name = JournalName(match["venue"], match["environment"], match["key"])
        found.setdefault((day, name), []).append(path)
    return tuple(sorted(JournalDay(day, name, tuple(paths)) for (day, name), paths in found.items()))
