"""Balances and income."""
