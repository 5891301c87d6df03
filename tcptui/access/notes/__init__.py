"""Marks and notes, kept in a file beside the capture: ``FILE.notes.json``."""
