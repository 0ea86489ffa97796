"""Checks of requests: their hosts, limits, secrets and repetitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import attrs
from multidict import CIMultiDict

from venuekit.credential_fields import CredentialField
from venuekit.credentials import Credentials
from venuekit.endpoint import Endpoint, Security
from venuekit.errors import AnswerLost, Banned, OperationError, Throttled
from venuekit.faults import Fault
from venuekit.message import HttpRequest, HttpResponse
from venuekit.pipeline.failures import fault_of, retry_after
from venuekit.runtime import Runtime
from venuekit.simulator import SimRequest, SimulatedVenue
from venuekit.simulator.access import Usage
from venuekit.testing.clocks import InstantClock
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.fake import Watch, plugins_with
from venuekit.testing.recorded import RecordedCase, believe_answers
from venuekit.testing.sent import caller_parameters
from venuekit.testing.staged import FakeStage, fake_stage
from venuekit.venue import Limit, Venue

#: seconds for which a limit is told to be exhausted
_SECONDS = 7
_HOUR = 3600
#: names of accounts below a key, of several forms
_ACCOUNTS = ("777000777", "account-of-the-kit", f"0x{'7' * 40}")
_LIMITS = frozenset({Fault.THROTTLED, Fault.BANNED})


class RequestChecks(Checks):
    """Requests go where they may, are counted, and carry no secret that they need not."""

    tier = Tier.BRONZE
    needs_simulated = False

    def test_signed_request_goes_to_an_allowed_host(self) -> None:
        """In each environment that has an endpoint, its host is one that signed requests may travel to."""
        for environment in self.inventory.venue.environments:
            for endpoint in self._private_endpoints:
                rest, further = environment.rest, environment.further_hosts
                url = rest if endpoint.host is None else further.get(endpoint.host)
                reached = None if url is None else urlsplit(url).hostname
                words = f"{environment.name}: {endpoint} is reached at {reached}, which hosts does not list"
                assert reached is None or reached in environment.hosts, words

    def test_environments_are_told_apart(self) -> None:
        """No two environments send their requests to one address with the same headers: a demo order would be real."""
        seen: dict[tuple[Any, ...], str] = {}
        for environment in self.inventory.venue.environments:
            address = environment.rest, tuple(sorted(environment.headers.items()))
            other = seen.setdefault(address, environment.name)
            words = f"{environment.name} and {other} have one address, {environment.rest}, and no header between them"
            assert other == environment.name, words

    def test_private_request_is_counted(self) -> None:
        """An endpoint that needs a key pays into a limit, or its note gives the reason why there is none."""
        uncounted = [str(one) for one in self._private_endpoints if not one.pools and not one.note]
        words = "pays into no limit: a loop of it shuts the address out. Declare pools, or a note"
        assert not uncounted, f"{', '.join(uncounted)} {words}"

    @property
    def _private_endpoints(self) -> list[Endpoint[Any]]:
        return [one for one in self.inventory.venue.endpoints if one.security is not Security.NONE]

    async def test_open_request_carries_no_secret(self, open_endpoint: Endpoint[Any]) -> None:
        """A request that is not signed has neither the secret nor a signature in it, in no part of it."""
        async with fake_stage(self.inventory.staged) as stage:
            key = stage.simulation.key_of(stage.venue.id)
            secrets = [key.secret, *(key.fields[name] for name in _secret_fields(stage.venue) if name in key.fields)]
            signed = len(stage.watch.signatures)
            requests = await self._send_as_recorded(stage, open_endpoint)
            assert requests, f"nothing was sent to {open_endpoint}"
            for request in requests:
                everything = "\n".join((request.url, *request.headers.values(), (request.body or b"").decode()))
                assert not any(secret in everything for secret in secrets), f"{open_endpoint} shows a secret"
            assert len(stage.watch.signatures) == signed, f"{open_endpoint} is signed, and declared not to be"

    async def test_field_that_names_the_account_is_sent(self, account_field: CredentialField) -> None:
        """Each request, read or write, carries the optional field that names another account below the key."""
        check = account_field.check or (lambda _: None)
        text = next(text for text in _ACCOUNTS if check(text) is None)
        async with fake_stage(self.inventory.staged) as stage:
            key = stage.simulation.key_of(stage.venue.id)
            credentials = Credentials.sim(
                stage.base, key.key, key.secret, fields={**key.fields, account_field.name: text}
            )
            plugins = plugins_with(Watch(stage.transport))
            async with Runtime(plugins=plugins, clock=InstantClock(), journal=False) as runtime:
                named = attrs.evolve(stage, account=await runtime.open(stage.venue, credentials))
                for endpoint in self._private_endpoints:
                    if endpoint.security is Security.TOKEN:  # the session that the token is of was opened with it
                        continue
                    for request in await self._send_as_recorded(named, endpoint):
                        sent = "\n".join((request.url, *request.headers.values(), (request.body or b"").decode()))
                        words = f"{endpoint} does not name the {account_field.name}: it is about the account of the key"
                        assert text in sent, words

    async def test_request_sent_again_is_signed_anew(self) -> None:
        """A read whose answer was lost is sent again with a new time or number, and so with another signature."""
        endpoint, clock = self.inventory.signed_read, InstantClock()
        async with fake_stage(self.inventory.staged, clock=clock) as stage:
            before = len(stage.watch.signatures)
            lost: list[HttpRequest] = []

            def lose_first(request: HttpRequest) -> None:
                if not lost and stage.arrival(request).endpoint_name == endpoint.name:
                    lost.append(request)
                    clock.waited += 1  # some venues count whole seconds
                    raise AnswerLost("the first answer is lost")

            first, again, *_ = await self._send_as_recorded(stage, endpoint, lose_first)
            signatures = stage.watch.signatures[before:]
            assert (first.url, first.headers, first.body) != (again.url, again.headers, again.body)
            assert len(set(signatures)) == len(signatures), f"{endpoint} is sent again with the old signature"

    async def test_limit_page_closes_the_limit(self) -> None:
        """After an HTTP 429 with Retry-After the read is THROTTLED, and not sent again for as long."""
        page = HttpResponse(429, CIMultiDict({"Retry-After": str(_SECONDS)}), b"<html>429 Too Many Requests</html>")
        await self._check_closed(page, _SECONDS)

    async def test_recorded_limit_closes_the_limit(self, limit_case: RecordedCase) -> None:
        """After a recorded refusal for a limit the endpoint is not sent again before the time that it names."""
        answer = limit_case.response()
        headers = CIMultiDict({**answer.headers, "Retry-After": str(_SECONDS)})
        await self._check_closed(HttpResponse(answer.status, headers, answer.body), None)

    async def _check_closed(self, answer: HttpResponse, seconds: float | None) -> None:
        """Answer the signed read so, once; try it again at once, and as soon as it may be tried again."""
        endpoint, clock = self.inventory.signed_read, InstantClock()
        async with fake_stage(self.inventory.staged, clock=clock) as stage:
            parameters = caller_parameters(endpoint, self.inventory.example(endpoint).parameters)
            impatient, simulated = stage.account.with_options(max_wait=0.0), stage.transport.reply
            stage.transport.reply = lambda _: answer
            error = await _error_of(impatient.call(endpoint, **parameters))
            assert isinstance(error, Throttled | Banned), f"HTTP {answer.status} of a limit is {error!r}"
            sent = len(stage.transport.requests)
            stage.transport.reply = simulated
            too_early = await _error_of(impatient.call(endpoint, **parameters))
            assert too_early is not None, "it was sent again at once"
            assert len(stage.transport.requests) == sent, "it was sent again at once"
            if seconds is not None:
                before = clock.monotonic()
                with believe_answers(stage.venue):
                    await stage.account.call(endpoint, **parameters)
                assert seconds <= clock.monotonic() - before + 0.001, "it was sent again before Retry-After"

    async def _send_as_recorded(
        self, stage: FakeStage, endpoint: Endpoint[Any], look: Callable[[HttpRequest], None] = lambda _: None
    ) -> list[HttpRequest]:
        """Return the requests to an endpoint of a call as recorded, which is answered as recorded."""
        case, simulated = self.inventory.example(endpoint), stage.transport.reply

        def reply(request: HttpRequest) -> Any:
            look(request)
            is_ours = stage.arrival(request).endpoint_name == endpoint.name
            return case.response() if is_ours else simulated(request)

        stage.transport.reply = reply
        with believe_answers(stage.venue):
            await _error_of(stage.account.call(endpoint, **caller_parameters(endpoint, case.parameters)))
        return [one for one in stage.transport.requests if stage.arrival(one).endpoint_name == endpoint.name]


class LimitChecks(Checks):
    """The venue's own words about a limit are understood."""

    tier = Tier.GOLD

    def test_simulated_limit_names_its_time(self) -> None:
        """
        The simulated venue's answer about an exhausted limit is THROTTLED or BANNED.

        The time that it names, if any, is read as no less than it lasts, and as no more than an hour. An answer that is
        another one for another time names it.
        """
        venue, endpoint, now = self.inventory.venue, self.inventory.signed_read, InstantClock().milliseconds()
        assert venue.simulated is not None
        simulated = venue.simulated()
        for limit in venue.limits:
            answer, later = (_limit_answer(simulated, limit, endpoint, now, wait) for wait in (_SECONDS, 2 * _SECONDS))
            refusal = venue.answers(answer)
            assert refusal is not None, f"{limit.name}: the answer about the limit is taken for a success"
            fault = fault_of(venue, endpoint, answer.status, refusal)
            assert fault in _LIMITS, f"{limit.name}: {refusal.code} {refusal.message} is {fault}"
            seconds = retry_after(refusal, answer.headers, now)
            names_none = (answer.body, dict(answer.headers)) == (later.body, dict(later.headers))
            is_plausible = names_none if seconds is None else _SECONDS - 1 <= seconds <= _HOUR
            assert is_plausible, f"{limit.name}: {_SECONDS} s are read as {seconds} s"


def _limit_answer(
    simulated: SimulatedVenue, limit: Limit, endpoint: Endpoint[Any], now: int, seconds: int
) -> HttpResponse:
    """Return the simulated venue's answer about a limit that is exhausted for so long."""
    usage = Usage(limit, limit.amount + 1, now + seconds * 1000)
    answer = simulated.limit_response(usage, SimRequest.of(endpoint.verb, endpoint.path), now)
    headers = CIMultiDict({**simulated.limit_headers((usage,), now), **answer.headers})
    return HttpResponse(answer.status, headers, answer.body)


def _secret_fields(venue: Venue[Any]) -> list[str]:
    return [field.name for field in venue.credential_fields if field.secret]


async def _error_of(call: Any) -> OperationError | None:
    try:
        await call
    except OperationError as error:
        return error
    return None
