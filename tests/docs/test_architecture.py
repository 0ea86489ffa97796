"""docs/architecture.md tells what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from venuekit.endpoint import Effect
from venuekit.pipeline import RetryPolicy
from venuekit.pipeline.recovery import TABLE, EffectColumn

COLUMNS = {
    "READ": EffectColumn.READ,
    "SET": EffectColumn.SET,
    "SET of ALL_ORDERS": EffectColumn.ALL_ORDERS,
    "KEYED, DELTA": EffectColumn.ONCE,
    "SESSION": EffectColumn.SESSION,
    "end of a SESSION": EffectColumn.SESSION_END,
}


def test_the_retry_table_is_the_one_that_decides(architecture: Any) -> None:
    """Row by row and column by column, the table of the page is ``pipeline.recovery.TABLE``."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in architecture.text.splitlines()
        if line.startswith(("| fault |", "| `")) and line.count("|") == len(COLUMNS) + 2
    ]
    (head, *body) = rows
    shown = {
        re.match(r"`(\w+)`", first)[1]: {  # type: ignore[index]
            COLUMNS[name]: cell.strip("`") for name, cell in zip(head[1:], cells, strict=True)
        }
        for first, *cells in body
    }

    assert {
        kind.value: {column: action.value for column, action in row.items()} for kind, row in TABLE.items()
    } == shown


def test_the_numbers_are_the_policys(architecture: Any) -> None:
    """Attempts and longest waits are the defaults of RetryPolicy."""
    policy = RetryPolicy()
    text = re.sub(r"\s+", " ", architecture.text)

    assert f"At most {policy.attempts} attempts" in text
    assert (
        f"at most {policy.max_wait(Effect.READ):g} s for reads, {policy.max_wait(Effect.SET):g} s for settings and "
        f"sessions, {policy.max_wait(Effect.KEYED):g} s for writes that must not happen late" in text
    )
    assert policy.max_wait(Effect.SESSION) == policy.max_wait(Effect.SET)
    assert policy.max_wait(Effect.DELTA) == policy.max_wait(Effect.KEYED)


def test_every_room_is_described(architecture: Any, root: Path) -> None:
    """The table of rooms names every public module and package of core, and none that is not there."""
    table = architecture.text.partition("| room | holds |")[2].partition("\n\n")[0]
    described = set(re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines()[2:])))
    rooms = {
        path.stem
        for path in (root / "core" / "venuekit").iterdir()
        if not path.name.startswith(("_", ".")) and (path.suffix == ".py" or path.is_dir())
    }

    assert described == rooms | {"_util"}
