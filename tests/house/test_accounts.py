"""Accounts are lists of parts: small classes that share no private method and write no operation's name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import attrs
from bench.house import product

#: the most methods and properties that a class defines itself
MOST_METHODS = 30
#: larger classes, with the reason
LARGE = {
    "Account": "one surface for strategies and plugins, over two fields: requests, reads, support, clock and journal"
}
#: private methods that an account part calls of another class of its chain, with the reason
_LISTED = "positions are joined with the contracts that the venue lists, which the account keeps for orders too"
SHARED = {
    ("BinanceCoinmPositions", "_contract"): _LISTED,
    ("BinanceCoinmPositions", "_contracts_of"): _LISTED,
}


@attrs.frozen
class Definition:
    """A class: its own methods, the names of its bases, and the private methods that it calls on itself."""

    name: str
    methods: frozenset[str]
    bases: frozenset[str]
    private_uses: frozenset[str]


def test_no_class_has_too_many_methods() -> None:
    """A class of more than thirty is several, put together by composition; an exception has a reason and is large."""
    large = {one.name for one in _definitions() if len(one.methods) > MOST_METHODS}

    assert large == set(LARGE)


def test_account_parts_call_no_private_method_of_one_another() -> None:
    """Parts depend on public methods and declarations alone; an exception has a reason and is in use."""
    definitions = {one.name: one for one in _definitions()}
    shared = {
        (one.name, method)
        for one in definitions.values()
        if "Account" in (chain := _chain(definitions, one.name))
        for method in one.private_uses - one.methods
        if any(method in definitions[base].methods for base in chain)
    }

    assert shared == set(SHARED)


def test_no_part_writes_the_name_of_an_operation() -> None:
    """The method that runs is known: its name is no literal in plugins and parts."""
    literals = [
        f"{'/'.join(source.parts)}:{node.value.lineno}"
        for source in product()
        if source.parts[0] == "plugins" or "parts" in source.parts
        for node in ast.walk(source.tree)
        if isinstance(node, ast.keyword) and node.arg == "operation" and isinstance(node.value, ast.Constant)
    ]

    assert not literals


def _definitions() -> Iterator[Definition]:
    for source in product():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                yield Definition(
                    node.name,
                    frozenset(one.name for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)),
                    frozenset(ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases),
                    frozenset(_private_uses(node)),
                )


def _private_uses(node: ast.ClassDef) -> Iterator[str]:
    for use in ast.walk(node):
        if not (isinstance(use, ast.Attribute) and isinstance(use.value, ast.Name)):
            continue
        if use.value.id == "self" and use.attr.startswith("_") and not use.attr.startswith("__"):
            yield use.attr


def _chain(definitions: dict[str, Definition], name: str) -> frozenset[str]:
    """Return the names of the classes that a class inherits from, all the way up."""
    bases = definitions[name].bases & definitions.keys() if name in definitions else frozenset()
    return bases.union(*(_chain(definitions, base) for base in bases - {name}))
