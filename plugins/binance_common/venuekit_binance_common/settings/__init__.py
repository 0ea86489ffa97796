"""Leverage, margin type, position mode, and all settings of an account at once."""
