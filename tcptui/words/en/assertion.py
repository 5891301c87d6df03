"""Words of rules that a capture must keep, and of their results."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "assertion.holds": "ok      {rule}",
    "assertion.broken": "BROKEN  {rule}: {reason}",
    "assertion.named": "{name} ({rule})",
    "assertion.why.no": "{n:packet matches|packets match}",
    "assertion.why.all": "{n:packet does|packets do} not match",
    "assertion.why.count": "{n:packet matches|packets match}",
    "assertion.why.share": "{n:packet matches|packets match}, {value}% of {of:TCP packet|TCP packets}",
    "assertion.why.percentile": "p{percent} is {value}, of {n:value|values}",
    "assertion.why.percentile-of-connections": "p{percent} is {value}, of {n:connection|connections}",
    "assertion.why.percentile-of-nothing": "no packet has {field}",
    "assertion.with-packets": "{reason}; packets {packets}",
    "assertion.packets-more": "{packets}, … ({n} more)",
    "assertion.error.word": "“{rule}” is no rule: it begins with no, all, count or a percentile such as p99, and a filter or field follows",
    "assertion.error.limit": "“{rule}” has no limit at its end, such as < 5 or < 1%",
    "assertion.error.no-share": "“{rule}” compares values, so its limit cannot be in percents",
    "assertion.error.field": "there is no field {name}; tcptui fields lists them",
    "assertion.error.field-near": "there is no field {name}; similar: {near}",
    "assertion.error.no-number": "{name} is no number and no time, so it has no percentile",
    "assertion.error.file": "{path} is no TOML file: {reason}",
    "assertion.error.file-large": "{path} has more than {most} bytes, so it holds no rules",
    "assertion.error.file-key": '{path} says “{name}”; known are rules = ["…"], and [[rule]] with name and rule',
    "assertion.error.file-shape": "{path}: rules is a list of texts, and each [[rule]] has a text rule and perhaps a text name",
    "assertion.error.file-empty": "{path} holds no rule",
}
