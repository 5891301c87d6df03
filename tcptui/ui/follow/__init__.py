"""The screen that follows a stream."""
