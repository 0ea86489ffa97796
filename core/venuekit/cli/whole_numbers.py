"""Text wrapped into lines of a width, in which no number, date or time is broken."""

from __future__ import annotations

import re

#: a number with its sign and marks, a date or a time
_FIGURE = re.compile(r"[+-]?\d(?:[\d.,:T-]*\d)?(?:Z|%| %)?")


def longest_figure(text: str) -> int:
    """Return the number of characters of the longest number, date or time in a text."""
    return max((len(figure) for figure in _FIGURE.findall(text)), default=0)


def wrap(text: str, width: int, *, later: str = "") -> list[str]:
    """
    Return a text in lines; those after the first begin with ``later``.

    Words are kept whole where they fit; a longer one is broken beside its numbers, and a number that is wider than a
    line alone is a line of its own.
    """
    lines: list[str] = []
    line = ""
    for word in re.sub(r"(\d) %", "\\1\xa0%", re.sub(r"[\t\r\n]", " ", text)).split(" "):
        rest = word
        joined = f"{line} {rest}" if line.strip() else f"{line}{rest}"
        if len(joined) <= width:
            line = joined
            continue
        if line.strip():
            lines.append(line)
            line = later
        while len(line) + len(rest) > width and (cut := _cut(rest, max(width - len(line), 1))) < len(rest):
            lines.append(line + rest[:cut])
            line, rest = later, rest[cut:]
        line += rest
    lines.append(line)
    return [one.replace("\xa0", " ").rstrip() for one in lines]


def fill(text: str, width: int, *, later: str = "") -> str:
    """Return a text as :func:`wrap` does, as one text."""
    return "\n".join(wrap(text, width, later=later))


def _cut(word: str, width: int) -> int:
    """Return the place nearest to a width at which a word is broken: its width, or beside the number that is there."""
    for figure in _FIGURE.finditer(word):
        if figure.start() < width < figure.end():
            return figure.start() or figure.end()
    return width
