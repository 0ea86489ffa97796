"""Spans and metrics of venuekit's requests, by OpenTelemetry."""

VENUEKIT_API = 1
