"""
The capabilities of :mod:`venuekit.capabilities` with methods that block; values are the same.

Methods whose result is a block (streams, countdowns, dead man's switches) need a loop of the program's own and are not
here. The types are in the stub beside this module, written by ``python -m tests.contract.sync_stub``.
"""

from __future__ import annotations

from venuekit.sync.blocking import make_classes

_classes = make_classes(__name__)
globals().update(_classes)

__all__ = sorted(_classes)  # noqa: PLE0605 - the names of the classes made above
