"""The screen of carried files."""
