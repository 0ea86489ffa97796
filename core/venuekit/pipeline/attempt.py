"""One attempt of an operation: pay, sign, send, classify, decode, convert."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from venuekit import errors
from venuekit.credentials.redactor import redact
from venuekit.echoes import OtherAnswer
from venuekit.endpoint import Effect
from venuekit.errors import OperationError
from venuekit.message import HttpResponse
from venuekit.payloads.json_text import TooDeep
from venuekit.payloads.mismatch import mismatch_of
from venuekit.pipeline.belonging import check_refusal, why_not_ours
from venuekit.pipeline.budget import Budget, pay, update_from_headers
from venuekit.pipeline.classify import Failure, FailureKind, classify, first_bytes
from venuekit.pipeline.closing import SHUTTING, apply_backoff, record_unsupported, too_long
from venuekit.pipeline.noting import record_attempt, use_client_ids
from venuekit.pipeline.observe import EventKind

if TYPE_CHECKING:
    from venuekit.pipeline.operation_record import OperationRecord
    from venuekit.venue import EncodedRequest

T = TypeVar("T")

_UNANSWERED: Mapping[FailureKind, type[errors.TransportError]] = {
    FailureKind.NEVER_SENT: errors.NeverSent,
    FailureKind.CERTIFICATE: errors.CertificateRejected,
    FailureKind.LOST: errors.AnswerLost,
}


@attrs.define(eq=False)
class Attempt(Generic[T]):
    """The request of an operation, ready to be signed and sent as often as recovery says."""

    record: OperationRecord[T]
    encoded: EncodedRequest = attrs.field(repr=False)
    decode: Callable[[bytes], T] = attrs.field(repr=False)

    async def send(self) -> T:
        """
        Send once: pay, sign, send, classify, decode, convert.

        An answer that cannot be converted is no better than one that cannot be decoded: to a write it is lost.

        Raises:
            Failure: the attempt did not end in an answer; the retry table names the next action.
            OperationError: it cannot go on: the budget would have to wait too long.
        """
        record = self.record
        session, endpoint = record.session, record.endpoint
        fare = session.costs(endpoint)
        costs, due, reserve = fare
        if due is None:
            due = fare.of(endpoint.cost(record.parameters))
        if record.options.priority is not None:
            reserve = record.options.priority.value
        if delay := pay(due, session.clock.monotonic(), reserve):
            await self._wait_for_budget(costs, due, delay)
        window = record.options.recv_window or session.venue_session.venue.recv_window
        record.sent_at = session.venue_session.clock.milliseconds()
        try:
            request = await session.wire.sign(self.encoded, endpoint.security, record.sent_at, window)
        except Exception as error:  # noqa: BLE001 - classified there, whatever its source
            raise self._failure_of_signing(error) from None
        try:
            if session.halted:
                record.check_guard()  # asked last: it may have waited for its turn, a fence, the budget or the signer
            record.fence = session.venue_session.venue.expiry.fence(record.sent_at, window)
            if endpoint.is_write:
                if endpoint.effect is Effect.KEYED:
                    use_client_ids(record)
                if session.journal is not None:
                    record_attempt(record, session.journal)
            record.attempts += 1
            record.in_flight = True
            if session.venue_session.observers:
                record.notify(EventKind.REQUEST)
            try:
                response = await session.wire.send(request)
            except Exception as error:  # noqa: BLE001 - likewise
                raise self._failure_of_sending(error) from None
        finally:
            del request  # it holds key and signature, and no traceback of a failure shall show it
        return self._read(response, costs)

    def _read(self, response: HttpResponse, costs: tuple[Any, ...]) -> T:
        """Return the value of an answer; raises Failure for one that is none."""
        record = self.record
        session, endpoint = record.session, record.endpoint
        if costs:
            self._update_budgets(costs, response)
        try:
            failure = classify(session.venue_session.venue, endpoint, response, session.venue_session.clock)
        except Exception as error:  # a plugin that cannot read the answer must not hide that a write may hold
            lost = errors.AnswerLost(f"{first_bytes(response)}; {_describe(error)}", status=response.status)
            raise record.failure(FailureKind.LOST, lost) from error
        if failure is not None:
            raise self._failure_of_refusal(failure, response, costs)
        check_echo, is_ours = endpoint.check_echo, False
        try:
            value = self.decode(response.body)
            if check_echo is not None:
                is_ours = check_echo(value, record.parameters)
        except OtherAnswer as other:
            raise self._failure_of_foreign_answer(str(other), response) from None
        except Exception as error:  # noqa: BLE001 - likewise
            raise self._failure_of_decoding(error, response) from None
        if not is_ours and (why := why_not_ours(record, response)) is not None:
            raise self._failure_of_foreign_answer(why, response)
        if record.convert is not None:
            try:
                record.converted = value, record.convert(value)
            except Exception as error:  # noqa: BLE001 - likewise
                raise self._failure_of_converting(error, response) from None
        record.in_flight = False
        if session.venue_session.observers:
            took = session.venue_session.clock.milliseconds() - record.sent_at
            record.notify(EventKind.ANSWER, seconds=took / 1000)
        return value

    async def _wait_for_budget(self, costs: tuple[Any, ...], due: list[tuple[Budget, int]], delay: float) -> None:
        """Wait until every pool can be paid, and pay."""
        record = self.record
        while delay:
            if record.waited + delay > record.max_wait:
                raise record.annotate(too_long(record.session, costs, delay, record.max_wait))
            # never less than a millisecond: a rounding short of the window would be waited for again and again
            await record.wait(max(delay, 0.001))
            delay = pay(due, record.session.clock.monotonic(), record.priority.value)

    def _update_budgets(self, costs: tuple[Any, ...], response: HttpResponse) -> None:
        """Correct the pools by the headers of the answer."""
        now = self.record.session.clock.monotonic()
        for limit, pool, _ in costs:
            update_from_headers(pool, limit, response.headers, now)

    def _failure_of_foreign_answer(self, why: str, response: HttpResponse) -> Failure:
        self.record.session.wire.distrust()  # or the true answer would be taken for that of the next request
        return self.record.failure(FailureKind.LOST, errors.AnswerLost(why, status=response.status))

    def _failure_of_refusal(self, refusal: Failure, response: HttpResponse, costs: tuple[Any, ...]) -> Failure:
        """Return the failure of a refusal; closed pools and missing capabilities are remembered."""
        record, session = self.record, self.record.session
        doubt = check_refusal(record, response, refusal)
        if doubt is not refusal and doubt.kind is FailureKind.LOST:
            session.wire.distrust()
        if record.endpoint.is_write and doubt.error.code in session.venue_session.venue.outdated_by:
            session.venue_session.remembered.outdate()
        if refusal.kind in SHUTTING:
            apply_backoff(session, refusal, costs, record.attempts)
        elif doubt.kind is FailureKind.UNSUPPORTED:
            record_unsupported(session, record.endpoint, refusal.error.message)
        failure = record.failure(doubt.kind, doubt.error, refusal.delay)
        failure.given_at = refusal.given_at
        return failure

    def _failure_of_sending(self, error: Exception) -> Exception:
        """Return the failure of an attempt without an answer."""
        for kind, expected in _UNANSWERED.items():
            if isinstance(error, expected):
                return self.record.failure(kind, error)
        # a transport's own failure: whether something left is unknown
        lost = errors.AnswerLost(_describe(error))
        lost.__cause__ = error
        return self.record.failure(FailureKind.LOST, lost)

    def _failure_of_signing(self, error: Exception) -> Exception:
        """Return the failure of a request that could not be signed; nothing left."""
        if isinstance(error, errors.NeverSent):
            return self.record.failure(FailureKind.NEVER_SENT, error)
        if isinstance(error, OperationError):
            return self.record.annotate(error)
        if isinstance(error, errors.VenuekitError):
            return error
        unsigned = errors.NeverSent(f"the request could not be signed: {_describe(error)}")
        return self.record.failure(FailureKind.NEVER_SENT, unsigned)

    def _failure_of_decoding(self, error: Exception, response: HttpResponse) -> Failure:
        """Return the failure of an answer that could not be decoded; that of a write counts as lost."""
        self.record.session.wire.distrust()  # it may be of another question, as one that can be read may
        if isinstance(error, ValueError) and not isinstance(error, OperationError):
            words = str(error) if isinstance(error, TooDeep) else first_bytes(response)
            lost = errors.AnswerLost(words, status=response.status)
            return self.record.failure(FailureKind.LOST, lost)
        mismatch = mismatch_of(error)
        mismatch.status, mismatch.operation = response.status, str(self.record.endpoint)
        mismatch.message = redact(mismatch.message)
        return self.record.failure(self._kind_of_misfit(), mismatch)

    def _failure_of_converting(self, error: Exception, response: HttpResponse) -> Failure:
        """Return the failure of an answer that could not be converted."""
        failed = mismatch_of(error)
        failed.status = failed.status or response.status
        return self.record.failure(self._kind_of_misfit(), failed)

    def _kind_of_misfit(self) -> FailureKind:
        """Return the kind of an answer that does not fit: of a read an error, of a write as good as lost."""
        return FailureKind.REFUSED if self.record.endpoint.effect is Effect.READ else FailureKind.LOST


def _describe(error: Exception) -> str:
    return redact(f"{type(error).__name__}: {error}")
