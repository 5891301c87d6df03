"""Findings of one's own: a user's display filters, with words and a severity, told like those of the rules."""
