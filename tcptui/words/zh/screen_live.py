"""实时抓包的文字：保存、重新开始、另选接口或过滤表达式。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "screen.key.save": "把抓到的包另存为文件",
    "screen.hint.save_matching": "保存匹配的包",
    "screen.key.save_matching": "只保存过滤器或文字筛选后剩下的包",
    "screen.key.clear": "重新开始：清空已抓到的，不漏包；包号从 1、时间从 0 重新计",
    "screen.key.choose": "另选接口、过滤表达式、文件或案例",
    "screen.notice.choose_again": "抓到的包还没有保存（按 w 保存）。再按一次离开。",
    "screen.notice.choose_again.copying": "还在保存文件。再按一次放弃保存并离开。",
    "screen.notice.choose_again.notes": "标记和备注无法写入文件，再按一次离开。",
    "screen.notice.choose_again.both": "抓到的包（按 w 保存）和备注都还没有保存，再按一次离开。",
    "screen.notice.no_clear": "没有可清空的：C 用于让正在进行的抓包重新开始。",
    "screen.notice.no_clear_of_this": "这次抓包不能清空：它是 pcapng 格式，或用了 --keep-around。",
    "screen.notice.clear_again": "这会丢掉已抓的全部数据包（w 先保存）。再按一次确认。",
    "screen.notice.saved_already": "本来就在文件里，不用保存；过滤时 w 另存匹配的包。",
    "screen.notice.nothing_filtered": "W 只保存过滤器或文字筛选后剩下的包：先按 / 输入。",
    "screen.notice.taken": "{path} 已存在：请换一个文件名。",
    "screen.notice.saved": "已将 {size}B 保存到 {file}。",
}
