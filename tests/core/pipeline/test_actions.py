"""The action after a failed attempt: the row of the failure, the column of the operation, and what was tried before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from venuekit import errors
from venuekit.endpoint import Effect, Endpoint, WriteScope
from venuekit.pipeline import recovery
from venuekit.pipeline.failures import Failure, FailureKind
from venuekit.pipeline.recovery import TABLE, Action, EffectColumn, action_for, effect_column
from venuekit_toy_perp.endpoints import TOY

READ, SET, DELTA = TOY.POSITIONS, TOY.SET_LEVERAGE, TOY.ADD_COLLATERAL
TIME: Endpoint[Any] = TOY.SERVER_TIME


@pytest.mark.parametrize(
    ("endpoint", "changes", "column"),
    [
        (READ, {}, EffectColumn.READ),
        (SET, {}, EffectColumn.SET),
        (SET, {"write_scope": WriteScope.ALL_ORDERS}, EffectColumn.ALL_ORDERS),
        (DELTA, {}, EffectColumn.ONCE),
        (DELTA, {"write_scope": WriteScope.ALL_ORDERS}, EffectColumn.ONCE),
        (DELTA, {"effect": Effect.KEYED}, EffectColumn.ONCE),
        (DELTA, {"effect": Effect.SESSION, "write_scope": None}, EffectColumn.SESSION),
        (DELTA, {"effect": Effect.SESSION, "write_scope": None, "verb": "DELETE"}, EffectColumn.SESSION_END),
    ],
)
def test_the_column_is_that_of_the_effect(endpoint: Endpoint[Any], changes: Any, column: EffectColumn) -> None:
    """The end of a session is tried once, and a setting that ends all orders as often as a read."""
    assert effect_column(attrs.evolve(endpoint, **changes)) is column


def test_a_row_has_one_action_but_for_its_exceptions() -> None:
    """Each column has one."""
    row = recovery._row(Action.RAISE, once=Action.RESOLVE, session_end=Action.RETRY)

    assert row == {
        EffectColumn.READ: Action.RAISE,
        EffectColumn.SET: Action.RAISE,
        EffectColumn.ALL_ORDERS: Action.RAISE,
        EffectColumn.ONCE: Action.RESOLVE,
        EffectColumn.SESSION: Action.RAISE,
        EffectColumn.SESSION_END: Action.RETRY,
    }


def fail(kind: FailureKind, code: int | None = None) -> Failure:
    return Failure(kind, errors.VenueError("no", code=code))


def operation(endpoint: Endpoint[Any] = DELTA, *, tokens: Any = None, **details: Any) -> Any:
    """Return an operation that has been attempted once."""
    venue_session = SimpleNamespace(venue=SimpleNamespace(server_time=TIME), unsupported={})
    session = SimpleNamespace(tokens=tokens, venue_session=venue_session)
    facts = {"open_until": 0, "resynced": False, "renewed": False, "attempts": 1, "first_reading": None, **details}
    return SimpleNamespace(endpoint=endpoint, session=session, **facts)


@pytest.mark.parametrize("kind", FailureKind)
@pytest.mark.parametrize("endpoint", [READ, SET, DELTA], ids=["read", "set", "delta"])
def test_the_action_is_that_of_the_table(kind: FailureKind, endpoint: Endpoint[Any]) -> None:
    """At the first failure of its kind, where nothing else is known."""
    listed = attrs.evolve(endpoint, doubtful=frozenset({7}))

    assert action_for(fail(kind, 7), operation(listed, tokens=object())) is TABLE[kind][effect_column(listed)]


@pytest.mark.parametrize(
    ("code", "open_until", "action"), [(7, 0, Action.RESOLVE), (8, 0, Action.RAISE), (8, 5, Action.RESOLVE)]
)
def test_a_code_that_is_doubtful_after_a_loss_is_a_refusal_before(code: int, open_until: int, action: Action) -> None:
    """One that always is, is read in any case."""
    endpoint = attrs.evolve(DELTA, doubtful=frozenset({7}), doubtful_after_loss=frozenset({8}))

    assert action_for(fail(FailureKind.DOUBTFUL, code), operation(endpoint, open_until=open_until)) is action
    worded = attrs.evolve(DELTA, doubtful=frozenset({"no"}))
    assert action_for(fail(FailureKind.DOUBTFUL), operation(worded)) is Action.RESOLVE


def test_no_need_to_change_is_read_where_it_may_be_wrong() -> None:
    """Else it is done."""
    read = attrs.evolve(SET, no_change_is_read=True)

    assert action_for(fail(FailureKind.NO_CHANGE), operation(read)) is Action.RESOLVE
    assert action_for(fail(FailureKind.NO_CHANGE), operation(SET)) is Action.DONE


def test_clock_and_token_are_mended_once() -> None:
    """A token only where the account has some."""
    assert action_for(fail(FailureKind.CLOCK), operation()) is Action.RESYNC
    assert action_for(fail(FailureKind.CLOCK), operation(resynced=True)) is Action.RAISE
    assert action_for(fail(FailureKind.TOKEN), operation(tokens=object())) is Action.RENEW
    assert action_for(fail(FailureKind.TOKEN), operation(tokens=object(), renewed=True)) is Action.RAISE
    assert action_for(fail(FailureKind.TOKEN), operation()) is Action.RAISE
    assert action_for(fail(FailureKind.CLOCK), operation(renewed=True, tokens=object())) is Action.RESYNC
    assert action_for(fail(FailureKind.TOKEN), operation(resynced=True, tokens=object())) is Action.RENEW


@pytest.mark.parametrize(
    ("kind", "attempts", "action"),
    [
        (FailureKind.CLOCK, 1, Action.RAISE),
        (FailureKind.LOST, 1, Action.RETRY),
        (FailureKind.LOST, 2, Action.RAISE),
        (FailureKind.THROTTLED, 2, Action.WAIT),
        (FailureKind.REFUSED, 1, Action.RAISE),
    ],
)
def test_the_venues_time_is_read_twice_at_most(kind: FailureKind, attempts: int, action: Action) -> None:
    """Measuring the clock never waits for itself; other reads go on."""
    assert action_for(fail(kind), operation(TIME, attempts=attempts)) is action
    assert action_for(fail(FailureKind.LOST), operation(READ, attempts=2)) is Action.RETRY


# -- the end


@pytest.mark.parametrize(
    ("kind", "error", "attempts", "absent"),
    [
        (FailureKind.UNSUPPORTED, errors.VenueError("no"), 1, True),
        (FailureKind.LOST, errors.OutcomeNotStated("page", status=404), 2, True),
        (FailureKind.LOST, errors.OutcomeNotStated("page", status=404), 1, False),
        (FailureKind.LOST, errors.OutcomeNotStated("page", status=502), 2, False),
        (FailureKind.LOST, errors.AnswerLost("gone", status=404), 2, False),
    ],
)
def test_an_endpoint_is_absent_by_its_venues_word_or_by_two_bare_pages(
    kind: FailureKind, error: errors.OperationError, attempts: int, absent: bool
) -> None:
    """One page alone may be that of a gateway."""
    assert recovery._is_absence(Failure(kind, error), attempts) is absent


@pytest.mark.parametrize(
    ("action", "kind", "details", "needed"),
    [
        (Action.RESOLVE, FailureKind.LOST, {}, True),
        (Action.RAISE, FailureKind.REFUSED, {}, False),
        (Action.RAISE, FailureKind.REFUSED, {"open_until": 5}, False),
        (Action.RAISE, FailureKind.REFUSED, {"first_reading": object()}, True),
        (Action.RETRY, FailureKind.LOST, {"open_until": 5, "ends_all": True}, True),
        (Action.RETRY, FailureKind.LOST, {"ends_all": True}, False),
        (Action.WAIT, FailureKind.SHUT_OUT, {"open_until": 5, "ends_all": True}, False),
    ],
)
def test_only_a_read_shows_how_a_write_ended_that_may_have_been_executed(
    action: Action, kind: FailureKind, details: Any, needed: bool
) -> None:
    """By the table, after a second attempt, or after all attempts of a cancel-all; a firewall lets no read pass."""
    facts = dict(details)
    ends_all = facts.pop("ends_all", False)
    endpoint = attrs.evolve(SET, write_scope=WriteScope.ALL_ORDERS) if ends_all else SET

    assert recovery._needs_resolution(operation(endpoint, **facts), fail(kind), action) is needed
