"""The screen of what was found in the whole capture."""
