"""Findings as they are made: --stop-on, --keep-around, --no-screen."""
