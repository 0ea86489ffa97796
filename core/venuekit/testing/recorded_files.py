"""Files of recorded answers: writing new ones, and newer answers into those that there are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from venuekit.encoding import write_json
from venuekit.testing.recorded import RecordedCase

#: fields that people write, which a newer answer leaves as they are
_KEPT = ("source", "arguments", "beside", "expect", "fault", "unread")


def write_recorded(case: RecordedCase, path: Path) -> None:
    """
    Write a recorded answer; of a file that is there, all that is not the answer's own stays: source, expected values.

    Raises:
        OSError: the file cannot be written.
    """
    former: dict[str, Any] = json.loads(path.read_bytes(), parse_float=Decimal) if path.exists() else {}
    facts: dict[str, Any] = {
        "source": former.get("source", case.source),
        "verb": case.verb,
        "path": case.path,
        "action": dict(case.action) or None,
        "security": case.security.value,
        "parameters": dict(case.parameters),
        "status": case.status,
        "code": case.code,
        "message": case.message,
        **_answer_of(case),
        **{name: former[name] for name in _KEPT[1:] if name in former},
    }
    text = _indent({name: value for name, value in facts.items() if value is not None or name == "answer"}, "\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n", encoding="utf-8")


def _answer_of(case: RecordedCase) -> dict[str, Any]:
    try:
        return {"answer": json.loads(case.body, parse_float=Decimal)}
    except ValueError:
        return {"text": case.body.decode()}


def _indent(value: Any, end: str) -> str:
    """Return JSON with a line for each field and row; numbers are written digit for digit."""
    inner = f"{end}  "
    if isinstance(value, Mapping) and value:
        fields = (f"{write_json(str(name))}: {_indent(each, inner)}" for name, each in value.items())
        return f"{{{inner}{f',{inner}'.join(fields)}{end}}}"
    if isinstance(value, list | tuple) and value:
        return f"[{inner}{f',{inner}'.join(_indent(each, inner) for each in value)}{end}]"
    return write_json(value)
