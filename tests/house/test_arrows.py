"""Imports run one way: the arrows of docs/architecture.md."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from venuekit import payloads

#: rooms from the ground up; a room may import rooms of the storeys below it, and neighbours only where noted
STOREYS = (
    {"_util"},
    {"credential_fields", "errors", "key_kinds", "order_scope", "request_bounds"},
    {"arguments", "faults", "message", "resolution"},
    {"echoes", "parameters", "signing"},
    {"encoding"},
    {"endpoint", "capabilities"},
    {"venue"},
    {"clock", "credentials"},
    {"foreign", "session_token", "socket_declaration", "stream_declaration"},
    {"payloads", "hooks", "profits", "read_cache", "valuation"},
    {"_entry_points", "account_figures"},
    {"account_worth"},
    {"_broken", "_installed"},
    {"_contract", "_loading"},
    {"_asking"},
    {"plugins"},
    {"pipeline"},
    {"streams"},
    {"account"},
    {"account_check"},
    {"order_check"},
    {"parts"},
    {"budgets", "event_log", "first_reads", "owners"},
    {"fleet", "runtime"},
    {"connecting", "flattening", "portfolios"},
    {"accounts"},
    {"exports", "live", "settings", "simulator"},
    {"sync"},
    {"_defaults", "_simulate"},
    {"__init__", "plugin"},
    {"new_plugin", "testing"},
    {"cli"},
    {"__main__"},
)
#: the only imports that go up, each within a function: core's own answers to hooks, and what is loaded when asked for
UPWARDS = {
    ("plugins", "_defaults"),  # core's implementations are one more plugin, registered last
    ("plugins", "plugin"),  # loaded before a plugin, whose time of loading is then its own
    ("_contract", "pipeline"),  # the class that an answer of a hook must be of, when there is one
    ("_contract", "account"),  # the class that a venue's account must be of
}
LEVEL = {room: level for level, rooms in enumerate(STOREYS) for room in rooms}


class Import(NamedTuple):
    """One import of a module of ours."""

    importer: str
    imported: str
    within_function: bool


def _imports(node: ast.AST, module: str, *, within_function: bool = False) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        inside = within_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        if isinstance(child, ast.ImportFrom) and child.module:
            names = [child.module] if child.module != "venuekit" else [f"venuekit.{one.name}" for one in child.names]
            yield from (Import(module, name, inside) for name in names)
        elif isinstance(child, ast.Import):
            yield from (Import(module, one.name, inside) for one in child.names)
        yield from _imports(child, module, within_function=inside)


def _of_package(directory: Path) -> Iterator[Import]:
    for path in sorted(directory.rglob("*.py")):
        module = ".".join((directory.name, *path.relative_to(directory).with_suffix("").parts))
        yield from _imports(ast.parse(path.read_text(encoding="utf-8")), module)


def _room(module: str) -> str:
    """Return the room that a module of core belongs to; what the package itself exports belongs to its __init__."""
    name = module.split(".")[1] if "." in module else "__init__"
    return name if name in LEVEL else "__init__"


def test_every_room_has_its_storey(root: Path) -> None:
    """A new room of core must say which rooms it may import."""
    rooms = {
        path.stem
        for path in (root / "core" / "venuekit").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }

    assert set(LEVEL) == rooms


def test_core_imports_downwards_only(root: Path) -> None:
    """No room imports a room above it, not even within a function, but for the few listed with their reason."""
    upwards = {
        (one.importer, one.imported)
        for one in _of_package(root / "core" / "venuekit")
        if one.imported.partition(".")[0] == "venuekit"
        and (_room(one.importer), _room(one.imported)) not in UPWARDS
        and _room(one.importer) != _room(one.imported)
        and LEVEL[_room(one.imported)] >= LEVEL[_room(one.importer)]
    }

    assert set() == upwards


def test_what_goes_up_is_loaded_within_a_function(root: Path) -> None:
    """The listed exceptions are there, and none of them is paid for by an import."""
    found = [
        one for one in _of_package(root / "core" / "venuekit") if (_room(one.importer), _room(one.imported)) in UPWARDS
    ]

    assert {(_room(one.importer), _room(one.imported)) for one in found} == UPWARDS
    assert all(one.within_function for one in found)


def test_plugins_import_the_public_framework_and_no_other_plugin(root: Path) -> None:
    """No private module or name of core, and nothing of another distribution but a library it depends on."""
    projects = {path.parent: tomllib.loads(path.read_text()) for path in root.glob("plugins/*/pyproject.toml")}
    libraries = {
        project["project"]["name"] for project in projects.values() if not project["project"].get("entry-points")
    }
    toys = sorted(root.glob("tests/core/toy_*/pyproject.toml"))
    projects.update({path.parent: tomllib.loads(path.read_text()) for path in toys})
    for directory, project in projects.items():
        needed = {needs.split(">")[0] for needs in project["project"]["dependencies"]}
        allowed = {name.replace("-", "_") for name in needed & {"venuekit", *libraries}}
        (package,) = directory.glob("venuekit_*")
        own = [one for one in _of_package(package) if one.imported.partition(".")[0].startswith("venuekit")]

        assert [one for one in own if any(part.startswith("_") for part in one.imported.split("."))] == []
        assert {"venuekit"} < {one.imported.partition(".")[0] for one in own} <= {package.name, *allowed}
        assert sorted(_modules_of_core(package) - _public(_modules_of_core(package))) == []


def test_tests_of_a_distribution_import_no_other_plugin(root: Path) -> None:
    """They import its package and its dependencies; the helpers of several modules import no exchange."""
    for path in root.glob("plugins/*/pyproject.toml"):
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        allowed = {needs.split(">")[0].replace("-", "_") for needs in (project["name"], *project["dependencies"])}
        imported = _plugins_imported_by(path.parent.glob("tests/**/*.py"))

        assert project["name"].replace("-", "_") in imported
        assert imported <= allowed
    helpers = [path for path in root.glob("tests/plugins/**/*.py") if not path.name.startswith(("test_", "conftest"))]

    assert len(helpers) > 2
    assert _plugins_imported_by(helpers) == set()


def _plugins_imported_by(modules: Iterable[Path]) -> set[str]:
    """Return the packages of plugins that modules import."""
    imports = [one for path in modules for one in _imports(ast.parse(path.read_text(encoding="utf-8")), path.stem)]
    packages = {one.imported.partition(".")[0] for one in imports}
    return {package for package in packages if package.startswith("venuekit_")}


#: the modules of core for plugin authors
FOR_PLUGINS = (
    "venuekit.capabilities",
    "venuekit.parts",
    "venuekit.plugin",
    "venuekit.simulator",
    "venuekit.testing",
)


def _public(modules: set[str]) -> set[str]:
    """Return those of the modules that are for plugin authors, or inside of one that is."""
    return {module for module in modules if f"{module}.".startswith(tuple(f"{one}." for one in FOR_PLUGINS))}


def _modules_of_core(package: Path) -> set[str]:
    """Return the modules of core that a package imports from, for type checking too."""
    nodes = [node for path in package.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    taken = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    modules = {str(node.module) for node in taken if node.module != "venuekit"}
    modules |= {f"venuekit.{one.name}" for node in taken if node.module == "venuekit" for one in node.names}
    modules |= {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    return {module for module in modules if module.startswith("venuekit.")}


def test_the_simulator_never_uses_what_it_checks(root: Path) -> None:
    """A simulated venue shares endpoints and names with the client, no decoder, or both could be wrong together."""
    simulated_venues = [
        *root.glob("plugins/*/venuekit_*/simulated/*.py"),
        *root.glob("plugins/*/venuekit_*/simulated.py"),
    ]
    simulated_venues += root.glob("tests/core/toy_*/venuekit_toy_*/simulated*.py")
    decoding = ("payloads", "reading", "answers")
    decoders = {*payloads.__all__} - {"is_multiple"}

    assert len(simulated_venues) > 2
    for path in simulated_venues:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for one in _imports(tree, str(path)):
            assert one.imported.rpartition(".")[2] not in decoding, f"{path} imports {one.imported}"
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                assert decoders.isdisjoint(one.name for one in node.names), f"{path} imports a decoder"
