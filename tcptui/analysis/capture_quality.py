"""Capture quality: which conclusions a capture can support at all (rules/findings.md#capture-quality)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaptureQuality:
    """Capture-wide reasons to be careful; counts are over the whole capture so far."""

    packets: int = 0
    kernel_dropped: int = 0
    """Packets that the recorder reports lost (live counter or pcapng statistics)."""
    truncated: int = 0
    """Frames with fewer bytes captured than were on the wire."""
    headers_cut: int = 0
    """Of those, frames whose TCP header or options were cut."""
    time_went_back: int = 0
    """Frames older than the frame captured before them."""
    offloaded: int = 0
    """Frames larger than 1,514 bytes carrying more than the MSS: segmentation offload."""
    zero_filled: int = 0
    """Frames whose payload may be Ethernet padding (`tcptui.model.packet_store.DecodeIssue.ZERO_FILLED`)."""
