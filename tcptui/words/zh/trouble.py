"""The trouble of a capture in groups, in Chinese."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "trouble.many": "{name}：{n} 条连接",
    "trouble.verdict": "{all} 条连接中 {n} 条有问题。最严重的：{worst}。",
    "trouble.verdict.lost": "{all} 条连接中 {n} 条有问题，共损失 {lost}。最严重的：{worst}。",
    "trouble.verdict.brief": "{all} 条中 {n} 条有问题：{worst}。",
    "trouble.verdict.worst": "{worst}。",
    "trouble.verdict.count": "{all} 条连接中 {n} 条有问题。",
    "trouble.verdict.none": "{all} 条连接，未发现问题。",
    "trouble.verdict.noted": "{all} 条连接，未发现问题。值得留意：{worst}。",
    "trouble.verdict.empty": "抓包里没有 TCP 连接。",
    "trouble.verdict.empty.filter": "没有连接匹配过滤器。",
    "trouble.verdict.empty.program": "没有抓到该程序的连接。",
    "trouble.verdict.part.none": "抓包只读了一部分；这部分里的 {all} 条连接没有异常。",
    "trouble.verdict.part.noted": "抓包只读了一部分；这部分里的 {all} 条连接没有异常。值得留意：{worst}。",
    "trouble.verdict.part.empty": "抓包只读了一部分；这部分里没有 TCP 连接。",
    "trouble.verdict.part.empty.filter": "抓包只读了一部分；这部分里没有连接匹配过滤器。",
    "trouble.verdict.part.empty.program": "抓包只读了一部分；这部分里没有该程序的连接。",
    "trouble.verdict.outside": "抓包里没有 TCP 连接。TCP 之外发现：{worst}。",
    "trouble.verdict.part.outside": "抓包只读了一部分；这部分里没有 TCP 连接。TCP 之外发现：{worst}。",
    "trouble.verdict.beside": "{all} 条连接，未发现问题；但 TCP 之外：{worst}。",
    "trouble.no-connection": "不涉及连接",
    "trouble.connections": "{n} 条连接",
    "trouble.lost": "损失 {lost}",
    "trouble.since": "{time} 起",
    "trouble.worst": "最严重的是 {stream} 号（{client} → {server}）",
    "trouble.only": "{stream} 号（{client} → {server}）",
    "trouble.symptoms": "由此引起：",
    "trouble.symptom": "{name}",
    "trouble.symptom.lost": "{name} {lost}",
    "trouble.symptom.many": "{name}（{n} 条连接）",
    "trouble.symptom.many.lost": "{name}（{n} 条连接，{lost}）",
    "trouble.join": "；",
    "trouble.comma": "，",
}
