"""Recorded answers are in the repository for everybody to read: nothing in them opens an account."""

from __future__ import annotations

import json
from pathlib import Path

from tests.offenders import each

from venuekit.credentials import redact

ROOT = Path(__file__).parents[2]
#: words of documentations, and made-up ones, where a venue's answer has a key
MADE_UP = ("pqia91ma19a5s61c", "madeUpKey00000001", "made-up", "origin_string[...]")
PLACES = ("plugins", "examples", "tests", "core")
RECORDED = [path for place in PLACES for path in ROOT.glob(f"{place}/**/recorded/**/*.json")]


@each(RECORDED, lambda path: str(path.relative_to(ROOT)))
def test_nothing_recorded_is_a_secret(path: Path) -> None:
    """The redactor, which knows keys by their names and by their length, finds nothing to hide."""
    recorded = json.loads(path.read_text(encoding="utf-8"))
    recorded.pop("beside", None)  # names of other files
    text = json.dumps(recorded, indent=1)
    for word in MADE_UP:
        text = text.replace(word, "")

    assert text == redact(text)
