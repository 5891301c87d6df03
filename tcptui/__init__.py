"""tcptui: what a TCP capture means, in the terminal."""

__version__ = "0.1.0"
