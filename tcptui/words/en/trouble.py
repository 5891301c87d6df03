"""The trouble of a capture in groups, in English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "trouble.many": "{name}: {n} connections",
    "trouble.verdict": "{n} of {all:connection|connections} with problems. Worst: {worst}.",
    "trouble.verdict.lost": "{n} of {all:connection|connections} with problems, {lost} lost in total. Worst: {worst}.",
    "trouble.verdict.brief": "{n} of {all} with problems. {worst}.",
    "trouble.verdict.worst": "{worst}.",
    "trouble.verdict.count": "{n} of {all:connection|connections} with problems.",
    "trouble.verdict.none": "No problems found in {all:connection|connections}.",
    "trouble.verdict.noted": "No problems found in {all:connection|connections}. Worth knowing: {worst}.",
    "trouble.verdict.empty": "The capture has no TCP connection.",
    "trouble.verdict.empty.filter": "No connection matches the filter.",
    "trouble.verdict.empty.program": "No connection of the program was captured.",
    "trouble.verdict.part.none": "Only part of the capture was read; nothing is wrong with the {all:connection|connections} in that part.",
    "trouble.verdict.part.noted": (
        "Only part of the capture was read; nothing is wrong with the {all:connection|connections} in that part. "
        "Worth knowing: {worst}."
    ),
    "trouble.verdict.part.empty": "Only part of the capture was read; that part has no TCP connection.",
    "trouble.verdict.part.empty.filter": "Only part of the capture was read; no connection in that part matches the filter.",
    "trouble.verdict.part.empty.program": "Only part of the capture was read; that part has no connection of the program.",
    "trouble.verdict.outside": "The capture has no TCP connection. Found outside TCP: {worst}.",
    "trouble.verdict.part.outside": "Only part of the capture was read; that part has no TCP connection. Found outside TCP: {worst}.",
    "trouble.verdict.beside": "No problems found in {all:connection|connections}, but outside TCP: {worst}.",
    "trouble.no-connection": "no connection",
    "trouble.connections": "{n:connection|connections}",
    "trouble.lost": "{lost} lost",
    "trouble.since": "since {time}",
    "trouble.worst": "the worst: {stream} ({client} → {server})",
    "trouble.only": "connection {stream} ({client} → {server})",
    "trouble.symptoms": "Symptoms:",
    "trouble.symptom": "{name}",
    "trouble.symptom.lost": "{name}, {lost}",
    "trouble.symptom.many": "{name} ({n:connection|connections})",
    "trouble.symptom.many.lost": "{name} ({n:connection|connections}, {lost})",
    "trouble.join": "; ",
    "trouble.comma": ", ",
}
