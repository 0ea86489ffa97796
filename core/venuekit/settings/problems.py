"""Problems of a target file: collected, then told all at once, each with its line."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from venuekit._util.toml_lines import KeyPath, key_text, line_of
from venuekit.errors import TargetFileError

__all__ = ["Problems"]


@attrs.define
class Problems:
    """What is wrong with one target file."""

    source: str
    lines: Mapping[KeyPath, int]
    _found: dict[tuple[int, str], None] = attrs.field(factory=dict, init=False)

    def add(self, path: KeyPath, text: str) -> None:
        """Note one problem at one key; the same one twice counts once."""
        self._found[line_of(self.lines, path), f"{key_text(path)}: {text}"] = None

    def line_of(self, path: KeyPath) -> int:
        """Return the line on which a key stands."""
        return line_of(self.lines, path)

    def raise_any(self) -> None:
        """
        Raise what was found, one line of text each.

        Raises:
            TargetFileError: there are problems.
        """
        if self._found:
            raise TargetFileError("\n".join(f"{self.source}:{line}: {text}" for line, text in sorted(self._found)))
