"""The scenarios, one file a family; each file holds a list ``SCENARIOS``."""
