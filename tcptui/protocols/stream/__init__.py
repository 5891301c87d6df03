"""The byte stream of each direction, put together from segments."""
