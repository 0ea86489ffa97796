"""
venuekit: one typed account API over many futures venues; every venue is a plugin.

The names are loaded when they are first asked for: importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venuekit._util.lazy import lazy as _lazy

if TYPE_CHECKING:
    from venuekit import capabilities, errors, sync
    from venuekit._simulate import simulate
    from venuekit.account import Account
    from venuekit.account_worth import AccountWorth, PositionRisk, UnknownFigure
    from venuekit.accounts import Accounts, open_accounts
    from venuekit.connecting import connect, open  # noqa: A004 - venuekit.open, as gzip.open
    from venuekit.credentials import Credentials, Secret
    from venuekit.endpoint import Change, Effect, Endpoint
    from venuekit.errors import Outcome, VenuekitError
    from venuekit.exports import Table, table
    from venuekit.flattening import flatten
    from venuekit.fleet import FanOut, fan_out
    from venuekit.message import Answer
    from venuekit.order_check.check import check_order
    from venuekit.parameters import Parameter
    from venuekit.pipeline import Guard, RetryPolicy
    from venuekit.portfolios import Portfolio, portfolio
    from venuekit.runtime import Runtime
    from venuekit.valuation import Money, Valuation
    from venuekit.venue import Environment, EnvironmentName, Venue

if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazy(
        __name__,
        {
            "_simulate": "simulate",
            "account": "Account",
            "account_worth": "AccountWorth PositionRisk UnknownFigure",
            "accounts": "Accounts open_accounts",
            "capabilities": "",
            "connecting": "connect open",
            "credentials": "Credentials Secret",
            "endpoint": "Change Effect Endpoint",
            "errors": "Outcome VenuekitError",
            "flattening": "flatten",
            "exports": "Table table",
            "fleet": "FanOut fan_out",
            "message": "Answer",
            "order_check.check": "check_order",
            "parameters": "Parameter",
            "pipeline": "Guard RetryPolicy",
            "portfolios": "Portfolio portfolio",
            "runtime": "Runtime",
            "sync": "",
            "valuation": "Money Valuation",
            "venue": "Environment EnvironmentName Venue",
        },
    )

__all__ = [
    "Account",
    "AccountWorth",
    "Accounts",
    "Answer",
    "Change",
    "Credentials",
    "Effect",
    "Endpoint",
    "Environment",
    "EnvironmentName",
    "FanOut",
    "Guard",
    "Money",
    "Outcome",
    "Parameter",
    "Portfolio",
    "PositionRisk",
    "RetryPolicy",
    "Runtime",
    "Secret",
    "Table",
    "UnknownFigure",
    "Valuation",
    "Venue",
    "VenuekitError",
    "capabilities",
    "check_order",
    "connect",
    "errors",
    "fan_out",
    "flatten",
    "open",
    "open_accounts",
    "portfolio",
    "simulate",
    "sync",
    "table",
]
