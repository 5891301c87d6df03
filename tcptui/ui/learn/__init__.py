"""Lessons and questions on the main screen."""
