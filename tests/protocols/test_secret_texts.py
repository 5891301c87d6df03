"""What is a secret in a text of each kind, what only looks like one, and that neither costs more than it should."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcptui.protocols.parts import Label, Part, PartText
from tcptui.protocols.secret_bodies import body_without_secrets
from tcptui.protocols.secret_names import LEFT_OUT, Secrecy, hides, secrecy
from tcptui.protocols.secrets_out import (
    command_without_secrets,
    head_without_secrets,
    header_without_secrets,
    uri_without_secrets,
)
from tcptui.protocols.shown_parts import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "Zq7xK9wPvR3t"


@pytest.mark.parametrize(
    "name",
    [
        "password", "userPassword", "PASSWD", "X-Api-Key", "client_secret", "accesstoken", "p%61ss", "pass\\u0077ord",
        "user[password]", "pass+word", "Set-Cookie", "DPoP", "private_key", "jsessionid", "X-Amz-Signature",
        "creditCard",
    ],
)  # fmt: skip
def test_names_that_name_a_secret(name: str) -> None:
    assert secrecy(name) is Secrecy.SURE


@pytest.mark.parametrize(
    "name",
    [
        "tokenizer", "keyboard", "passenger", "max_tokens", "token_type", "tokens_used", "password_policy", "compass",
        "author", "monkey", "status_code", "key_id", "etag", "sha256", "Sec-WebSocket-Key", "WWW-Authenticate", "id",
        "expires_in", "token_endpoint", "passwordMinLength", "bypass", "secretary", "design", "Idempotency-Key",
    ],
)  # fmt: skip
def test_names_that_only_sound_like_it(name: str) -> None:
    assert not hides(name, SECRET)


@pytest.mark.parametrize(
    "value", ["name", "created_at", "404", "INVALID_ARGUMENT", "true", "", "a b c", "x/y/photo.jpg"]
)
def test_a_name_that_is_not_sure_leaves_words_and_numbers(value: str) -> None:
    assert not hides("key", value)
    assert hides("key", SECRET)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mysql -uroot -pZq7xK9wPvR3t db", f"mysql -uroot -p{LEFT_OUT} db"),
        ("curl -u bob:Zq7xK9wPvR3t https://x/", f"curl -u bob:{LEFT_OUT} https://x/"),
        ("PGPASSWORD=Zq7xK9wPvR3t psql -p 5432", f"PGPASSWORD={LEFT_OUT} psql -p 5432"),
        ("run --api-key Zq7xK9wPvR3t --max-tokens 5", f"run --api-key {LEFT_OUT} --max-tokens 5"),
        ("redis-cli -a Zq7xK9wPvR3t ping", f"redis-cli -a {LEFT_OUT} ping"),
        ("sshd -p 22 -D", "sshd -p 22 -D"),
        ("mkdir -p /a/b", "mkdir -p /a/b"),
    ],
)
def test_command_lines(text: str, shown: str) -> None:
    assert command_without_secrets(text) == shown


@pytest.mark.parametrize(
    "uri",
    [
        "/login/oauth/authorize", "/session/123/x", "/assets/index-4f3a9b2c.js", "/verify/v2/status", "/a?code=404",
        "/orders/9b2c4f3a-1111-2222-3333-444455556666", "/x?sort_key=created_at&tokenizer=x1y2z3w4", "/users/reset",
        "mailto:a@b.example", "/auth/callback2",
    ],
)  # fmt: skip
def test_addresses_without_secrets_stay(uri: str) -> None:
    assert uri_without_secrets(uri) == uri


def test_head_whose_field_goes_on_in_the_next_line() -> None:
    head = f"GET /a HTTP/1.1\r\nHost: h\r\nX-Token: a\r\n {SECRET}\r\nX: y\r\n\r\n"
    assert head_without_secrets(head) == (
        f"GET /a HTTP/1.1\r\nHost: h\r\nX-Token: {LEFT_OUT}\r\n {LEFT_OUT}\r\nX: y\r\n\r\n"
    )


def test_challenges_stay() -> None:
    for value in ('Bearer realm="x"', "Basic realm=x", "Negotiate"):
        assert header_without_secrets("WWW-Authenticate", value) == value


def _body(data: bytes, blocks: Callable[[], Iterator[tuple[int, bytes]]]) -> Part:
    return Part(0, 0, len(data), 1, 0, Label("body", {"type": ""}), blocks, exact=True, text=PartText.BODY)


BODIES = (
    '{"user":"bob","password":"%s","x":[1,2,{"y":"z"}]}', "user=bob&password=%s&x=1", "a: b\npassword: %s\nc: d\n",
    "<r><user>bob</user><password>%s</password></r>",
    '[{"name":"password","value":"%s"},{"name":"user","value":"bob"}]',
)  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("filler", [0, 4_000, 9_000, 300_000])
def test_body_in_pieces_has_no_secret_wherever_it_is_cut(body: str, filler: int) -> None:
    secrets = [f"Zq7xK9wPvR{number}t" for number in range(40)]
    text = "".join(body % secret + "\n" + '{"a":"b"}\n' * (filler // 400) for secret in secrets)
    for size in (7, 1_460, 1 << 20):
        data = text.encode()
        blocks = [(at, data[at : at + size]) for at in range(0, len(data), size)]
        part = Part(
            0,
            0,
            len(data),
            1,
            0,
            Label("body", {"type": ""}),
            lambda blocks=blocks: iter(blocks),
            exact=True,
            text=PartText.BODY,
        )
        shown = b"".join(said for _, said in without_secrets(part).blocks()).decode()
        assert not [secret for secret in secrets if secret in shown]
        assert shown.count("bob") == text.count("bob")


def test_pieces_of_a_body_say_where_they_came_from() -> None:
    lines = [f"line {number} of it\n" for number in range(500)]
    lines[250] = f"password: {SECRET}\n"
    data = "".join(lines).encode()
    part = Part(
        0,
        0,
        len(data),
        1,
        0,
        Label("body", {"type": ""}),
        lambda: iter([(1_000, data)]),
        exact=True,
        text=PartText.BODY,
    )
    found = {said: offset for offset, said in without_secrets(part).blocks()}

    assert found[lines[400].encode()] == 1_000 + data.index(lines[400].encode())


def test_body_without_secrets_is_the_same_bytes() -> None:
    data = b'{"a": "\xff\xfe", "tokenizer": "x"}\r\n' * 9_000
    blocks = [(at, data[at : at + 1_000]) for at in range(0, len(data), 1_000)]
    part = Part(
        0, 0, len(data), 1, 0, Label("body", {"type": ""}), lambda: iter(blocks), exact=True, text=PartText.BODY
    )

    assert b"".join(said for _, said in without_secrets(part).blocks()) == data


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='{}[]":,\\<>/=&;\n ab1-!', max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    shown = body_without_secrets(text)
    assert shown.count("\n") == text.count("\n")
    uri_without_secrets(text)
    head_without_secrets(text)
    command_without_secrets(text)


def _processor_time(text: str) -> float:
    begin = time.thread_time()
    body_without_secrets(text)
    return time.thread_time() - begin


@pytest.mark.parametrize(
    "piece",
    [
        '{"password":', "[", '{"a":"', '"\\"', "<password>", "<a b='", "password: |\n  ", "a=b&", "Bearer ", "eyJa.",
        "content-disposition: form-data; name=password\r\n\r\n", "http://a@", "--", "/reset/",
        "-----BEGIN PRIVATE KEY-----",
    ],
)  # fmt: skip
def test_time_is_linear_in_the_text(piece: str) -> None:
    """What is quadratic takes sixteen times as long for four times the text, each time; a busy machine, once."""

    def grows() -> bool:
        few, many = (min(_processor_time(piece * (size // len(piece))) for _ in range(2)) for size in (40_000, 160_000))
        return many >= 9 * few + 0.05

    assert not all(grows() for _ in range(5))
