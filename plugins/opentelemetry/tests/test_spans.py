"""Spans of real operations against a simulated venue, by the semantic conventions for HTTP clients."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import venuekit
from venuekit.account import Account
from venuekit.capabilities import LeverageControl, PositionReader
from venuekit.plugin import (
    BudgetStore,
    Credentials,
    Event,
    EventKind,
    HmacSigner,
    Observer,
    PoolState,
    Receipt,
    Signer,
    hookimpl,
)
from venuekit.simulator import CannedAnswer, Delay, DropAfter, Simulation
from venuekit.testing import Watch, plugins_with
from venuekit_opentelemetry.telemetry import Telemetry

LEVERAGE = ("PUT", "/v1/leverage")


@attrs.define(eq=False)
class Stage:
    """A toy account whose operations are traced."""

    sim: Simulation
    account: Account
    exporter: InMemorySpanExporter
    telemetry: Telemetry
    provider: TracerProvider
    watch: Watch

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    async def set_leverage(self) -> Any:
        return await LeverageControl.of(self.account).set_leverage("GEMUSD", 7)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with _trace() as traced:
        yield traced


@asynccontextmanager
async def _trace(*plugins: object) -> AsyncIterator[Stage]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = Telemetry(tracer_provider=provider)

    watch = Watch()

    class Tracing:
        @hookimpl
        def venuekit_observe(self) -> Observer:
            return telemetry

    async with (
        venuekit.simulate("toy_perp") as sim,
        venuekit.Runtime(plugins=plugins_with(Tracing(), watch, *plugins), journal=False) as runtime,
        venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime, name="desk") as account,
    ):
        exporter.clear()
        yield Stage(sim, account, exporter, telemetry, provider, watch)
    provider.shutdown()


def facts(span: ReadableSpan) -> Mapping[str, Any]:
    return dict(span.attributes or {})


async def test_operation_is_a_span_with_its_attempts_below(stage: Stage) -> None:
    """A call that succeeded at the second attempt: both attempts are spans of an HTTP client, the second a resend."""
    busy = CannedAnswer.json(503, {"error": {"code": 3002, "message": "busy"}})
    stage.sim.disturb("toy_perp", LEVERAGE, busy)

    with stage.provider.get_tracer("strategy").start_as_current_span("rebalance"):
        await stage.set_leverage()

    first, second, operation, caller = stage.spans
    host, port = stage.account._session.venue_session.environment.host_of().split(":")
    request: dict[str, Any] = {"http.request.method": "PUT", "url.template": "/v1/leverage", "server.address": host}
    request |= {"server.port": int(port), "venuekit.weight": 1}
    assert operation.context is not None
    assert {span.parent and span.parent.span_id for span in (first, second)} == {operation.context.span_id}
    assert operation.parent is not None
    assert operation.parent == caller.context
    assert [span.name for span in (first, second, operation)] == ["PUT /v1/leverage"] * 2 + ["toy_perp set_leverage"]
    assert [span.kind.name for span in (first, second, operation)] == ["CLIENT", "CLIENT", "INTERNAL"]
    refused = {"http.response.status_code": 503, "error.type": "503", "venuekit.code": "3002"}
    assert facts(first) == request | refused
    assert facts(second) == request | {"http.response.status_code": 200, "http.request.resend_count": 1}
    assert [span.status.status_code.name for span in (first, second, operation)] == ["ERROR", "UNSET", "UNSET"]
    assert facts(operation) == {
        "venuekit.venue": "toy_perp",
        "venuekit.environment": "sim",
        "venuekit.account": "desk",
        "venuekit.operation": "set_leverage",
        "venuekit.symbol": "GEMUSD",
        "venuekit.effect": "set",
        "venuekit.priority": "risk",
        "venuekit.attempts": 2,
        "venuekit.outcome": "applied",
    }
    assert [event.name for event in operation.events] == ["retry", "wait"]


async def test_reads_of_a_resolution_are_below_the_lost_write(stage: Stage) -> None:
    """One trace shows the write, its lost answer, and the read that found it; no span has key, secret or signature."""
    stage.sim.disturb("toy_perp", LEVERAGE, DropAfter())
    await stage.set_leverage()

    spans = {span.name: span for span in stage.spans}
    write = spans["toy_perp set_leverage"]
    reads = [span for span in stage.spans if span.parent == write.context and span.kind.name == "INTERNAL"]
    assert reads
    assert len({span.context.trace_id for span in stage.spans if span.context}) == 1
    assert [event.name for event in write.events] == ["resolution"]
    assert facts(spans["PUT /v1/leverage"])["error.type"] == "AnswerLost"
    text = "".join(span.to_json() for span in stage.spans)
    hidden = [secret.reveal() for secret in stage.account._session.secrets if secret.reveal()]
    hidden += stage.watch.signatures
    assert len(hidden) > len(stage.spans)
    assert [word for word in hidden if word in text] == []
    assert "url.full" not in text


async def test_a_cancelled_call_ends_its_spans(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Both are errors of the type cancelled, its outcome is unknown, and the caller's own span is current again."""
    left = asyncio.Event()

    def note(event: Event) -> None:
        if event.kind is EventKind.REQUEST:
            left.set()

    stage.account._session.venue_session.observers += (note,)
    stage.sim.disturb("toy_perp", LEVERAGE, Delay(30))
    task = asyncio.create_task(stage.set_leverage())
    await left.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    attempt, operation = stage.spans
    assert [facts(span)["error.type"] for span in (attempt, operation)] == ["cancelled"] * 2
    assert facts(operation)["venuekit.outcome"] == "unknown"
    assert [event.name for event in operation.events] == ["unknown_outcome"]
    assert trace.get_current_span() is trace.INVALID_SPAN
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_operations_at_once_have_traces_of_their_own(stage: Stage) -> None:
    """No attempt is below the operation of another task."""
    await asyncio.gather(*(PositionReader.of(stage.account).get_positions() for _ in range(8)))

    operations = [span for span in stage.spans if span.kind.name == "INTERNAL"]
    attempts = [span for span in stage.spans if span.kind.name == "CLIENT"]
    assert len(operations) == len(attempts) == len({span.context.trace_id for span in operations if span.context}) == 8
    parents = {span.parent.span_id for span in attempts if span.parent}
    assert parents == {span.context.span_id for span in operations if span.context}


class _Shared:
    """A store of shared budgets that is lost where ``losses`` say so, and a signer whose next signature may wait."""

    def __init__(self) -> None:
        self.losses: list[bool] = []
        self.asked = asyncio.Event()
        self.gate: asyncio.Event | None = None
        self._signer: Signer | None = None

    async def pay(self, *_: object, **__: object) -> Receipt:
        return Receipt(0.0, is_alone=bool(self.losses and self.losses.pop(0)))

    async def report(self, _: object) -> None: ...

    async def leave(self, _: str) -> None: ...

    async def states(self) -> tuple[PoolState, ...]:
        return ()

    async def aclose(self) -> None: ...

    async def sign(self, payload: bytes) -> bytes:
        self.asked.set()
        gate, self.gate = self.gate, None
        if gate is not None:
            await gate.wait()
        assert self._signer is not None
        return await self._signer.sign(payload)

    @hookimpl
    def venuekit_make_budget_store(self) -> BudgetStore:
        return self

    @hookimpl
    def venuekit_make_signer(self, credentials: Credentials) -> Signer:
        self._signer = HmacSigner(credentials.secret)
        return self


async def test_an_operation_may_begin_with_its_budget() -> None:
    """Its span begins there, also where another operation begins and ends before its first attempt leaves."""
    shared = _Shared()
    async with _trace(shared) as stage:
        shared.losses, shared.gate = [True], (gate := asyncio.Event())
        shared.asked.clear()
        first = asyncio.create_task(stage.set_leverage())
        await shared.asked.wait()
        await PositionReader.of(stage.account).get_positions()
        gate.set()
        await first
        spans = {span.name: span for span in stage.spans}
        write, read = spans["toy_perp set_leverage"], spans["toy_perp get_positions"]

        assert write.start_time is not None
        assert read.start_time is not None
        assert write.start_time < read.start_time
        assert spans["PUT /v1/leverage"].parent == write.context
        assert len(stage.spans) == 4


async def test_spans_that_were_never_ended_end_with_the_runtime(stage: Stage, make_event: Any) -> None:
    """Events after the end of an operation begin no span; an open one is closed once."""
    await stage.telemetry.aclose()
    request: Event = make_event(EventKind.REQUEST, serial=10**9)
    stage.telemetry(request)
    await stage.telemetry.aclose()
    stage.telemetry(attrs.evolve(request, kind=EventKind.WAIT))

    assert [facts(span).get("error.type") for span in stage.spans] == ["closed", None]
