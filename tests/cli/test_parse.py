"""The command line is a pure function of its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.cli.commands import (
    CaseCommand,
    CasesCommand,
    Command,
    Common,
    Display,
    ExportCommand,
    FollowCommand,
    FollowForm,
    FollowSide,
    HelpCommand,
    ListInterfacesCommand,
    LiveCommand,
    OpenCommand,
    RemoteCommand,
    ReportCommand,
    ReportFormat,
    StartCommand,
    VerdictsCommand,
    VersionCommand,
)
from tcptui.cli.parse import CommandLineError, language_of, parse
from tcptui.session.watch.options import Watch
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

EN = Common(Language.EN)
NUMBERS = Display(numeric=True)
NOWHERE: dict[str, str] = {}


def mistake(line: str) -> CommandLineError:
    with pytest.raises(CommandLineError) as caught:
        parse(line.split(), NOWHERE)
    return caught.value


def test_no_words_open_the_start_screen() -> None:
    assert parse([], NOWHERE) == StartCommand(EN)


def test_the_seeds_own_line_parses_as_tcpdump_reads_it() -> None:
    line = "tcp -i en0 -t -s 0 -c 100 and dst port ! 22 and src net 182.123.13.0/24 -w ./target.cap"
    assert parse(line.split(), NOWHERE) == LiveCommand(
        common=EN,
        interface="en0",
        filter_words="tcp and dst port ! 22 and src net 182.123.13.0/24",
        display=Display(hide_times=True),
        count=100,
        snaplen=0,
        write="./target.cap",
    )


OPTIONS = (["-i", "en0"], ["-t"], ["-s", "0"], ["-c", "100"], ["-w", "./target.cap"], ["-p"], ["-B", "4096"], ["-n"])
WORDS = ["tcp", "and", "dst", "port", "!", "22", "and", "src", "net", "182.123.13.0/24"]


@given(st.permutations(OPTIONS), st.lists(st.integers(0, len(WORDS)), min_size=len(OPTIONS), max_size=len(OPTIONS)))
def test_options_anywhere_among_the_filter_words_mean_the_same(order: list[list[str]], places: list[int]) -> None:
    slots: list[list[str]] = [[] for _ in range(len(WORDS) + 1)]
    for option, place in zip(order, places, strict=True):
        slots[place] += option
    argv = [*slots[0]]
    for word, slot in zip(WORDS, slots[1:], strict=True):
        argv += [word, *slot]

    assert parse(argv, NOWHERE) == LiveCommand(
        EN, "en0", " ".join(WORDS), Display(hide_times=True, numeric=True), 100, 0, 4096, False, "./target.cap"
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-ieth0 -c5 -s96", LiveCommand(EN, "eth0", count=5, snaplen=96)),
        ("-pni any", LiveCommand(EN, "any", display=Display(numeric=True), promiscuous=False)),
        ("-i eth0 -w - tcp", LiveCommand(EN, "eth0", "tcp", write="-")),
        ("-i eth0 -w x --overwrite", LiveCommand(EN, "eth0", write="x", overwrite=True)),
        ("-i eth0 cases", LiveCommand(EN, "eth0", "cases")),
        ("-i eth0 --include-own", LiveCommand(EN, "eth0", include_own=True)),
        ("-i eth0 --kernel", LiveCommand(EN, "eth0", kernel=True)),
        ("ssh://root@host/eth0 tcp", RemoteCommand(EN, "ssh://root@host/eth0", "tcp")),
        ("ssh://h/any -c5 -s 96 -pn port 9", RemoteCommand(EN, "ssh://h/any", "port 9", NUMBERS, 5, 96, None, False)),
        ("-r a.pcap tcp port 80", OpenCommand(EN, ("a.pcap",), "tcp port 80")),
        ("tcp port 80 -r a.pcap -t", OpenCommand(EN, ("a.pcap",), "tcp port 80", Display(hide_times=True))),
        ("a.pcap b.pcap.gz", OpenCommand(EN, ("a.pcap", "b.pcap.gz"))),
        ("a.pcap -Y tcp", OpenCommand(EN, ("a.pcap",), display=Display(display_filter="tcp"), display_filter="tcp")),
        (
            "a.pcap -Y tcp --no-screen",
            OpenCommand(EN, ("a.pcap",), watch=Watch(no_screen=True), display_filter="tcp"),
        ),
        ("./cases", OpenCommand(EN, ("./cases",))),
        ("-", OpenCommand(EN, ("-",))),
        ("-r -", OpenCommand(EN, ("-",))),
        ("cases", CasesCommand(EN)),
        ("--lang zh cases --json", CasesCommand(Common(Language.ZH, language_given=True), True)),
        ("cases keep alive", CasesCommand(EN, False, ("keep", "alive"))),
        ("case hello -n", CaseCommand(EN, "hello", Display(numeric=True))),
        ("verdicts a b --jsonl", VerdictsCommand(EN, ("a", "b"))),
        ("--jsonl verdicts a", VerdictsCommand(EN, ("a",))),
        ("report a", ReportCommand(EN, ("a",))),
        ("report a b", ReportCommand(EN, ("a", "b"))),
        ("report --json a --stream 3", ReportCommand(EN, ("a",), ReportFormat.JSON, 3)),
        ("verdicts a --jsonl --workers=8", VerdictsCommand(EN, ("a",), 8)),
        ("report a --workers 3", ReportCommand(EN, ("a",), workers=3)),
        ("report a --markdown --stream=0", ReportCommand(EN, ("a",), ReportFormat.MARKDOWN, 0)),
        ("follow a --stream 1", FollowCommand(EN, "a", 1)),
        ("follow --side client a --raw --stream=0", FollowCommand(EN, "a", 0, FollowSide.CLIENT, FollowForm.RAW)),
        ("follow a --stream 0 --decoded --side both", FollowCommand(EN, "a", 0, form=FollowForm.DECODED)),
        ("export a", ExportCommand(EN, "a")),
        ("export a --workers 2", ExportCommand(EN, "a", workers=2)),
        ("a b --no-screen --workers 3", OpenCommand(EN, ("a", "b"), watch=Watch(no_screen=True), workers=3)),
        ("export --out=d a --stream 2 --json", ExportCommand(EN, "a", "d", 2, True)),
        ("-D", ListInterfacesCommand(EN)),
        ("-Di eth0", ListInterfacesCommand(EN)),
        ("--ascii -t", StartCommand(Common(Language.EN, True), Display(hide_times=True))),
        ("--lang=zh --version", VersionCommand(Common(Language.ZH, language_given=True))),
        ("--no-such-option --help", HelpCommand(EN)),
        ("report -h", HelpCommand(EN, "report")),
    ],
)
def test_a_line_means_one_command(line: str, expected: Command) -> None:
    parsed = parse(line.split(), NOWHERE)
    assert (type(parsed), parsed) == (type(expected), expected)  # tuples of another name would be equal


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("-i", "no-value"),
        ("-i eth0 -w", "no-value"),
        ("--lang", "no-value"),
        ("--stream= report a", "number"),
        ("--lang fr", "language"),
        ("-i eth0 -c 0", "number"),
        ("-i eth0 -c -1", "number"),
        ("-i eth0 -c ten", "number"),
        ("-i eth0 -c ٣", "number"),
        ("-i eth0 -s 262145", "number"),
        ("-i eth0 -B 0", "number"),
        ("report a --stream -1", "number"),
        ("report a --workers 0", "number"),
        ("report a --workers -1", "number"),
        ("report a --workers two", "number"),
        ("report a --workers", "no-value"),
        ("follow a --stream 1 --workers 2", "not-here"),
        ("a --workers 2", "not-here"),
        ("- --no-screen --workers 2", "not-here"),
        ("-i eth0 --no-screen --workers 2", "not-here"),
        ("a --no-screen --workers 0", "number"),
        ("-i eth0 -i eth1", "twice"),
        ("-i eth0 -tttt", "twice"),
        ("-i eth0 -r x", "live-and-file"),
        ("-c 5 a.pcap", "needs-interface"),
        ("-r a.pcap -w b", "needs-interface"),
        ("-i eth0 --overwrite", "overwrite-what"),
        ("-x", "unknown-option"),
        ("-i eth0 -nX", "unknown-option"),
        ("--ascii=yes", "unwanted-value"),
        ("--colour", "unknown-option"),
        ("verdicts a", "say-jsonl"),
        ("verdicts --jsonl", "which-file"),
        ("report", "which-file"),
        ("report a -", "stdin-alone"),
        ("report a --json --markdown", "exclusive"),
        ("report a --jsonl", "not-here"),
        ("report -i eth0 a", "not-here"),
        ("report -r a", "not-here"),
        ("a.pcap --json", "not-here"),
        ("a.pcap -", "stdin-alone"),
        ("case", "which-case"),
        ("case a b", "too-many-words"),
        ("follow a", "which-stream"),
        ("follow --stream 1", "which-file"),
        ("follow a b --stream 1", "too-many-words"),
        ("follow a --stream 1 --side left", "side"),
        ("follow a --stream 1 --hex --decoded", "exclusive"),
        ("follow a --stream 1 --raw", "raw-one-side"),
        ("report a --side client", "not-here"),
        ("report ssh://host/eth0", "remote-alone"),
        ("a.pcap ssh://host/eth0", "remote-alone"),
        ("ssh://host/eth0 -w -", "needs-interface"),
        ("ssh://host/eth0 --include-own", "not-here"),
        ("ssh://host/eth0 --kernel", "not-here"),
        ("-i eth0 --kernel -w -", "exclusive"),
        ("export", "which-file"),
        ("export a b", "too-many-words"),
        ("export a --out=", "no-value"),
    ],
)
@pytest.mark.parametrize("language", Language)
def test_a_mistake_is_named_in_both_languages(line: str, key: str, language: Language) -> None:
    error = mistake(line)
    assert error.key == f"cli.error.{key}"
    assert error.exit_code == 2
    assert "{" not in Words(language)(error.key, **error.facts)


@pytest.mark.parametrize("argv", [[""], ["-r", ""], ["-i", ""], ["-i", "eth0", "-w", ""], ["report", ""]])
def test_an_empty_name_is_a_missing_name(argv: list[str]) -> None:
    with pytest.raises(CommandLineError) as caught:
        parse(argv, NOWHERE)
    assert caught.value.key == "cli.error.no-value"


@given(
    st.lists(st.text(max_size=8) | st.sampled_from(["-i", "-r", "--lang", "zh", "-", "--", "report", "-c", "--help"]))
)
def test_any_words_give_a_command_or_a_usage_error(argv: list[str]) -> None:
    try:
        said: Language | None = parse(argv, {"LANG": "zh_CN.UTF-8"}).common.language
    except CommandLineError as error:
        said = Language.ZH if Words(Language.ZH)(error.key, **error.facts) else None
    assert said in Language


def test_language_of_a_wrong_line_is_still_known() -> None:
    assert language_of(["--nonsense", "--lang", "zh"], {"LANG": "en_US.UTF-8"}) is Language.ZH
    assert language_of(["--lang", "xx"], {"LC_ALL": "zh_CN.UTF-8"}) is Language.ZH
    assert language_of(["-w", "--lang"], {"LANG": "C"}) is Language.EN


def test_language_comes_from_the_environment_unless_named() -> None:
    assert parse([], {"LC_MESSAGES": "zh_TW.UTF-8", "LANG": "en_US"}).common.language is Language.ZH
    assert parse(["--lang", "en"], {"LANG": "zh_CN"}).common.language is Language.EN
    assert parse([], {"LANG": "zh_CN.UTF-8", "TERM": "linux"}).common.language is Language.EN
    assert parse(["--lang", "zh"], {"LANG": "zh_CN.UTF-8", "TERM": "linux"}).common.language is Language.ZH


@pytest.mark.parametrize(
    ("words", "spool", "memory"),
    [
        ("-i eth0 --spool-limit 2G --memory-limit 512M", 2 << 30, 512 << 20),
        ("ssh://host/eth0 --spool-limit=100", 100_000_000, None),
        ("- --memory-limit 1g", None, 1 << 30),
    ],
)
def test_limits_are_sizes(words: str, spool: int | None, memory: int | None) -> None:
    command = parse(words.split(), {})

    assert isinstance(command, LiveCommand | RemoteCommand | OpenCommand)
    assert (command.limits.spool, command.limits.memory) == (spool, memory)


@pytest.mark.parametrize("words", ["-i eth0 --spool-limit 0", "-i eth0 --memory-limit lots", "x.pcap --spool-limit 2G"])
def test_limits_that_make_no_sense_are_refused(words: str) -> None:
    with pytest.raises(CommandLineError):
        parse(words.split(), {})
