"""Printers of errors: the traceback of Python with variables, that of rich, and a reporter that takes values apart."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any
from unittest import mock

import rich.pretty
import rich.traceback
from rich.pretty import Node
from rich.pretty import _is_attr_object as is_attr_object
from rich.pretty import traverse as rich_traverse

from venuekit.endpoint import Endpoint
from venuekit.message import HttpResponse
from venuekit.venue import Venue

#: how deep a reporter of errors goes into variables
DEPTH = 4


def related(error: BaseException) -> Iterator[BaseException]:
    """Everything an error came of, what was suppressed included, and what is in it."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += (one.__cause__, one.__context__)
            if isinstance(one, BaseExceptionGroup):
                waiting += one.exceptions


def frames(error: BaseException) -> Iterator[FrameType]:
    """Every frame of every traceback that an error leads to."""
    for one in related(error):
        yield from (frame for frame, _ in traceback.walk_tb(one.__traceback__))


def deep(value: object, depth: int = DEPTH) -> str:
    """Return a value as a reporter sees it that takes containers apart and asks everything else for its repr."""
    if isinstance(value, HttpResponse):
        return repr(value)  # a venue's own words; should it repeat a key, it is where they are
    if depth and isinstance(value, dict):
        return " ".join(f"{key!r}={deep(one, depth - 1)}" for key, one in value.items())
    if depth and isinstance(value, list | tuple | set | frozenset):
        return " ".join(deep(one, depth - 1) for one in value)
    return repr(value)


def rich_variables(error: BaseException) -> str:
    """Return the variables of all frames as rich prints them; each value once, however many frames have it."""
    nodes: dict[int, tuple[object, Node]] = {}  # with the values, so that no id is that of another one

    def traverse(value: object, **options: Any) -> Node:
        if id(value) not in nodes:
            nodes[id(value)] = value, rich_traverse(value, **options)
        return nodes[id(value)][1]

    def is_taken_apart(value: Any) -> bool:
        # declarations are older than every key
        return not isinstance(value, Venue | Endpoint) and is_attr_object(value)

    with (
        mock.patch.object(rich.pretty, "traverse", traverse),
        mock.patch.object(rich.pretty, "_is_attr_object", is_taken_apart),
    ):
        extracted = rich.traceback.Traceback.extract(
            type(error),
            error,
            error.__traceback__,
            show_locals=True,
            locals_max_length=None,  # type: ignore[arg-type]  # as its own documentation says
            locals_max_string=None,  # type: ignore[arg-type]
        )
    names = {name for stack in extracted.stacks for frame in stack.frames for name in frame.locals or {}}
    return "\n".join((*names, *(str(node) for _, node in nodes.values())))


def shown(error: BaseException) -> dict[str, str]:
    """Return an error as each printer prints it."""
    return {
        "traceback": "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()),
        "rich": rich_variables(error),
        "reporter": "\n".join(deep(dict(frame.f_locals)) for frame in frames(error)),
        "texts": " ".join(f"{one} {one!r} {one.args!r} {vars(one)!r}" for one in related(error)),
    }
