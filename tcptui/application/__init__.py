"""What the bytes above TCP say, on demand for one stream."""
