"""What a stranger's code raises inside the pipeline never hides what is known about a write."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

import venuekit
from venuekit import errors
from venuekit.errors import Outcome
from venuekit.plugin import Refusal
from venuekit.simulator import DropAfter, SecondActor
from venuekit_toy_perp.endpoints import TOY

pytestmark = pytest.mark.looptime


def broken(*_: object) -> Any:
    raise KeyError("a plugin's mistake")


async def broken_later(*_: object) -> Any:
    broken()


async def test_a_decoder_that_fails_makes_a_write_be_found(stage: Any) -> None:
    """A DELTA whose answer cannot be decoded is resolved by its history, and not sent again."""
    endpoint = attrs.evolve(TOY.ADD_COLLATERAL, decode=broken)

    row = await stage.account.call(endpoint, contract="TOYUSD", amount=Decimal(5))

    assert Decimal(5) == row.amount
    assert 1 == len(stage.arrivals("POST", "/v1/collateral"))


async def test_a_decoder_that_fails_is_named_on_a_read(stage: Any) -> None:
    """A read says which endpoint's answer could not be read."""
    with pytest.raises(errors.PayloadMismatch, match=r"GET /v1/positions.*KeyError"):
        await stage.account.call(attrs.evolve(TOY.POSITIONS, decode=broken))


@pytest.mark.parametrize(
    ("endpoint", "parameters"),
    [
        (attrs.evolve(TOY.SET_LEVERAGE, readback=broken_later), {"contract": "GEMUSD", "leverage": 7}),
        (attrs.evolve(TOY.ADD_COLLATERAL, resolve=broken_later), {"contract": "TOYUSD", "amount": Decimal(5)}),
    ],
)
async def test_a_resolving_read_that_fails_leaves_the_outcome_unknown(
    stage: Any, endpoint: Any, parameters: dict[str, Any]
) -> None:
    """Whatever the reads after a loss raise, the caller hears that the outcome is unknown."""
    stage.sim.disturb("toy_perp", endpoint, DropAfter())

    with pytest.raises(errors.OutcomeUnknown, match="KeyError") as caught:
        await stage.account.call(endpoint, **parameters)

    assert Outcome.UNKNOWN is caught.value.outcome


@pytest.mark.parametrize("reduces", [None, broken])
async def test_a_journal_that_cannot_be_begun_stops_the_write(stage: Any, tmp_path: Path, reduces: Any) -> None:
    """Without its line in the journal nothing leaves; a failing check of what only reduces changes nothing."""
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    async with (
        venuekit.Runtime(clock=stage.clock, journal=blocked) as runtime,
        venuekit.connect("toy_perp", stage.sim.credentials("toy_perp"), runtime=runtime) as account,
    ):
        with pytest.raises(errors.NeverSent, match="journal") as caught:
            await account.call(attrs.evolve(TOY.SET_LEVERAGE, reduces=reduces), contract="GEMUSD", leverage=7)

    assert Outcome.NOT_SENT is caught.value.outcome
    assert [] == stage.arrivals("PUT", "/v1/leverage")


def paths_in(directory: Path) -> list[Path]:
    return list(directory.iterdir())


async def test_a_journal_that_cannot_be_ended_changes_no_outcome(
    stage: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk fills up during a write, its value is still returned, and its line is written later."""
    async with (
        venuekit.Runtime(clock=stage.clock, journal=tmp_path) as runtime,
        venuekit.connect("toy_perp", stage.sim.credentials("toy_perp"), runtime=runtime) as account,
    ):

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        stage.sim.disturb("toy_perp", TOY.SET_LEVERAGE, SecondActor(lambda _: monkeypatch.setattr(os, "write", full)))
        with pytest.warns(UserWarning, match="kept in memory"):
            change = await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        monkeypatch.undo()
    (path,) = paths_in(tmp_path)

    assert change.changed is True
    assert "the journal cannot be written" in caplog.text
    assert '"outcome":"applied"' in path.read_text()


def unclassifiable(_: object) -> Refusal:
    return Refusal(code=cast("Any", ["no", "code"]), message="no")


@pytest.mark.parametrize("mistake", [broken, unclassifiable])
async def test_an_answer_that_the_plugin_cannot_read_is_as_good_as_lost(stage: Any, mistake: Any) -> None:
    """When telling success from refusal fails, or the refusal is odd, a DELTA is looked for in its history."""
    venue = stage.account.venue
    answers, calls = venue.answers, iter([mistake])

    def once_broken(response: Any) -> Any:
        return next(calls, answers)(response)

    object.__setattr__(venue, "answers", once_broken)
    try:
        row = await stage.account.call(TOY.ADD_COLLATERAL, contract="TOYUSD", amount=Decimal(5))
    finally:
        object.__setattr__(venue, "answers", answers)

    assert Decimal(5) == row.amount
    assert 1 == len(stage.arrivals("POST", "/v1/collateral"))
