"""redact 对写出的副本的报告。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "redact.label": "脱敏副本",
    "redact.written": "{file}：{packets} 个数据包，已脱敏",
    "redact.replaced": "替换：{counted}",
    "redact.compared": "与原抓包相同：{verdicts} 个数据包的判定和状态，{findings} 条诊断，{requests} 个请求",
    "redact.searched": "搜索了原抓包的 {values} 个值以及载荷：一处也没有找到",
    "redact.gone": "因为载荷换成填充字节而不复存在的请求：{gone}",
    "redact.lost": "依据的内容已被替换、不再列出的结论：{gone}",
    "redact.unique": "凭对端数、端口和字节数就独一无二的主机：{of} 台中的 {unique} 台",
    "redact.key-drawn": "密钥是本次随机生成的，不会保存；要再得到同样的替换结果，请用 --key",
    "redact.found.address": "地址",
    "redact.found.link-address": " MAC 地址",
    "redact.found.name": "主机名",
    "redact.found.text": "说明文字",
    "redact.found.content": "载荷",
}
