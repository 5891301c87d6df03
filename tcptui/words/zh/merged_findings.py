"""两个抓包点共同判定的发现的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "merged.findings.heading": "由两份抓包共同判定的发现：",
    "merged.findings.line": "{point} {stream}，{title}：{outcome}。{shown}",
    "merged.findings.refuted": "已排除：{other}",
    "merged.findings.not-between": "不在 A、B 之间：{other}",
    "merged.findings.more": "还有 {count} 个发现：--json 会全部列出。",
    "merged.findings.undecided.heading": "下列发现本要靠另一份抓包判断，这一对抓包判定不了：",
    "merged.findings.undecided": "{point} {stream}，{title}。",
    "merged.findings.outcome.confirmed": "得到证实",
    "merged.findings.outcome.cause-known": "原因已明",
    "merged.findings.outcome.narrowed": "范围缩小",
    "merged.findings.outcome.withdrawn": "撤回",
    "merged.findings.shown.lost-between": "第一份经过了 {here}（{here}：{frames}），在到达 {there} 之前丢失。",
    "merged.findings.shown.ack-lost": "第一份到达了 {there}，它的 ACK 在到达 {here} 之前丢失（{there}：{frames_there}）。",
    "merged.findings.shown.ack-seen": "第一份到达了 {there}，它的 ACK 经过了两个抓包点（{there}：{frames_there}）。",
    "merged.findings.shown.no-ack": "第一份到达了 {there}（{there}：{frames_there}），下一份到达之前那里没有出现它的 ACK。",
    "merged.findings.shown.syn-lost": "{count} 个 SYN 经过了 {here}（{here}：{frames}），没有到达 {there}。",
    "merged.findings.shown.syn-unanswered": "{there} 有 {count} 个 SYN（{there}：{frames_there}），之后没有及时出现来自服务端地址的回应。",
    "merged.findings.shown.syn-ack-lost": "{count} 个 SYN-ACK 经过了 {here}（{here}：{frames}），没有到达 {there}。",
    "merged.findings.shown.third-ack-lost": "握手的第三个数据包经过了 {here}（{here}：{frames}），在到达 {there} 之前丢失。",
    "merged.findings.shown.third-ack-seen": "在 SYN-ACK 重传之前，握手的第三个数据包已到达 {there}（{there}：{frames_there}）。",
    "merged.findings.shown.rst-between": (
        "{here} 有这个 RST（{here}：{frames}），{there} 没有，其抓包也没有漏抓的迹象，所以是两者之间的设备发出的。"
    ),
    "merged.findings.shown.rst-seen": "这个 RST 先经过 {here}、后到 {there}（{here}：{frames}），所以不是两者之间的设备发出的。",
    "merged.findings.shown.wait-beyond": "其中 {beyond}在 {there} 之后，{between}在 {here} 与 {there} 之间。",
    "merged.findings.shown.wait-between": "只有 {beyond}在 {there} 之后，{between}在 {here} 与 {there} 之间。",
    "merged.findings.shown.not-captured": "{here} 有 {count} 个数据包经过了 {there}，而 {there} 的抓包中没有（{here}：{frames}）。",
    "merged.findings.shown.reordered-between": "{count} 个数据包在 {here} 与 {there} 之间被后面的超过（{here}：{frames}）。",
    "merged.findings.shown.duplicated-between": "{count} 个数据包经过 {there} 一次，到 {here} 时有两份（{here}：{frames}）。",
    "merged.findings.shown.option-removed": "A、B 之间的设备改动了握手中的这个选项。",
    "merged.findings.shown.option-kept": "这个选项在两个抓包点相同（{here}：{frames}）。",
}
