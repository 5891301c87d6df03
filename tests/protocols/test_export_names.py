"""Names from the network become one harmless component of a path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.model.safe_text import safe_text
from tcptui.protocols.export.names import NAME_LIMIT, Names, disposition_name, numbered, safe_name, shortened


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "__.._etc_passwd"),
        ("/etc/passwd", "_etc_passwd"),
        ("..\\..\\boot.ini", "__.._boot.ini"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("   ", "file"),
        (".bashrc", "_bashrc"),
        ("-rf", "_rf"),
        ("~root", "_root"),
        ("a\0b\nc\x1b[2J", "a_b_c_[2J"),
        ("gpj.\u202eexe", "gpj._exe"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("LPT1", "_LPT1"),
        ("console", "console"),
        ("a:b|c?.txt", "a_b_c_.txt"),
        ("trailing. . ", "trailing"),
        ("图片 1.png", "图片 1.png"),
        ("e\u0301.txt", "é.txt"),
    ],
)
def test_name_is_made_harmless(wanted: str, given: str) -> None:
    assert safe_name(wanted) == given


@given(st.text(max_size=400))
def test_any_text_becomes_one_plain_component(wanted: str) -> None:
    name = safe_name(wanted)

    assert name
    assert name not in (".", "..")
    assert not set(name) & set('/\\\0<>:"|?*')
    assert name[0] not in ".-~ "
    assert name[-1] not in ". "
    assert safe_text(name) == name
    assert len(name.encode()) <= NAME_LIMIT


def test_long_name_keeps_its_extension_and_whole_characters() -> None:
    name = shortened("长" * 100 + ".tar", 30)

    assert name.endswith(".tar")
    assert len(name.encode()) <= 30
    assert "\ufffd" not in name


def test_names_are_numbered_whatever_their_case() -> None:
    names = Names()

    assert [names.give(name) for name in ("a.png", "A.PNG", "a-2.png", "a.png", "b")] == [
        "a.png",
        "A-2.PNG",
        "a-2-2.png",
        "a-3.png",
        "b",
    ]
    assert numbered("archive.tar.gz", 3) == "archive.tar-3.gz"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('attachment; filename="a b.txt"', "a b.txt"),
        ("attachment; filename=plain.txt", "plain.txt"),
        ("inline; filename=\"../../x\"; filename*=UTF-8''%e4%b8%ad.txt", "中.txt"),
        ("attachment; filename*=iso-8859-1'en'%A3.txt", "£.txt"),
        ("attachment; filename*=klingon'en'%A3.txt; filename=b", "b"),
        ('attachment; filename="C:\\\\temp\\\\x.doc"', "x.doc"),
        ('attachment; filename="say \\"hi\\".txt"', 'say "hi".txt'),
        ("attachment", ""),
        ("", ""),
    ],
)
def test_disposition_names_the_file(value: str, name: str) -> None:
    assert disposition_name(value) == name


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("$(reboot).txt", "_(reboot).txt"), ("`id`.txt", "_id_.txt"), ("a;reboot.txt", "a_reboot.txt"),
        ("a&reboot&.txt", "a_reboot_.txt"), ("';reboot;'.txt", "__reboot__.txt"), ("%TEMP%.txt", "_TEMP_.txt"),
        ("!1.txt", "_1.txt"), ("a^b.txt", "a_b.txt"), ("${IFS}", "_{IFS}"), ("+q.txt", "_q.txt"),
        ("=ls", "_ls"), ("@args", "_args"), ("#x", "_x"), (" -rf", "_rf"), ("desktop.ini", "_desktop.ini"),
        ("Desktop.INI. .", "_Desktop.INI"), ("AUTORUN.inf", "_AUTORUN.inf"), ("Thumbs.db", "_Thumbs.db"),
        ("invoice.pdf.lnk", "invoice.pdf.lnk_"), ("x.DESKTOP", "x.DESKTOP_"), ("a.url", "a.url_"), ("a.SCF ", "a.SCF_"),
        ("x.searchConnector-ms", "x.searchConnector-ms_"), ("my.{20D04FE0-3AEA-1069-A2D8-08002B30309D}",
        "my.{20D04FE0-3AEA-1069-A2D8-08002B30309D}_"), ("desktop.init", "desktop.init"),
        ("R (1) [x], y=2.txt", "R (1) [x], y=2.txt"),
        ("curl.html", "curl.html"),
    ],
)  # fmt: skip
def test_name_that_a_shell_or_a_desktop_acts_on_is_made_harmless(wanted: str, given: str) -> None:
    assert safe_name(wanted) == given


@given(st.text(st.sampled_from("$`;&'!%^+=@#~-. a1(){}"), max_size=200))
def test_no_name_is_carried_out_by_a_shell(wanted: str) -> None:
    name = safe_name(wanted)

    assert not set(name) & set("$`;&'!%^")
    assert name[0] not in "+=@#~-."


def test_cutting_a_long_name_makes_no_name_that_is_followed() -> None:
    name = safe_name("a" * 116 + ".lnk" + "b" * 40)

    assert name == "a" * 115 + ".lnk_"
    assert len(name.encode()) == NAME_LIMIT
