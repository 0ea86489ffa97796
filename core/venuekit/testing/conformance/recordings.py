"""Checks against recorded answers: the bytes that are sent, and the value decoded from the answer."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from venuekit.endpoint import Change, Endpoint, Security
from venuekit.errors import NotExecuted, OperationError, OutcomeUnknown
from venuekit.faults import is_listed
from venuekit.message import HttpRequest
from venuekit.payloads import rows_at
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.recorded import RecordedCase, believe_answers
from venuekit.testing.replay import is_replayed
from venuekit.testing.sent import Sent, as_text, caller_parameters
from venuekit.testing.staged import FakeStage, fake_stage


class RecordingChecks(Checks):
    """Each endpoint sends the recorded request, and decodes the recorded answer."""

    tier = Tier.BRONZE
    needs_simulated = False

    async def test_recorded_request(self, recorded_case: RecordedCase) -> None:
        """Verb, path, security and parameters are the recorded ones, and only signing adds parameters."""
        async with fake_stage(self.inventory.staged) as stage:
            endpoint = self._endpoint(recorded_case)
            await _call(stage, endpoint, recorded_case)
            planted: dict[str, Any] = {"key": stage.key, "signatures": stage.watch.signatures, "token": stage.token}
            requests = [
                Sent.of(request, stage.arrival(request), endpoint, **planted)
                for request in stage.transport.requests
                if _is_of(request, recorded_case, stage)
            ]
            assert requests, f"nothing was sent to {endpoint}"
            sent = requests[0]
            assert sent.endpoint == recorded_case.endpoint_name
            assert sent.security is recorded_case.security is endpoint.security
            assert sent.parameters == {name: as_text(value) for name, value in recorded_case.parameters.items()}
            assert sent.security is Security.SIGNED or not sent.added, f"undeclared parameters {set(sent.added)}"

    async def test_recorded_answer(self, recorded_case: RecordedCase) -> None:
        """
        A recorded success is decoded; a recorded refusal is an error with the venue's code.

        One that leaves open whether an order or a margin move happened is looked for instead.
        """
        venue = self.inventory.staged
        async with fake_stage(venue) as stage:
            endpoint = self._endpoint(recorded_case)
            with believe_answers(venue):
                value = await _call(stage, endpoint, recorded_case)
            if recorded_case.is_success:
                assert not isinstance(value, OperationError), f"{recorded_case.name} was taken for a refusal: {value}"
            elif _is_one_of(endpoint.no_change, recorded_case) and not endpoint.no_change_is_read:
                assert isinstance(value, Change)
                assert value.changed is False
            elif _is_left_open(endpoint, recorded_case):
                # on a replay, it is found by the recorded reads
                is_found = is_replayed(venue) and not isinstance(value, OperationError)
                words = f"{recorded_case.name} leaves the outcome open, and was not looked for: {value!r}"
                assert is_found or isinstance(value, NotExecuted | OutcomeUnknown), words
            elif not isinstance(value, Change):
                assert isinstance(value, OperationError), f"{recorded_case.name} was taken for a success"
                assert value.code == recorded_case.code
                assert (recorded_case.message or "") in value.message
                assert value.status == recorded_case.status
            else:
                explained = _is_one_of({*endpoint.doubtful, *endpoint.no_change}, recorded_case)
                # on a replay, a doubtful write is found by the recorded read of its setting
                explained = explained or (is_replayed(venue) and value.changed is None)
                assert explained, f"{recorded_case.name} was taken for a success"

    async def test_recorded_rows(self, recorded_case: RecordedCase) -> None:
        """Lists of rows are at their declared paths, so that an odd row can be left out."""
        endpoint = self._endpoint(recorded_case)
        whole = recorded_case.body.lstrip()
        for path in endpoint.rows if recorded_case.is_success else ():
            if path or whole[:1] == b"[":  # a venue may answer with the only row itself
                rows_at(recorded_case.body, path)

    def _endpoint(self, case: RecordedCase) -> Endpoint[Any]:
        endpoint = self.inventory.endpoint(case)
        assert endpoint is not None, f"{case.name}: no endpoint {case.endpoint_name} is declared"
        return endpoint


def _is_one_of(codes: Collection[int | str], case: RecordedCase) -> bool:
    return is_listed(codes, case.code, case.message or "")


def _is_left_open(endpoint: Endpoint[Any], case: RecordedCase) -> bool:
    """Say whether a refusal leaves open what became of a write that must not happen twice."""
    return endpoint.resolve is not None and case.fault is not None and case.fault.leaves_open


async def _call(stage: FakeStage, endpoint: Endpoint[Any], case: RecordedCase) -> Any:
    """Return the result of a raw call with the recorded answer: its value, or the venue's refusal."""
    simulated = stage.transport.reply

    def reply(request: HttpRequest) -> Any:
        if not _is_of(request, case, stage):
            return simulated(request)
        if endpoint.completion is not None and case.is_success:
            simulated(request)  # all that it sets is read after it, and must hold then
        return case.response()

    stage.transport.reply = reply
    try:
        return await stage.account.call(endpoint, **caller_parameters(endpoint, case.parameters))
    except OperationError as refusal:
        return refusal


def _is_of(request: HttpRequest, case: RecordedCase, stage: FakeStage) -> bool:
    return stage.arrival(request).endpoint_name == case.endpoint_name
