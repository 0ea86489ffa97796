"""Positions: filters, ADL, and margin moved by hand."""
