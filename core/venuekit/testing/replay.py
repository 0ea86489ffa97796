"""
The replay: a venue that has no simulated venue yet, put on stage by its recorded answers.

It runs the checks that need no ledger. It carries nothing out: a write gets its recorded answer and changes nothing, a
read gets the recorded one, whatever was written before. Keys, signatures, windows and limits are not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from venuekit.encoding import list_of_body
from venuekit.endpoint import Endpoint, Security
from venuekit.errors import ConfigurationError
from venuekit.simulator import Handler, Response, Route, Scenario, SimKey, SimRequest, SimulatedVenue, Usage, Visit
from venuekit.simulator.ledger import LedgerRefusal, Rules
from venuekit.testing.recorded import Recorded, RecordedCase, believe_answers, find_recorded, load_recorded
from venuekit.testing.sent import as_text
from venuekit.venue import Venue

#: returns a key in the form of a venue, as :meth:`SimulatedVenue.convert_key`
ConvertKey: TypeAlias = Callable[[SimKey], SimKey]


def replay_of(
    venue: Venue[Any], recorded: Recorded | None = None, *, convert_key: ConvertKey | None = None
) -> Venue[Any]:
    """
    Return a venue as it is put on stage: itself, or with a replay where it has no simulated venue.

    Args:
        venue: The venue.
        recorded: Its recorded answers; None for those beside its package.
        convert_key: The maker of its keys, needed where their form is a special one, such as that of a wallet. None for
            64 letters and digits, and a made-up text in each required field.

    Raises:
        ValueError: a file of recorded answers cannot be read.
        ConfigurationError: the venue's own checks refuse the made-up keys.
    """
    if venue.simulated is not None:
        return venue
    answers = load_recorded(find_recorded(venue)) if recorded is None else recorded
    # the recorded time is that of one answer: requests carry our own
    return attrs.evolve(venue, simulated=_MakeReplay(venue, answers, convert_key), server_time=None)


def is_replayed(venue: Venue[Any]) -> bool:
    """Return whether a venue answers from its recorded answers."""
    return isinstance(venue.simulated, _MakeReplay)


@contextmanager
def believe_replay(venue: Venue[Any]) -> Iterator[None]:
    """
    Accept the answers of a replay as they are; those of a simulated venue are checked like any other.

    The settings that a write leaves as they are cannot be compared before and after it, since it changes none.
    """
    if not is_replayed(venue):
        yield
        return
    completions = {one: (one.completion, one.reads_first) for one in venue.endpoints if one.completion is not None}
    with believe_answers(venue):
        try:
            for endpoint in completions:
                object.__setattr__(endpoint, "completion", None)
                object.__setattr__(endpoint, "reads_first", endpoint.before is not None)
            yield
        finally:
            for endpoint, (completion, reads_first) in completions.items():
                object.__setattr__(endpoint, "completion", completion)
                object.__setattr__(endpoint, "reads_first", reads_first)


@attrs.frozen(eq=False)
class _MakeReplay:
    """The ``simulated`` of a venue that is replayed."""

    venue: Venue[Any]
    recorded: Recorded
    convert_key: ConvertKey | None

    def __call__(self) -> SimulatedVenue:
        return Replay(self.venue, self.recorded, self.convert_key)


class Replay(SimulatedVenue):
    """
    A venue that answers from its recorded answers.

    Of the answers of an endpoint, a request gets the one that was recorded with the same parameters; a success goes
    before a refusal, and the nearest success before none. An endpoint without any answer gets status 501 and a
    sentence that names the directory.
    """

    rules = Rules(asset_mode=False)
    contracts = ()

    def __init__(self, venue: Venue[Any], recorded: Recorded, convert_key: ConvertKey | None = None) -> None:
        self._venue = venue
        self._recorded = recorded
        self._convert_key = convert_key
        self._names = {name for endpoint in venue.endpoints for name in (*endpoint.by_name, *endpoint.action)}
        self.scenarios = (_as_recorded("holding"), _as_recorded("flat"))

    def convert_key(self, key: SimKey) -> SimKey:
        """Return the key in the venue's form, with made-up texts in its required fields."""
        if self._convert_key is not None:
            return self._convert_key(key)
        fields = [field for field in self._venue.credential_fields if field.required]
        texts = {field.name: f"made-up-{field.name}-{key.secret[:16]}" for field in fields}
        checks = {"key": self._venue.key_check, "secret": self._venue.secret_check}
        checks |= {field.name: field.check for field in fields}
        for name, text in {"key": key.key, "secret": key.secret, **texts}.items():
            check = checks[name]
            fault = None if check is None else check(text)
            if fault is not None:
                mend = "give conformance_suite a convert_key that makes one"
                raise ConfigurationError(f"{self._venue.id}: a made-up {name} {fault}; {mend}")
        return attrs.evolve(key, fields=texts)

    # -- routes

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return none: the routes below cost nothing."""
        return {}

    def extra_routes(self) -> Iterable[Route]:
        """Return a route for each endpoint, outside of the limits."""
        for endpoint in self._venue.endpoints:
            yield Route(
                endpoint.verb,
                endpoint.path,
                self._handler_of(endpoint),
                security=endpoint.security,
                effect=endpoint.effect,
                action=endpoint.action,
                encoding=endpoint.encoding,
                array=list_of_body(endpoint),
                parameters=endpoint.parameters,
            )

    def _handler_of(self, endpoint: Endpoint[Any]) -> Handler:
        cases = self._recorded.of(endpoint)

        def answer(request: SimRequest, visit: Visit) -> Response:  # noqa: ARG001 - a handler's signature
            if not cases:
                # its last two names: a longer path may look like a key, and would be hidden in the error
                place = Path(*self._recorded.directory.parts[-2:])
                return _text(501, f"no recorded answer of {endpoint} in {place}")
            case = max(cases, key=lambda case: _nearness(case, endpoint, request))
            recorded = case.response()
            return Response(recorded.status, recorded.body, recorded.headers)

        return answer

    def parameters_of(self, request: SimRequest) -> Mapping[str, Any]:
        """Return the parameters of a request, with those in objects that the signing scheme wraps around them."""
        sent = request.parameters
        wrapped = [value for name, value in sent.items() if isinstance(value, dict) and name not in self._names]
        return {name: value for each in (*wrapped, sent) for name, value in each.items()} if wrapped else sent

    # -- nothing is refused

    def authenticate(
        self,
        request: SimRequest,  # noqa: ARG002 - no signature is checked
        security: Security,  # noqa: ARG002
        keys: Mapping[str, SimKey],
        milliseconds: int,  # noqa: ARG002
    ) -> SimKey:
        """Return the first key: no signature is checked."""
        return next(iter(keys.values()))

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """Check nothing."""

    def refuse(self, refusal: LedgerRefusal, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
        """Raise: no handler commands the ledger."""
        raise self._not_played(f"the refusal {refusal.reason}", request)

    def forbidden(self, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
        """Raise: a replay is not asked with a read-only key."""
        raise self._not_played("the refusal of a read-only key", request)

    def unknown_route(self, request: SimRequest, verbs: frozenset[str], milliseconds: int) -> Response:  # noqa: ARG002
        """Return status 501: the request is to no endpoint of the venue."""
        return _text(501, f"{self._venue.id} declares no endpoint {request.verb} {request.path}")

    def limit_response(self, usage: Usage, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
        """Raise: the routes of a replay cost nothing."""
        raise self._not_played(f"the refusal because of {usage.limit.name}", request)

    def _not_played(self, words: str, request: SimRequest) -> ConfigurationError:
        return ConfigurationError(f"{self._venue.id}: {words} of {request} needs a simulated venue, not a replay")


def _as_recorded(name: str) -> Scenario:
    return Scenario(name=name, title="as recorded", stage=lambda _: None, held=None, flat="", target={})


def _text(status: int, words: str) -> Response:
    return Response(status, words.encode(), {"Content-Type": "text/plain"})


def _nearness(case: RecordedCase, endpoint: Endpoint[Any], request: SimRequest) -> tuple[bool, bool, int]:
    """Return how well a recorded answer fits a request: exactly, as a success, by the number of equal parameters."""
    recorded = {name: as_text(value) for name, value in case.parameters.items()}
    sent = {name: as_text(value) for name, value in request.parameters.items() if name in endpoint.by_name}
    equal = len(recorded.items() & sent.items())
    return recorded == sent, case.is_success, 2 * equal - len(recorded)
