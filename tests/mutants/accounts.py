"""Mutants of the values of an account: balances, positions, settings and margin."""

from __future__ import annotations

from tests.mutants.harness import Mutant

MUTANTS: tuple[Mutant, ...] = ()
