"""The limits of a transfer's rate, stretch by stretch (rules/findings.md#what-limited-the-rate)."""
