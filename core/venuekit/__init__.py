"""venuekit: one typed account API over many futures venues; every venue is a plugin."""

from __future__ import annotations

from venuekit import capabilities, errors
from venuekit._connect import connect
from venuekit._simulate import simulate
from venuekit.account import Account, Answer
from venuekit.credentials import Credentials, Secret
from venuekit.endpoint import Change, Effect, Endpoint, Parameter
from venuekit.errors import Outcome, VenuekitError
from venuekit.pipeline import Guard, RetryPolicy
from venuekit.runtime import Runtime
from venuekit.venue import Environment, EnvironmentName, Venue

__all__ = [
    "Account",
    "Answer",
    "Change",
    "Credentials",
    "Effect",
    "Endpoint",
    "Environment",
    "EnvironmentName",
    "Guard",
    "Outcome",
    "Parameter",
    "RetryPolicy",
    "Runtime",
    "Secret",
    "Venue",
    "VenuekitError",
    "capabilities",
    "connect",
    "errors",
    "simulate",
]
