# ruff: noqa: INP001 - a script beside the pages it writes
"""
Write what pages show and the code knows: the table of features, the example, the output of ``plan``, the disturbances.

``python docs/render.py`` brings README.md and disturbances.md up to date; ``--check`` only says whether they are. Tests
run the same checks.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from venuekit.capabilities import Capability, SupportState
from venuekit.cli import main as command_line
from venuekit.plugins import make_plugins
from venuekit.simulator.background import BackgroundSimulation
from venuekit.simulator.fields import Field, FieldKind
from venuekit.simulator.script_kinds import KINDS, RANDOM_FIELDS, ROUTE_FIELDS
from venuekit.simulator.serve import write_accounts_file
from venuekit.simulator.stream_kinds import STREAM_FIELDS, STREAM_KINDS
from venuekit.venue import Venue, core_capabilities, venue_support

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DISTURBANCES = ROOT / "docs" / "disturbances.md"
STREAMS = ROOT / "docs" / "simulated_streams.md"
_SUPPORT = {SupportState.SUPPORTED: "yes", SupportState.NOT_IMPLEMENTED: "-"}


def venues() -> tuple[Venue[Any], ...]:
    """Return the venues that the distributions of this repository provide, in order."""
    plugins = make_plugins()
    projects = [tomllib.loads(path.read_text()) for path in sorted(ROOT.glob("plugins/*/pyproject.toml"))]
    ids = [
        venue_id
        for project in projects
        for venue_id in project["project"].get("entry-points", {}).get("venuekit.venues", {})
    ]
    installed = plugins.venue_ids()
    return tuple(plugins.venue(venue_id) for venue_id in ids if venue_id in installed)


def features() -> str:
    """Return the table of capabilities and venues, and below it the reason for every no."""
    columns = venues()
    reasons: list[str] = []
    lines = [
        f"| capability | methods | {' | '.join(f'`{venue.id}`' for venue in columns)} |",
        f"|---|---|{'---|' * len(columns)}",
    ]
    for capability in core_capabilities():
        cells = [_cell(capability, venue, reasons) for venue in columns]
        if set(cells) != {"-"}:
            lines.append(f"| `{capability.__name__}` | {_methods(capability)} | {' | '.join(cells)} |")
    notes = [f"{number}. {reason}" for number, reason in enumerate(reasons, 1)]
    return "\n".join([*lines, "", *notes])


def _cell(capability: type[Capability], venue: Venue[Any], reasons: list[str]) -> str:
    support = venue_support(venue, capability)
    if support.reason is None:
        return _SUPPORT[support.state]
    reason = f"`{venue.id}`: {support.reason}."
    if reason not in reasons:
        reasons.append(reason)
    return f"no ({reasons.index(reason) + 1})"


def _methods(capability: type[Capability]) -> str:
    own = [name for name, value in vars(capability).items() if getattr(value, "__isabstractmethod__", False)]
    return ", ".join(f"`{name}`" for name in own)


def plan_output(target: str) -> str:
    """Return what ``venuekit plan target.toml`` prints for a fresh simulation."""
    with (
        tempfile.TemporaryDirectory() as name,
        contextlib.chdir(name),
        BackgroundSimulation(*(venue.id for venue in venues())) as simulation,
        contextlib.redirect_stdout(io.StringIO()) as output,
    ):
        simulation.call(lambda sim: write_accounts_file(Path("accounts.toml"), sim))
        Path("target.toml").write_text(target, encoding="utf-8")
        command_line(["--accounts", "accounts.toml", "plan", "target.toml"])
    return output.getvalue().rstrip()


def rendered(text: str) -> str:
    """Return the README with everything that is generated brought up to date."""
    target = re.search(r"```toml\n# target\.toml\n(.*?)```", text, re.DOTALL)
    if target is None:
        raise LookupError("README.md shows no target.toml")
    text = re.sub(
        r"(<!-- begin: features -->\n).*?(<!-- end: features -->)",
        lambda found: f"{found[1]}{features()}\n{found[2]}",
        text,
        flags=re.DOTALL,
    )
    text = re.sub(
        r"(<!-- output of: venuekit plan target\.toml -->\n```text\n).*?(```)",
        lambda found: f"{found[1]}{plan_output(target[1])}\n{found[2]}",
        text,
        flags=re.DOTALL,
    )
    return re.sub(
        r"(<!-- from: (\S+) -->\n```python\n).*?(```)",
        lambda found: f"{found[1]}{(ROOT / found[2]).read_text(encoding='utf-8')}{found[3]}",
        text,
        flags=re.DOTALL,
    )


def kinds() -> str:
    """Return the table of the kinds of disturbances that can be written."""
    lines = ["| `kind` | effect | its fields | in Python |", "|---|---|---|---|"]
    for kind in KINDS.values():
        fields = "<br>".join(map(_field, kind.fields))
        classes = ", ".join(f"`{one.__name__}`" for one in kind.classes)
        lines.append(f"| `{kind.name}` | {kind.title} | {fields} | {classes} |")
    return "\n".join(lines)


def stream_kinds() -> str:
    """Return the table of the kinds of disturbances of streams."""
    rows = [
        f"| `{kind.name}` | {kind.title} | {'<br>'.join(map(_field, kind.fields))} | `{kind.type.__name__}` |"
        for kind in STREAM_KINDS.values()
    ]
    return "\n".join(["| `kind` | effect | its fields | in Python |", "|---|---|---|---|", *rows])


def answers() -> str:
    """Return the table of the answers that each venue documents for trouble of its own."""
    simulated = [(venue.id, venue.simulated()) for venue in venues() if venue.simulated is not None]
    lines = ["| venue | the names of its answers |", "|---|---|"]
    for venue_id, one in simulated:
        lines.append(f"| `{venue_id}` | {', '.join(f'`{name}`' for name in one.documented_answers)} |")
    return "\n".join(lines)


def fields(of: tuple[Field, ...]) -> str:
    """Return a table of fields."""
    return "\n".join(
        ["| field | meaning |", "|---|---|", *(f"| {_field(field).replace(': ', ' | ', 1)} |" for field in of)]
    )


def _field(field: Field) -> str:
    kind = "one of many words" if len(field.choices) > 9 else field.expected
    if field.kind is FieldKind.JSON:
        kind = "any value"
    return f"`{field.name}` ({kind}{'; required' if field.required else ''}): {field.title}"


def rendered_disturbances(text: str) -> str:
    """Return the page of disturbances with its tables brought up to date."""
    tables = {
        "kinds": kinds(),
        "every": fields(ROUTE_FIELDS),
        "answers": answers(),
        "random": fields(RANDOM_FIELDS),
    }
    return _with_tables(text, tables)


def rendered_streams(text: str) -> str:
    """Return the page of streams with its tables brought up to date."""
    return _with_tables(text, {"every-stream": fields(STREAM_FIELDS), "streams": stream_kinds()})


def _with_tables(text: str, tables: Mapping[str, str]) -> str:
    """Return a page with each table between its marks."""
    for name, table in tables.items():
        pattern = re.compile(rf"(<!-- begin: {name} -->\n).*?(<!-- end: {name} -->)", re.DOTALL)
        text = pattern.sub(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)  # type: ignore[misc]
    return text


def main(arguments: list[str]) -> int:
    """Write, or with ``--check`` compare."""
    pages = ((README, rendered), (DISTURBANCES, rendered_disturbances), (STREAMS, rendered_streams))
    new = {path: render(path.read_text(encoding="utf-8")) for path, render in pages}
    if "--check" in arguments:
        return int(any(path.read_text(encoding="utf-8") != text for path, text in new.items()))
    for path, text in new.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
