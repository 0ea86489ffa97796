"""Values that come in numbers are made quickly, and are as frozen as any other."""

from __future__ import annotations

import copy
import inspect
import pickle
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit._util.quick_init import quick_copy, quick_init, quick_overlay


@quick_init
@attrs.frozen
class Spot:
    """A place, with an optional name."""

    x: int
    y: Decimal = Decimal(0)
    name: str | None = attrs.field(default=None, eq=False)


@quick_init
@attrs.frozen(kw_only=True)
class Named:
    """A value whose fields are given by name alone, the one with a default first."""

    note: str = "none"
    id: str


@attrs.frozen
class Marked(Spot):
    """A subclass with a field of its own."""

    mark: str = "x"


class Plain(Spot):
    """A subclass that attrs does not know."""


@attrs.frozen
class _Slow:
    x: int
    y: Decimal = Decimal(0)
    name: str | None = attrs.field(default=None, eq=False)


def test_it_is_made_as_attrs_would_make_it() -> None:
    """Positions, names and defaults mean what they mean in attrs' own __init__, whose signature it keeps."""
    made = Spot(1, name="here")

    assert (made.x, made.y, made.name) == (1, Decimal(0), "here")
    assert type(made) is Spot
    assert repr(made) == "Spot(x=1, name='here')"  # what is set; attrs would show all of it
    assert inspect.signature(Spot).parameters.keys() == inspect.signature(_Slow).parameters.keys()
    assert str(inspect.signature(Spot)) == str(inspect.signature(_Slow))
    assert Named(id="7") == Named(id="7", note="none")


@pytest.mark.parametrize("arguments", [{}, {"x": 1, "z": 2}])
def test_wrong_arguments_are_refused(arguments: dict[str, Any]) -> None:
    """A missing or unknown argument is a TypeError."""
    with pytest.raises(TypeError):
        Spot(**arguments)


def test_it_is_frozen_once_it_is_made() -> None:
    """No field can be set or deleted, and no other attribute added."""
    made = Spot(1)

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.x = 2  # type: ignore[misc]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        del made.x
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.more = 1  # type: ignore[attr-defined]


def test_it_is_copied_changed_and_pickled_like_any_value() -> None:
    """Equality, hash, evolve, copy and pickle work as on every frozen attrs value."""
    made = Spot(1, Decimal(2))

    assert attrs.evolve(made, x=3) == Spot(3, Decimal(2))
    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made  # noqa: S301 - our own bytes
    assert len({made, Spot(1, Decimal(2)), Spot(1, Decimal(2), "eq=False")}) == 1


@pytest.mark.parametrize("subclass", [Marked, Plain])
def test_a_subclass_stays_what_it_is(subclass: type[Spot]) -> None:
    """An object of a subclass has the fields of both and its own class."""
    made = subclass(1, Decimal(2), "n")

    assert type(made) is subclass
    assert (made.x, made.y, made.name) == (1, Decimal(2), "n")


def test_a_class_that_does_more_than_keep_values_is_refused() -> None:
    """Converters, validators, made defaults and a step of its own behind __init__ are an error of the declaration."""

    @attrs.frozen
    class Converts:
        x: int = attrs.field(converter=int)

    @attrs.frozen
    class Checks:
        x: int = attrs.field(validator=attrs.validators.gt(0))

    @attrs.frozen
    class Makes:
        x: list[int] = attrs.field(factory=list)

    @attrs.frozen
    class Ends:
        x: int

        def __attrs_post_init__(self) -> None:
            assert self.x

    for value in (Converts, Checks, Makes, Ends):
        with pytest.raises(TypeError, match=value.__name__):
            quick_init(value)


def test_a_private_field_is_refused() -> None:
    """Its parameter has another name than the field, and the signature must stay as attrs made it."""

    @attrs.frozen
    class Hides:
        _x: int

    with pytest.raises(TypeError, match="Hides"):
        quick_init(Hides)


def test_a_copy_has_the_changed_fields_and_all_others() -> None:
    """As attrs.evolve makes it; the value that was copied stays as it is."""
    place = Spot(1, Decimal(2), name="here")
    copied = quick_copy(Spot, "y", "name")(place, Decimal(3), "there")

    assert (copied, copied.name, type(copied)) == (Spot(1, Decimal(3)), "there", Spot)
    assert (place.y, place.name) == (Decimal(2), "here")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        copied.x = 5  # type: ignore[misc]


def test_an_overlay_has_the_fields_that_the_second_value_gives() -> None:
    """A field that it does not give stays, unless it is one of those that are always its own."""
    known, given = Spot(1, Decimal(2), name="here"), Spot(3, Decimal(4))
    kept, emptied = quick_overlay(Spot)(known, given), quick_overlay(Spot, "name")(known, given)

    assert (kept, kept.name, type(kept)) == (given, "here", Spot)
    assert (emptied, emptied.name) == (given, None)
    assert (known.x, known.y, known.name) == (1, Decimal(2), "here")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        kept.x = 5  # type: ignore[misc]
