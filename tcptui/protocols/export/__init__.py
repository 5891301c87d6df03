"""Files carried over HTTP, collected and written."""
