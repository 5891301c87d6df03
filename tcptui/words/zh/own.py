"""用户自定义诊断的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "own.name": "{title}（自定义）",
    "own.happened": "该连接有 {n} 个数据包匹配过滤器 {filter}。",
    "own.meaning": "这是你或该诊断文件的作者定义的；tcptui 不作任何判断。",
    "own.known": "下列数据包匹配过滤器 {filter}。",
    "own.sure": "tcptui 只核实了这些数据包匹配过滤器，此外什么也没有核实。",
    "own.look": '用过滤器 tcptui.finding == "{id}" 可以只看这些数据包。',
    "own.failed.filter": "自定义诊断 {id} 不再查找：其正则表达式在一个数据包上耗时过长。",
    "own.failed.notes": "自定义诊断 {id} 无法查找：文件旁的标记和备注不可用。",
    "own.error.unreadable": "无法读取 {path}：{reason}",
    "own.error.untrusted": "不读取 {path}，因为别人能改动 {place}；请让它只归你所有：chmod go-w",
    "own.error.large": "{path} 超过 {most:,} 字节，不是诊断文件",
    "own.error.garbled": "{path} 不是 TOML：{reason}",
    "own.error.shape": "{path} 不是诊断文件：诊断写在 [[finding]] 表中",
    "own.error.file-key": "{path} 中有 {name}，诊断文件没有这一项；每条诊断以 [[finding]] 开头",
    "own.error.many": "{path} 中的诊断超过 {most} 条",
    "own.error.filter-wrong": "{path}，第 {number} 条诊断（{entry}）的过滤器：{message}",
    "own.error.key": "{path}，第 {number} 条诊断（{entry}）：诊断没有 {name} 这一项；可用的有 {known}",
    "own.error.id": "{path}，第 {number} 条诊断（{entry}）：id 缺失或有误；只能用小写字母、数字、点和连字符，最多 64 个",
    "own.error.id-taken": "{path}，第 {number} 条诊断（{entry}）：{id} 是 tcptui 自己的名称，请换一个 id",
    "own.error.id-twice": "{path}，第 {number} 条诊断（{entry}）：有两条名为 {id} 的诊断",
    "own.error.filter": "{path}，第 {number} 条诊断（{entry}）：filter 缺失，或者不是文本",
    "own.error.severity": "{path}，第 {number} 条诊断（{entry}）：severity 缺失或有误；可取 {known}",
    "own.error.per": "{path}，第 {number} 条诊断（{entry}）：per 有误；可取 {known}",
    "own.error.at-least": "{path}，第 {number} 条诊断（{entry}）：at_least 有误；应为从 1 起的数据包个数",
    "own.error.words": '{path}，第 {number} 条诊断（{entry}）：文字缺失或有误；请写 {language} = {{ title = "…", sentence = "…" }}',
    "own.error.words-long": "{path}，第 {number} 条诊断（{entry}）：{language} 下的文字超过 {most} 个字符",
}
