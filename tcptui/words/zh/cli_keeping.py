"""命令行：保存什么，诊断结论触发什么。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.error.keep-where": "{option} 需要配合 -w 文件，说明数据包写到哪里",
    "cli.error.yes-delete": "--yes 要与 --delete 一起用",
    "cli.error.files-of-what": "-W 限制的是 -C 或 -G 产生的文件个数，请同时给出其中一个",
    "cli.error.not-to-stdout": "{option} 不能与 -w - 同时使用：标准输出上只能有一份抓包数据",
    "cli.error.size": "{option} 的取值以百万字节为单位，也可带 k、M、G（KiB、MiB、GiB），不能是 {value}",
    "cli.error.seconds": "--keep-seconds 的格式是 之前[,之后]，均不超过 {most} 秒，不能是 {value}",
    "cli.error.keep-seconds-what": "--keep-seconds 要与 --keep-around 一起使用",
    "cli.error.needs-csv": "{option} 要与 --csv 一起使用",
    "cli.error.only-what": "--only 用于挑选 --no-screen 的输出，请同时给出 --no-screen",
    "cli.error.finding": "{option}：没有 {value} 这个诊断结论；tcptui help findings 列出了全部名称",
    "cli.error.finding-near": "{option}：没有 {value} 这个诊断结论；相近的有：{near}",
    "cli.error.needs-source": "{option} 需要数据包来源：接口（-i）、文件、- 或 ssh://",
    "cli.live.evicted": "其中最早的 {count} 个已为腾出空间被淘汰；要全部保留，请用 -w 写入文件",
    "cli.live.unwritten": "另有 {count} 个数据包因空间不足没能写入，已丢失",
    "cli.live.files": "共写了 {count} 个文件，最后一个是 {file}",
    "cli.live.files.fewer": "另外写过 {count} 个文件，现在已不在原处：期间被移走、删除或替换",
    "cli.live.files.gone": "写好的文件已不在原处，期间被移走、删除或替换：{names}",
    "cli.live.file": "已全部写入 {file}",
    "cli.live.file.none": "没有数据包，{file} 没有写入",
    "cli.live.file.as-it-was": "没有数据包，{file} 保持原样",
}
