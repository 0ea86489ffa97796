"""Imports inside the big rooms run one way too, and no modules of a package import each other in a circle."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

#: big rooms of core: their modules from the ground up, a storey a line; a module may import those of the storeys below
ROOMS = {
    "pipeline": (
        "close_turns failures guard interlock journal_lines key_index nonces observe open_socket options pools",
        "aiohttp_socket patience proxy wire write_scopes",
        "egress events pace sockets unsupported",
        "budget connection journal journal_files notes owner shared_url socket_connection",
        "budget_share budget_store redis_link socket_link waiters",
        "pool_states rate_limits redis_pools socket_wire",
        "redis_store shared_budget socket_links",
        "payment",
        "operation tokens transport",
        "arrival",
        "waits",
        "resolve",
        "completion late_orders",
        "recovery",
        "account_session",
    ),
    "live": (
        "provenance recency timers",
        "freshness live_values",
        "changes shapes",
        "fill_log holdings",
        "account_modes open_orders reads",
        "account_book shared_reads view_policy",
        "missed_fills order_ends view_values",
        "keeper",
        "account_view",
    ),
    "settings": (
        "target",
        "controls rules step_order",
        "pace",
        "plans",
        "target_check undo",
        "report target_accounts target_file",
        "expansion preconditions present",
        "current_reads",
        "planner",
        "applier",
    ),
    "simulator": (
        "access fields ledger message",
        "key_pairs movements prices",
        "disturbances markets quotes streams",
        "accounts delivery price_board simulated_venue",
        "listing routing",
        "service",
        "realm server",
        "market_commands opening script_commands stream_commands",
        "simulation",
        "background commands key_files",
        "script_kinds stream_kinds",
        "scripted",
        "control world",
        "serve",
    ),
    "simulator.ledger": (
        "log money path refusal",
        "contract order_values",
        "records rules",
        "events",
        "state",
        "margin",
        "view",
        "account_events balance",
        "transaction",
        "positions settings wallets",
        "fills order_checks",
        "matching",
        "orders",
        "base liquidation",
        "histories market",
        "ledger",
    ),
    "cli": (
        "once replaced_file",
        "alerts metrics_file symbol_cache whole_numbers",
        "tables",
        "row_forms",
        "output",
        "errors wait_notes",
        "commands pictures",
        "completed completion findings profit_plot",
        "accounts close_reports consent declarations history_panels journal_rows settings_text sim_control undo_file",
        "accounts_add accounts_check export history_plot preview",
        "accounts_list doctor_account",
        "budget history journal margin new_plugin order plugins reading record report resolve root settings sim",
        "close demo doctor overview panic watch",
    ),
    "cli.watch": (
        "shared_market",
        "watched_account",
        "figures mark_prices",
        "summary",
        "event_rows group texts",
        "app lines",
        "command",
    ),
}
PACKAGES = ("core/venuekit", "plugins/*/venuekit_*", "tests/core/toy_*/venuekit_toy_*")


def _modules(directory: Path) -> dict[str, Path]:
    """Return the modules of a package by their dotted names."""
    modules: dict[str, Path] = {}
    for path in sorted(directory.rglob("*.py")):
        parts = (directory.name, *path.relative_to(directory).with_suffix("").parts)
        modules[".".join(parts).removesuffix(".__init__")] = path
    return modules


def _imported(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    """Yield the module and the name of each import, also of those within functions, but not for type checkers alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.ImportFrom) and child.module:
            yield from ((child.module, alias.name) for alias in child.names)
        elif isinstance(child, ast.Import):
            yield from ((alias.name, None) for alias in child.names)
        yield from _imported(child)


def _graph(directory: Path) -> dict[str, set[str]]:
    """Return the modules that each module of a package imports."""
    modules = _modules(directory)
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        targets = {
            f"{source}.{name}" if f"{source}.{name}" in modules else source
            for source, name in _imported(ast.parse(path.read_text(encoding="utf-8")))
        }
        graph[module] = {target for target in targets if target in modules} - {module}
    return graph


def _within(room: str, graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return the modules of a room with those of it that they import; a package within it counts as one module."""
    prefix = f"venuekit.{room}."
    inside: dict[str, set[str]] = {}
    for module, targets in graph.items():
        if module.startswith(prefix):
            name = module.removeprefix(prefix).split(".")[0]
            names = {one.removeprefix(prefix).split(".")[0] for one in targets if one.startswith(prefix)}
            inside[name] = inside.get(name, set()) | names - {name}
    return inside


@pytest.mark.parametrize("room", ROOMS)
def test_modules_of_a_room_import_downwards_only(room: str, root: Path) -> None:
    """Each module has its storey, and imports none of the same storey or above it, not even within a function."""
    level = {name: number for number, names in enumerate(ROOMS[room]) for name in names.split()}
    inside = _within(room, _graph(root / "core" / "venuekit"))

    assert set(inside) == set(level), "a module without a storey, or a storey's module that is gone"
    assert [
        f"{one} imports {two}" for one, targets in inside.items() for two in targets if level[two] >= level[one]
    ] == []


def test_no_modules_import_each_other_in_a_circle(root: Path) -> None:
    """In no package: what a module needs is known before it."""
    directories = [directory for pattern in PACKAGES for directory in sorted(root.glob(pattern))]

    assert len(directories) > 4
    for directory in directories:
        graphlib.TopologicalSorter(_graph(directory)).prepare()


def test_a_circle_is_noticed(tmp_path: Path) -> None:
    """Also one that is closed within a function."""
    package = tmp_path / "acme"
    package.mkdir()
    (package / "one.py").write_text("from acme import two\n")
    (package / "two.py").write_text("def late():\n    from acme.one import thing\n")

    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(_graph(package)).prepare()


def test_the_client_of_a_venue_does_without_its_simulated_venue(root: Path) -> None:
    """Only the venue itself names the simulated venue, so that a client never runs a line of it."""
    for directory in sorted(root.glob("plugins/*/venuekit_*")):
        for module, targets in _graph(directory).items():
            client = "simulated" not in module.split(".") and module.rpartition(".")[2] not in {"venue", "testing"}
            assert not client or not [one for one in targets if "simulated" in one.split(".")], module
