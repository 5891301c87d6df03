"""The overview: the verdict on the whole capture, and its trouble in groups, the worst first."""
