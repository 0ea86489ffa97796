"""Mutants of requests and refusals: signing, effects, proofs, limits and recorded answers."""

from __future__ import annotations

from tests.mutants.harness import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="every request is valid for a minute",
        kind="fences",
        of="toy_swap",
        file="signing.py",
        old="str(stamp.timestamp + stamp.recv_window)",
        new="str(stamp.timestamp + 60_000)",
        caught_by="test_write_held_back_past_its_window_is_refused",
    ),
)
