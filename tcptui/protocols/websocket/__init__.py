"""WebSocket: the upgrade, frames, messages."""
