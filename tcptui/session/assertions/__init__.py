"""Rules that a capture must keep: no, all, count and percentiles over display filters and fields."""
