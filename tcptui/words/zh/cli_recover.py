"""tcptui recover 的文字，以及指向它的提示。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.recover.heading": "被中断的抓包，最早的在前：",
    "cli.recover.row": "{number:>3}  {date}  {size:>7}  {path}",
    "cli.recover.how": "保存其中一个：tcptui recover {number} -w 文件。全部删除：tcptui recover --delete；只删一个：tcptui recover {number} --delete。",
    "cli.recover.none": "没有遗留的被中断抓包",
    "cli.recover.saved": "{date} 被中断的抓包已存为 {path}（{packets} 个数据包，{size}）",
    "cli.recover.damaged": "抓包在第 {offset} 字节处损坏：能读出之前的 {packets} 个数据包，其余字节也都保留在文件里",
    "cli.recover.ask": "要永久删除这 {count} 个抓包（共 {size}）吗？[y/N] ",
    "cli.recover.deleted": "已删除：{path}（{size}）",
    "cli.recover.notice": "{date} 有一次抓包被中断，内容还在（{size}）；用 tcptui recover 取回",
    "cli.recover.notice.more": "有 {count} 次抓包被中断，最近一次是 {date}，内容都在（共 {size}）；用 tcptui recover 取回",
    "cli.recover.kept": "已抓到的内容保留着；保存：tcptui recover {number} -w 文件",
    "cli.recover.lost": "抓包文件在写入时被删除，也无法另存到别处：{reason}",
}
