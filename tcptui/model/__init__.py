"""Pure values shared by every layer: numpy and the standard library only."""
