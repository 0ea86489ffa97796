"""The pipeline: the way of one request, one station per module."""

from __future__ import annotations

from venuekit.pipeline.budget import Budget, PoolName, SlidingBudget
from venuekit.pipeline.carry import carry
from venuekit.pipeline.guard import Guard
from venuekit.pipeline.journal import FileJournal, Journal, Unresolved
from venuekit.pipeline.line import UNSET, Line, Options, Place
from venuekit.pipeline.observe import Event, EventKind, Observer
from venuekit.pipeline.policy import RetryPolicy
from venuekit.pipeline.subjects import Subjects
from venuekit.pipeline.wire import RestWire, Wire

__all__ = [
    "UNSET",
    "Budget",
    "Event",
    "EventKind",
    "FileJournal",
    "Guard",
    "Journal",
    "Line",
    "Observer",
    "Options",
    "Place",
    "PoolName",
    "RestWire",
    "RetryPolicy",
    "SlidingBudget",
    "Subjects",
    "Unresolved",
    "Wire",
    "carry",
]
