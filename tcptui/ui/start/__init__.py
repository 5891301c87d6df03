"""The start screen, where there is no capture yet."""
