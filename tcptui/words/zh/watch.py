"""诊断结论触发了什么，以及不带界面的抓包如何收尾。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "watch.stopped": "因出现 {finding} 而停止（--stop-on）：流 {stream}，数据包 {frame}",
    "watch.appears": "{finding}（--stop-on）最早出现在流 {stream} 的数据包 {frame}",
    "watch.stopped.capture": "因出现 {finding} 而停止（--stop-on）：涉及多条流，到数据包 {frame} 为止",
    "watch.appears.capture": "{finding}（--stop-on）涉及多条流，到数据包 {frame} 为止",
    "watch.files-full": "-W 指定的 {files} 个文件都已写满，抓包停止",
    "watch.begin": "正在 {source} 上抓包；按 Ctrl-C 结束",
    "watch.end": "{packets} 个数据包，内核丢弃 {dropped} 个，{found} 条结论；分析最多落后 {lag} 秒",
    "watch.end.unknown": "{packets} 个数据包，{found} 条结论；分析最多落后 {lag} 秒",
    "watch.end.file": "{packets} 个数据包，{found} 条结论",
    "watch.unseen": "来不及查看的连接：{count} 个",
    "watch.unread": "已抓到但来不及分析的数据：{megabytes} MB",
    "watch.nobody-read": "标准输出一直没有人读，{count} 行关于发现的内容没有写出",
    "watch.kept": "结论前后的 {packets} 个数据包已存入 {names}",
    "watch.kept.more": "结论前后的 {packets} 个数据包已存入 {files} 个文件：{names} 等",
    "watch.kept.none": "没有需要保存的内容：--keep-around 指定的结论都没有出现",
    "watch.kept.missed": "结论前后有 {packets} 个数据包没能保存：它们已不在临时缓存中",
}
