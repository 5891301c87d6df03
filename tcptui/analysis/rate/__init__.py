"""What limited the rate of a transfer, stretch by stretch (rules/findings.md#what-limited-the-rate)."""
