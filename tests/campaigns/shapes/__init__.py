"""Captures of one hostile shape each, of any size: modules with `SHAPES`, functions from a size in bytes to a file."""
