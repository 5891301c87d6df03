"""Scenarios that nobody wrote: composed from a number, recorded, and held against what really happened."""
