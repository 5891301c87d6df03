"""抓包须遵守的规则，以及检查结果的文字。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "assertion.holds": "通过    {rule}",
    "assertion.broken": "未通过  {rule}：{reason}",
    "assertion.named": "{name}（{rule}）",
    "assertion.why.no": "有 {n} 个数据包匹配",
    "assertion.why.all": "有 {n} 个数据包不匹配",
    "assertion.why.count": "有 {n} 个数据包匹配",
    "assertion.why.share": "有 {n} 个数据包匹配，占 {of} 个 TCP 数据包的 {value}%",
    "assertion.why.percentile": "p{percent} 为 {value}，共 {n} 个值",
    "assertion.why.percentile-of-connections": "p{percent} 为 {value}，共 {n} 条连接",
    "assertion.why.percentile-of-nothing": "没有数据包带有 {field}",
    "assertion.with-packets": "{reason}；数据包 {packets}",
    "assertion.packets-more": "{packets}……（还有 {n} 个）",
    "assertion.error.word": "“{rule}”不是规则：规则以 no、all、count 或 p99 这样的百分位数开头，后面是过滤器或字段",
    "assertion.error.limit": "“{rule}”末尾没有界限，例如 < 5 或 < 1%",
    "assertion.error.no-share": "“{rule}”比较的是数值，界限不能用百分比",
    "assertion.error.field": "没有字段 {name}；用 tcptui fields 列出全部字段",
    "assertion.error.field-near": "没有字段 {name}；相近的有：{near}",
    "assertion.error.no-number": "{name} 既不是数字也不是时间，没有百分位数",
    "assertion.error.file": "{path} 不是 TOML 文件：{reason}",
    "assertion.error.file-large": "{path} 超过 {most} 字节，不会是规则文件",
    "assertion.error.file-key": '{path} 中有“{name}”；可用的是 rules = ["…"]，以及带 name 和 rule 的 [[rule]]',
    "assertion.error.file-shape": "{path}：rules 须是文本列表，每个 [[rule]] 须有文本 rule，可有文本 name",
    "assertion.error.file-empty": "{path} 中没有规则",
}
