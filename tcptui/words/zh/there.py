"""关于到别处抓包的词句。"""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "there.heading": "到那里抓包",
    "there.when": "再次出现时，在{places}抓包，这里也同时抓。两份对照，可以判断：{names}。",
    "there.place.client": "客户端",
    "there.place.server": "服务端",
    "there.place.between": "途中某处",
    "there.places": "和",
    "there.names": "；",
    "there.then": "然后用两个文件运行 {merge}。途中若有 NAT，那里会有一个地址不同：从过滤条件里去掉那个 host。",
    "there.none": "这里没有哪个结论要靠到别处抓包来判断。",
}
