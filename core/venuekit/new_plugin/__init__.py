"""
New plugin: a distribution that is a made-up venue, complete and small, for its author to replace step by step.

The questions are in ``copier.yml`` beside this module, the files of the distribution below ``project``. It needs
copier: ``pip install 'venuekit[new-plugin]'``.
"""

from __future__ import annotations

import enum
import re
from pathlib import Path
from typing import Any

import attrs

from venuekit.errors import ConfigurationError

__all__ = ["Contracts", "PluginAnswers", "Positions", "RouteCount", "SigningStyle", "make_plugin"]

_TEMPLATE = Path(__file__).parent
#: the form of a venue's id that is a name of a Python package, too
_NAME = re.compile("[a-z][a-z0-9_]{1,39}")


class SigningStyle(enum.StrEnum):
    """How requests are signed, always by HMAC-SHA256."""

    HEADER = "header"  #: key, time, window and signature travel in headers
    QUERY = "query"  #: time, window and signature travel in the query
    EXPIRY = "expiry"  #: a header says until when the request is valid
    #: headers, with a passphrase, and the signature in base64
    PASSPHRASE = "passphrase"  # noqa: S105 - a style, and no secret


class Positions(enum.StrEnum):
    """The positions of a contract."""

    ONE_WAY = "one-way"
    HEDGE = "hedge"  #: a long and a short one, where the account is in hedge mode


class Contracts(enum.StrEnum):
    """The unit of a contract, and the asset in which it settles."""

    LINEAR = "linear"  #: an amount of the base, settled in the quote
    INVERSE = "inverse"  #: an amount of the quote, settled in the base


class RouteCount(enum.StrEnum):
    """The routes of orders."""

    NONE = "0"
    ONE = "1"  #: limit and market orders
    TWO = "2"  #: stop orders besides, on a route of their own


@attrs.frozen(kw_only=True)
class PluginAnswers:
    """
    The answers to the questions about a venue; None leaves one open.

    Raises:
        ConfigurationError: the name is no id of a venue.
    """

    name: str = "acme_perp"
    signing: SigningStyle | None = None
    positions: Positions | None = None
    contracts: Contracts | None = None
    order_routes: RouteCount | None = None

    def __attrs_post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            words = "an id has lower case letters, digits and underscores, and begins with a letter, like acme_perp"
            raise ConfigurationError(f"{self.name!r} is no id of a venue: {words}")

    @property
    def distribution(self) -> str:
        """The name of the distribution."""
        return f"venuekit-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """The name of its package."""
        return f"venuekit_{self.name}"

    def to_data(self) -> dict[str, Any]:
        """Return the answers that are not left open, by the names of the questions."""
        data = attrs.asdict(self, filter=lambda _, value: value is not None)
        return {name: int(value) if isinstance(value, RouteCount) else str(value) for name, value in data.items()}


def make_plugin(answers: PluginAnswers, directory: Path, *, ask: bool = False) -> None:
    """
    Write a distribution into a directory that is empty or does not exist.

    With ``ask`` the questions that are open are asked on the terminal; without, the template's defaults hold.

    Raises:
        ConfigurationError: copier is missing, the directory is not empty, or there is no terminal to ask on.
    """
    try:
        from copier import run_copy
        from copier.errors import CopierAnswersInterrupt, InteractiveSessionError
    except ImportError as error:
        words = "new-plugin needs copier, which is missing: pip install 'venuekit[new-plugin]'"
        raise ConfigurationError(words) from error
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ConfigurationError(f"{directory} exists and is not empty: name another directory")
    try:
        run_copy(str(_TEMPLATE), directory, data=answers.to_data(), defaults=not ask, quiet=True)
    except InteractiveSessionError as error:
        raise ConfigurationError("there is no terminal to ask on: give --defaults, or every option") from error
    except CopierAnswersInterrupt as interruption:
        raise KeyboardInterrupt from interruption
