"""Answers are recorded without anything private, and compared with those that are recorded already."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from venuekit.endpoint import Endpoint
from venuekit.errors import AuthenticationFailed, ConfigurationError
from venuekit.message import HttpRequest, HttpResponse
from venuekit.testing import (
    FakeTransport,
    Recorded,
    RecordedCase,
    account_over,
    find_recorded,
    json_answer,
    load_recorded,
)
from venuekit.testing.conformance import suite_of
from venuekit.testing.conformance.inventory import Inventory
from venuekit.testing.drift import Drift, DriftKind, find_drift
from venuekit.testing.recorded_files import write_recorded
from venuekit.testing.recorder import Recorder, Tape
from venuekit.testing.redaction import Redaction
from venuekit.testing.staged_recorder import record_simulated
from venuekit.venue import Environment, EnvironmentName, Venue
from venuekit_toy_chain import TOY_CHAIN
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_swap import TOY_SWAP

KNOWN = load_recorded(find_recorded(TOY_PERP))


def answered(answer: Any, *, status: int = 200, name: str = "positions", code: int | None = None) -> RecordedCase:
    """Return a recorded answer of an endpoint with this body."""
    case, body = KNOWN.case(name), json.dumps(answer).encode()
    return attrs.evolve(case, body=body, status=status, code=code, expect={})


def drift_of(before: Any, after: Any) -> list[str]:
    return [str(one) for one in find_drift([answered(before)], answered(after))]


# -- redaction


def test_nothing_private_is_kept() -> None:
    """Secrets, ids, accounts and addresses are made up, the same for the same, in their form; all else stays."""
    answer = {
        "orderId": 283194212,
        "clOrdID": "8a1b2c3d-0000-4abc-8def-0123456789ab",
        "apiKey": "x" * 20,
        "listenKey": "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sd",
        "userIDInt64": "24617703",
        "ips": ["203.0.113.7", "*"],
        "wallet": "0x" + "ab" * 20,
        "mail": "someone@example.org",
        "parent": {"orderId": "283194212", "uid": "0"},
        "rows": [{"bid": "64000.5", "riskId": 2, "symbol": "BTCUSD", "amount": Decimal("1.50"), "isMaster": True}],
    }
    kept = Redaction().redact(answer)
    assert kept == {
        "orderId": 100000001,
        "clOrdID": "00000000-0000-4000-8000-000000000002",
        "apiKey": "made-up-3",
        "listenKey": "made-up-4",
        "userIDInt64": "10000005",
        "ips": ["made-up-6", "made-up-7"],
        "wallet": "0x" + "8".zfill(40),
        "mail": "made-up-9",
        "parent": {"orderId": "100000001", "uid": "0"},
        "rows": answer["rows"],
    }


# -- drift


def test_fields_that_come_and_go() -> None:
    """A new field is drift, and one that is missing; the fields below it are not told one by one."""
    assert drift_of({"rows": [{"a": 1}]}, {"rows": [{"a": 1, "b": {"c": "x"}}]}) == ["rows[].b was added (object)"]
    assert drift_of({"rows": [{"a": 1, "b": {"c": "x"}}]}, {"rows": [{"a": 1}]}) == ["rows[].b was removed (object)"]


def test_fields_of_another_type() -> None:
    """A text in place of a number is drift, and a null; a whole number in place of a fraction is none."""
    assert drift_of({"a": 1}, {"a": "1"}) == ["a was number and is text"]
    assert drift_of({"a": "1"}, {"a": None}) == ["a was text and is null"]
    assert drift_of({"a": 1.5}, {"a": 1}) == []


def test_words_that_were_never_seen() -> None:
    """A word is drift where the recorded ones are words; names, numbers in texts and known words are none."""
    before = {"status": "NEW", "symbol": "BTCUSD", "price": "1.5", "other": {"status": "FILLED"}}
    assert drift_of(before, {**before, "status": "FROZEN"}) == ["status has the word FROZEN, which was never seen"]
    assert drift_of(before, {**before, "symbol": "ETHUSD", "price": "2", "status": "FILLED"}) == []


def test_rows_that_are_not_there_are_unknown() -> None:
    """An empty list is compared with no row, and a field that only some recorded rows have may be missing."""
    assert drift_of({"rows": []}, {"rows": [{"a": 1}]}) == []
    assert drift_of({"rows": [{"a": 1}]}, {"rows": []}) == []
    assert drift_of([{"a": 1}, {"a": 1, "b": 2}], [{"a": 1}]) == []
    assert find_drift([answered({"a": 1, "b": 2}), answered({"a": 1})], answered({"a": 1})) == ()


def test_another_status() -> None:
    """A refusal in place of a success is drift, unless it is recorded; without a recorded success nothing is."""
    success, refusal = answered({}), answered({"error": 7}, status=400, code=7)
    (drift,) = find_drift([success], refusal)
    assert drift == Drift(DriftKind.STATUS, "", "status 200", "status 400: 7")
    assert str(drift) == "was status 200 and is status 400: 7"
    assert find_drift([success, refusal], refusal) == find_drift([], success) == ()


# -- files


def test_a_newer_answer_leaves_what_people_wrote(tmp_path: Path) -> None:
    """Source, expected values and arguments stay, the answer is the new one, its numbers digit for digit."""
    path = tmp_path / "wallet.json"
    path.write_bytes((KNOWN.directory / "wallet.json").read_bytes())
    former = KNOWN.case("wallet")
    answer = b'{"assets":[{"asset":"USD","wallet":10000.10,"equity":1E-8,"free":1,"updated":1750000000000,"new":[]}]}'
    write_recorded(attrs.evolve(former, body=answer, source="recorded"), path)
    (written,) = load_recorded(tmp_path)
    assert attrs.evolve(written, body=former.body) == former
    assert json.loads(written.body, parse_float=str) == json.loads(
        answer.replace(b"1E-8", b"0.00000001"), parse_float=str
    )


# -- recording


async def record_into(directory: Path, venue: Venue[Any], known: Recorded) -> dict[str, bytes]:
    for recording in await record_simulated(venue, known):
        if recording.reason is None:
            assert recording.case is not None
            write_recorded(recording.case, directory / f"{recording.case.name}.json")
    return {path.name: path.read_bytes() for path in directory.iterdir()}  # noqa: ASYNC240 - a few small files


@pytest.mark.parametrize("venue", [TOY_SWAP, TOY_CHAIN], ids=lambda venue: venue.id)
async def test_a_simulated_venue_records_itself(venue: Venue[Any], tmp_path: Path) -> None:
    """From nothing, a success of every endpoint is recorded, the same bytes each time, and no key or secret in it."""
    first = await record_into(tmp_path / "first", venue, Recorded(tmp_path, ()))
    again = await record_into(tmp_path / "again", venue, load_recorded(tmp_path / "first"))
    assert again == first
    recorded = load_recorded(tmp_path / "first")
    assert {case.endpoint_name for case in recorded} == {endpoint.name for endpoint in venue.endpoints}
    assert all(case.is_success and case.source == "simulated" for case in recorded)
    assert not find_secrets(b"".join(first.values()))
    suite: Any = suite_of(Inventory(venue, recorded))()
    for case in recorded:
        await suite.test_recorded_request(case)
        await suite.test_recorded_answer(case)


def find_secrets(text: bytes) -> set[bytes]:
    """Return what looks like a key, a signature or a wallet of the simulation."""
    return set(re.findall(rb"0x[0-9a-f]{20,}|[A-Za-z0-9]{40,}", text)) - {b"0x" + b"%040x" % n for n in range(50)}


async def test_without_a_simulated_venue() -> None:
    """The error says to name an account instead."""
    with pytest.raises(ConfigurationError, match=r"toy_perp: it brings no simulated venue .* name an account"):
        await record_simulated(attrs.evolve(TOY_PERP, simulated=None), KNOWN)


async def test_a_secret_is_found_in_any_field() -> None:
    """The key and secret of the account are replaced wherever the venue repeats them, as long as it is open."""
    tape, here = Tape(TOY_PERP), Environment(name=EnvironmentName.SIM, rest="http://127.0.0.1:9/toy_perp")
    key, secret = "an-unusual-key", "and-its-secret"

    def reply(request: HttpRequest) -> HttpResponse:
        answer = json_answer({"now": 1_750_000_000_000, "assets": [], "remark": f"{key} is signed with {secret}"})
        tape.note(request, answer, here)
        return answer

    async with account_over(TOY_PERP, FakeTransport(reply), key=key, secret=secret) as account:
        recorder = Recorder(account, tape, Recorded(KNOWN.directory, ()))
        await recorder.ask_all([TOY.WALLET])
        (recording,) = recorder.recordings([TOY.WALLET], "recorded")
    assert recording.case is not None
    assert json.loads(recording.case.body)["remark"] == "made-up-1"


async def test_long_lists_are_shortened() -> None:
    """Of many rows at a declared place few are kept, those of the symbol that was asked for among them."""
    tape, here = Tape(TOY_PERP), Environment(name=EnvironmentName.SIM, rest="http://127.0.0.1:9/toy_perp")
    (row,) = json.loads(KNOWN.case("positions").body)["positions"]
    listed = [{**row, "contract": f"C{number}"} for number in range(40)]

    def reply(request: HttpRequest) -> HttpResponse:
        answer = json_answer({"now": 1_750_000_000_000, "positions": listed})
        tape.note(request, answer, here)
        return answer

    async with account_over(TOY_PERP, FakeTransport(reply)) as account:
        recorder = Recorder(account, tape, Recorded(KNOWN.directory, ()), symbol="C33")
        await recorder.ask_all([TOY.POSITIONS])
        (recording,) = recorder.recordings([TOY.POSITIONS], "recorded")
    assert recording.case is not None
    kept = [one["contract"] for one in json.loads(recording.case.body)["positions"]]
    assert kept == ["C0", "C1", "C2", "C3", "C33"]


@pytest.mark.parametrize("accepted", [(), (TOY.SETTINGS.path,)], ids=["nowhere", "somewhere"])
async def test_a_key_that_is_refused(accepted: tuple[str, ...]) -> None:
    """A key that no endpoint accepts ends the recording after three; one that some accept is refused by the others."""
    tape, here = Tape(TOY_PERP), Environment(name=EnvironmentName.SIM, rest="http://127.0.0.1:9/toy_perp")
    refusal = KNOWN.case("wallet_bad_signature")
    asked: list[str] = []

    def reply(request: HttpRequest) -> HttpResponse:
        path = request.url.removeprefix(here.rest).partition("?")[0]
        asked.append(path)
        is_accepted = path in {*accepted, TOY.SERVER_TIME.path, TOY.CONTRACTS.path}
        answer = next(case for case in KNOWN if case.path == path).response() if is_accepted else refusal.response()
        tape.note(request, answer, here)
        return answer

    endpoints: list[Endpoint[Any]] = [TOY.WALLET, TOY.SETTINGS, TOY.POSITIONS, TOY.COLLATERAL_HISTORY]
    async with account_over(TOY_PERP, FakeTransport(reply)) as account:
        recorder = Recorder(account, tape, KNOWN)
        if not accepted:
            with pytest.raises(AuthenticationFailed):
                await recorder.ask_all(endpoints)
            assert TOY.COLLATERAL_HISTORY.path not in asked
            return
        await recorder.ask_all(endpoints)
        recordings = recorder.recordings(endpoints, "recorded")
    assert [one.endpoint for one in recordings if one.reason is None] == [TOY.SETTINGS]
    assert all("1002" in one.reason for one in recordings if one.reason is not None)
