"""``tcptui completion SHELL``: what bash, zsh or fish must be told to complete our command lines.

The scripts are made of the tables of commands and options.  What changes from host to host (interfaces, fields) is
asked for when it is completed; names of fields are many, so the program itself is asked for those that match.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.cli.command_table import COMMANDS, EVERYWHERE, READING, SHELLS, TOPICS, Operand
from tcptui.cli.option_table import BY_NAME, OPTIONS, Option, Value
from tcptui.cli.run.load import write
from tcptui.findings.catalog import FAMILIES
from tcptui.findings.finding_filter import SEVERITIES
from tcptui.lessons.loader import load_cases
from tcptui.scan.questions import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcptui.cli.command_table import CommandRow
    from tcptui.cli.commands import CompletionCommand
    from tcptui.words.catalogue import Words

#: What capture files end with, apart from `_PACKED`.
CAPTURE_ENDINGS: Final = ("pcap", "pcapng", "cap", "dmp", "ntar")
_PACKED: Final = ("gz", "zst")
#: Characters of a short option.
_SHORT: Final = 2
_INTERFACES: Final = "any $(command ls /sys/class/net 2>/dev/null)"
_FIELDS: Final = "tcptui fields {} 2>/dev/null | cut -f1"


def write_completion(command: CompletionCommand, words: Words) -> int:
    """Write the script of ``command.shell``; returns the exit code."""
    write([_SCRIPTS[command.shell](words)])
    return 0


def _finding_names() -> str:
    return " ".join((*(str(one) for ids in FAMILIES.values() for one in ids), *FAMILIES, *SEVERITIES))


def _case_names() -> str:
    return " ".join(case.id for case in load_cases())


def _questions() -> str:
    return " ".join(question.name for question in QUESTIONS)


def _spellings(names: Iterable[str]) -> list[str]:
    """Options as they can be written, short and long."""
    options = [BY_NAME[name] for name in sorted(names)]
    return [spelled for option in options for spelled in (option.name, option.long) if spelled]


def _options_of(row: CommandRow) -> list[str]:
    reading = READING if row.opens_captures else frozenset()
    return _spellings(row.options | reading | EVERYWHERE | {"-h"})


def _screen_options() -> list[str]:
    """Options where no command is: of captures, live or of a file."""
    of_commands = {name for row in COMMANDS for name in row.options}
    with_screen = {"-Y", "-n", "-t", "-w", "--overwrite", "--workers", "--assume-symmetric"}
    return _spellings((BY_NAME.keys() - of_commands) | with_screen | EVERYWHERE | READING)


def _with(value: Value) -> list[Option]:
    return [option for option in OPTIONS if option.value is value]


def _either(value: Value) -> str:
    """A pattern of bash and zsh for the options with ``value``."""
    return "|".join(_spellings(option.name for option in _with(value)))


# -- bash --------------------------------------------------------------------------------------

_BASH: Final = """\
# Completion of tcptui for bash, made by: tcptui completion bash
_tcptui_put() { mapfile -t COMPREPLY < <(compgen "$@"); }

_tcptui_files() {  # $1: a pattern of endings
  local name
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(
    compgen -d -- "$cur"
    compgen -f -- "$cur" | while IFS= read -r name; do
      [[ ! -d $name && $name =~ $1 ]] && printf '%s\\n' "$name"
    done
  )
}

_tcptui() {
  local cur prev command= word
  # bash takes “=” and “:” for words of their own; a value behind “=” is completed as one behind a blank.
  cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == '=' ]]; then cur=
  elif [[ $prev == '=' ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      @COMMAND_WORDS@) command=$word; break ;;
      -i|-r) break ;;
    esac
  done
  case $prev in
    @INTERFACE@) _tcptui_put -W "@INTERFACES@" -- "$cur"; return ;;
    @CAPTURE@) _tcptui_files '@ENDINGS@'; return ;;
    @FILE@) _tcptui_files ''; return ;;
    @FOLDER@) compopt -o filenames 2>/dev/null; _tcptui_put -d -- "$cur"; return ;;
    @FIELD@) _tcptui_put -W "$(@OF_FIELDS@)" -- "$cur"; return ;;
    @FINDINGS@)
      local done=
      [[ $cur == *,* ]] && done=${cur%,*},
      compopt -o nospace 2>/dev/null
      _tcptui_put -P "$done" -W "@NAMES@" -- "${cur##*,}"
      return ;;
@CHOICES@    @TEXT@) return ;;
  esac
  if [[ $cur == -* ]]; then
    case $command in
@OPTIONS@    esac
    return
  fi
  case $command in
@OPERANDS@  esac
}
complete -F _tcptui tcptui
"""


def _endings() -> str:
    return rf"\.({'|'.join(CAPTURE_ENDINGS)})[0-9]*(\.({'|'.join(_PACKED)}))?$"


def _bash(_words: Words) -> str:
    operands = {
        Operand.CAPTURE: f"_tcptui_files '{_endings()}'",
        Operand.CAPTURES: f"_tcptui_files '{_endings()}'",
        Operand.FOLDERS: '_tcptui_put -A directory -- "$cur"',
        Operand.SOURCES: f'_tcptui_put -W "{_INTERFACES}" -- "$cur"',
        Operand.PATHS: f"_tcptui_files '{_endings()}'",
        Operand.QUESTION: f'_tcptui_put -A directory -W "{_questions()}" -- "$cur"',
        Operand.CASE: f'_tcptui_put -W "{_case_names()}" -- "$cur"',
        Operand.FIELD: f'_tcptui_put -W "$({_FIELDS.format(_CURRENT)})" -- "$cur"',
        Operand.SHELL: f'_tcptui_put -W "{" ".join(SHELLS)}" -- "$cur"',
        Operand.PAGE: f'_tcptui_put -W "{_pages()}" -- "$cur"',
    }
    asked = "".join(f"    {row.word}) {operands[row.operand]} ;;\n" for row in COMMANDS if row.operand in operands)
    first = f"    '') _tcptui_files '{_endings()}'\n        {_BASH_COMMANDS.format(_command_words(' '))} ;;\n"
    return _filled(
        _BASH,
        COMMAND_WORDS=_command_words("|"),
        INTERFACES=_INTERFACES,
        ENDINGS=_endings(),
        OF_FIELDS=_FIELDS.format(_CURRENT),
        NAMES=_finding_names(),
        CHOICES="".join(
            f'    {option.name}) _tcptui_put -W "{" ".join(option.choices)}" -- "$cur"; return ;;\n'
            for option in _with(Value.CHOICE)
        ),
        OPTIONS="".join(
            f'      {word or _NO_COMMAND}) _tcptui_put -W "{" ".join(options)}" -- "$cur" ;;\n'
            for word, options in _all_options()
        ),
        OPERANDS=asked + first,
    )


_CURRENT: Final = '"$cur"'
_NO_COMMAND: Final = "''"
_BASH_COMMANDS: Final = (
    '((COMP_CWORD == 1)) && mapfile -t -O "${{#COMPREPLY[@]}}" COMPREPLY < <(compgen -W "{}" -- "$cur")'
)


# -- zsh ---------------------------------------------------------------------------------------

_ZSH: Final = """\
#compdef tcptui
# Completion of tcptui for zsh, made by: tcptui completion zsh
_tcptui() {
  local command= word prev=${words[CURRENT-1]}
  for word in "${(@)words[2,CURRENT-1]}"; do
    case $word in
      (@COMMAND_WORDS@) command=$word; break ;;
      (-i|-r) break ;;
    esac
  done
  if [[ $PREFIX == --*=* ]]; then
    prev=${PREFIX%%=*}
    compset -P '*='
  fi
  case $prev in
    (@INTERFACE@) compadd -- any ${(f)"$(command ls /sys/class/net 2>/dev/null)"}; return ;;
    (@CAPTURE@) _files -g '@ENDINGS@'; return ;;
    (@FILE@) _files; return ;;
    (@FOLDER@) _files -/; return ;;
    (@FIELD@) compadd -- ${(f)"$(@OF_FIELDS@)"}; return ;;
    (@FINDINGS@) compset -P '*,'; compadd -S '' -- @NAMES@; return ;;
@CHOICES@    (@TEXT@) return 1 ;;
  esac
  if [[ $PREFIX == -* ]]; then
    case $command in
@OPTIONS@    esac
    return
  fi
  case $command in
@OPERANDS@  esac
}
if [[ $funcstack[1] == _tcptui ]]; then _tcptui "$@"; else compdef _tcptui tcptui; fi
"""


def _zsh(words: Words) -> str:
    pattern = f"*.({'|'.join(CAPTURE_ENDINGS)})[0-9]#(|.{'|.'.join(_PACKED)})"
    operands = {
        Operand.CAPTURE: f"_files -g '{pattern}'",
        Operand.CAPTURES: f"_files -g '{pattern}'",
        Operand.FOLDERS: "_files -/",
        Operand.SOURCES: 'compadd -- any ${(f)"$(command ls /sys/class/net 2>/dev/null)"}',
        Operand.PATHS: f"_files -g '{pattern}'",
        Operand.QUESTION: f"_files -/; compadd -- {_questions()}",
        Operand.CASE: f"compadd -- {_case_names()}",
        Operand.FIELD: 'compadd -- ${(f)"$(' + _FIELDS.format('"$PREFIX"') + ')"}',
        Operand.SHELL: f"compadd -- {' '.join(SHELLS)}",
        Operand.PAGE: f"compadd -- {_pages()}",
    }
    described = " ".join(_quoted(f"{row.word}:{words(f'cli.summary.{row.word}')}") for row in COMMANDS)
    asked = "".join(f"    ({row.word}) {operands[row.operand]} ;;\n" for row in COMMANDS if row.operand in operands)
    first = (
        f"    ('')\n      local -a commands=({described})\n"
        f"      ((CURRENT == 2)) && _describe command commands\n      _files -g '{pattern}' ;;\n"
    )
    return _filled(
        _ZSH,
        COMMAND_WORDS=_command_words("|"),
        ENDINGS=pattern,
        OF_FIELDS=_FIELDS.format('"$PREFIX"'),
        NAMES=_finding_names(),
        CHOICES="".join(
            f"    ({option.name}) compadd -- {' '.join(option.choices)}; return ;;\n" for option in _with(Value.CHOICE)
        ),
        OPTIONS="".join(
            f"      ({word or _NO_COMMAND}) compadd -- {' '.join(options)} ;;\n" for word, options in _all_options()
        ),
        OPERANDS=asked + first,
    )


# -- fish --------------------------------------------------------------------------------------

_FISH: Final = """\
# Completion of tcptui for fish, made by: tcptui completion fish
function __tcptui_captures
  for name in (commandline -ct)*
    if test -d $name
      echo $name/
    else if string match -qr '@ENDINGS@' -- $name
      echo $name
    end
  end
end
function __tcptui_findings
  set -l before (commandline -ct | string match -r '^(?:-.*=)?(.*,)?')[2]
  printf "$before%s\\n" @NAMES@
end
complete -c tcptui -f
@COMMANDS@
"""


def _fish(words: Words) -> str:
    of_value = {
        Value.NOTHING: "",
        Value.TEXT: " -x",
        Value.FILE: " -r -F",
        Value.CAPTURE: " -x -a '(__tcptui_captures)'",
        Value.FOLDER: " -x -a '(__fish_complete_directories)'",
        Value.INTERFACE: " -x -a 'any (command ls /sys/class/net 2>/dev/null)'",
        Value.FINDINGS: " -x -a '(__tcptui_findings)'",
        Value.FIELD: " -x -a '(tcptui fields (commandline -ct) 2>/dev/null | cut -f1)'",
    }
    operands = {
        Operand.CAPTURE: "(__tcptui_captures)",
        Operand.CAPTURES: "(__tcptui_captures)",
        Operand.FOLDERS: "(__fish_complete_directories)",
        Operand.SOURCES: "any (command ls /sys/class/net 2>/dev/null)",
        Operand.PATHS: "(__tcptui_captures)",
        Operand.QUESTION: f"(__fish_complete_directories) {_questions()}",
        Operand.CASE: _case_names(),
        Operand.FIELD: "(tcptui fields (commandline -ct) 2>/dev/null | cut -f1)",
        Operand.SHELL: " ".join(SHELLS),
        Operand.PAGE: _pages(),
    }
    lines = []
    for row in COMMANDS:
        summary = words(f"cli.summary.{row.word}")
        lines.append(f"complete -c tcptui -n __fish_use_subcommand -a {row.word} -d {_quoted(summary)}")
        seen = f"-n '__fish_seen_subcommand_from {row.word}'"
        if row.operand in operands:
            lines.append(f"complete -c tcptui {seen} -a {_quoted(operands[row.operand])}")
    lines.append("complete -c tcptui -n __fish_use_subcommand -a '(__tcptui_captures)'")
    for word, options in _all_options():
        seen = f"__fish_seen_subcommand_from {word or _command_words(' ')}"
        where = f"-n '{seen}'" if word else f"-n 'not {seen}'"
        for option in (BY_NAME[name] for name in options if name in BY_NAME):
            value = f" -x -a {_quoted(' '.join(option.choices))}" if option.choices else of_value[option.value]
            spelled = (option.name, option.long)
            named = " ".join(f"-{'s' if len(name) == _SHORT else 'l'} {name.lstrip('-')}" for name in spelled if name)
            lines.append(f"complete -c tcptui {where} {named}{value}")
    return _filled(
        _FISH,
        ENDINGS=_endings(),
        NAMES=_finding_names(),
        COMMANDS="\n".join(lines),
    )


# -- of all ------------------------------------------------------------------------------------

_SCRIPTS: Final[dict[str, Callable[[Words], str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}


def _pages() -> str:
    return f"{_command_words(' ')} {' '.join(TOPICS)}"


def _command_words(between: str) -> str:
    return between.join(row.word for row in COMMANDS)


def _all_options() -> list[tuple[str, list[str]]]:
    """Of each command, and of none (""), the options as they are written."""
    return [*((row.word, _options_of(row)) for row in COMMANDS), ("", _screen_options())]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "'\\''") + "'"


def _filled(script: str, **parts: str) -> str:
    """``script`` with its places (``@NAME@``) filled: by ``parts``, or by the options that take such a value."""
    takes = {value.name: _either(value) for value in Value}
    return re.sub("@([A-Z_]+)@", lambda place: parts.get(place[1]) or takes[place[1]], script)
