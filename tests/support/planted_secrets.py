"""Captures in which secrets of many shapes are planted, or look-alikes that are none, each in its own connection."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import amqp_frames
import kafka_messages
import mongodb_messages
from captures import ACK, CLIENT, FIN, PSH, SERVER, Tape
from memcached_messages import found, message, reply, store
from mqtt_packets import connect, packet, properties, publish, text
from web_captures import response

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OK: Final = response(b"")
_JWT: Final = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0."


@dataclass(frozen=True)
class Plant:
    """A secret in a connection."""

    shape: str
    secret: str
    port: int
    asked: bytes
    answered: bytes


#: Makes of a secret what is asked and answered.
_Made = Callable[[str], tuple[bytes, bytes]]


def _post(body: bytes, media: str = "", *fields: str) -> bytes:
    head = ["POST /x HTTP/1.1", "Host: h", *([f"Content-Type: {media}"] if media else []), *fields]
    return "\r\n".join([*head, f"Content-Length: {len(body)}"]).encode() + b"\r\n\r\n" + body


def _get(uri: str, *fields: str, host: str = "h") -> bytes:
    return "\r\n".join([f"GET {uri} HTTP/1.1", f"Host: {host}", *fields]).encode() + b"\r\n\r\n"


def _resp(*words: str) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words)


_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_PARTS: Final = "multipart/form-data; boundary=B"


def _json(make: Callable[[str], object]) -> _Made:
    def made(secret: str) -> tuple[bytes, bytes]:
        body = json.dumps(make(secret)).encode()
        return _post(body, _JSON), response(body, f"Content-Type: {_JSON}")

    return made


def _body(text: str, media: str) -> _Made:
    def made(secret: str) -> tuple[bytes, bytes]:
        body = text.replace("{}", secret).encode()
        return _post(body, media), response(body, f"Content-Type: {media}")

    return made


def _uri(uri: str) -> _Made:
    def made(secret: str) -> tuple[bytes, bytes]:
        target = uri.replace("{}", secret)
        return _get(target), response(b"", f"Location: {target}", status="302 Found")

    return made


def _field(field: str) -> _Made:
    return lambda s: (_get("/", field.replace("{}", s)), response(b"", field.replace("{}", s)))


def _said(asked: str, answered: str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") -> _Made:
    return lambda s: (asked.replace("{}", s).encode(), answered.replace("{}", s).encode())


def _resp_of(*words: str, answer: str = "+OK\r\n") -> _Made:
    def made(secret: str) -> tuple[bytes, bytes]:
        asked = _resp("PING") + _resp(*(word.replace("{}", secret) for word in words))
        return asked, b"+PONG\r\n" + answer.replace("{}", secret).encode()

    return made


def _basic(secret: str) -> tuple[bytes, bytes]:
    return _get("/", "Authorization: Basic " + base64.b64encode(f"bob:{secret}".encode()).decode()), _OK


def _zipped(secret: str) -> tuple[bytes, bytes]:
    body = gzip.compress(f"user=bob&password={secret}".encode(), mtime=0)
    return _post(body, _FORM, "Content-Encoding: gzip"), _OK


def _chunked(secret: str) -> tuple[bytes, bytes]:
    body = json.dumps({"a": "x" * 90, "client_secret": secret, "b": 1}).encode()
    parts = b"".join(b"%x\r\n%s\r\n" % (len(body[at : at + 50]), body[at : at + 50]) for at in range(0, len(body), 50))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    return _get("/"), head + parts + b"0\r\nX-Auth-Token: " + secret.encode() + b"\r\n\r\n"


def _events(secret: str) -> tuple[bytes, bytes]:
    body = f'data: {{"token": "{secret}"}}\n\ndata: hello\n\n'.encode()
    return _get("/"), response(body, "Content-Type: text/event-stream")


def text_frame(text: bytes, *, masked: bool) -> bytes:
    """A frame of text (RFC 6455, 5.2), masked with zeros."""
    assert len(text) < 126
    return bytes((0x81, len(text) | 0x80 * masked)) + bytes(4) * masked + text


def _websocket(secret: str) -> tuple[bytes, bytes]:
    from web_captures import ASKED, KEY

    from tcptui.protocols.websocket.conversation import accept_for

    answer = (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_for(KEY)}\r\n\r\n"
    )
    text = json.dumps({"type": "auth", "access_token": secret}).encode()
    return ASKED + text_frame(text, masked=True), answer.encode() + text_frame(text, masked=False)


def _mqtt(secret: str) -> tuple[bytes, bytes]:
    said = properties(b"\x26" + text("authorization") + text(f"Bearer {secret}"), b"\x16" + text(secret))
    more = properties() + text("gone") + text(f'{{"password": "{secret}"}}') + text("bob") + text(secret)
    message = publish("a", f'{{"api_key": "{secret}"}}'.encode(), said=properties())
    answer = packet(0x20, b"\0\0", properties(b"\x16" + text(secret)))
    return connect(version=5, flags=0xC6, said=said, more=more) + message, answer


def _mqtt_auth(secret: str) -> tuple[bytes, bytes]:
    proof = packet(0xF0, b"\x18", properties(b"\x15" + text("SCRAM"), b"\x16" + text(secret)))
    return connect(version=5, flags=2) + proof, proof


def _mqtt_old(secret: str) -> tuple[bytes, bytes]:
    more = text(f"iot/?token={secret}") + text(secret)
    return connect(flags=0xC2, more=more) + publish(f"api/token/{secret}"), b"\x20\2\0\5"


def _memcached(secret: str) -> tuple[bytes, bytes]:
    asked = store("config", secret.encode()) + f"get session:{secret} x\r\nget x\r\n".encode()
    return asked, b"STORED\r\n" + found((f"session:{secret}", secret.encode())) + found(("x", secret.encode()))


def _memcached_login(secret: str) -> tuple[bytes, bytes]:
    return message(0x21, b"PLAIN", b"\0ada\0" + secret.encode()), reply(0x21, secret.encode(), status=0x20)


def _amqp(secret: str) -> tuple[bytes, bytes]:
    named = amqp_frames.table(amqp_frames.entry("authorization", b"S" + amqp_frames.long(f"Bearer {secret}")))
    body = f'{{"api_key": "{secret}"}}'.encode()
    asked = amqp_frames.PROTOCOL + amqp_frames.login(secret) + amqp_frames.TUNE_OK + amqp_frames.OPEN
    asked += amqp_frames.method(1, (60, 40), b"\0\0", b"\0", b"\0", b"\0")
    return asked + amqp_frames.content(1, body, 0x2000, named), amqp_frames.START + amqp_frames.TUNE


def _kafka(secret: str) -> tuple[bytes, bytes]:
    record = kafka_messages.batch(1, payload=b'\2{"api_key": "' + secret.encode() + b'"}')
    config = b"\0\0\0\1\4\0\1x" + kafka_messages.array(kafka_messages.text("k") + kafka_messages.text(secret)) + b"\0"
    asked = kafka_messages.ask_versions(0) + kafka_messages.login(1, secret)
    asked += kafka_messages.produce(2, "a", 0, records=record) + kafka_messages.request(33, 0, 3, config)
    answered = kafka_messages.versions(0) + kafka_messages.logged_in(1)
    return asked, answered + kafka_messages.produced(2, "a", 0)


def _mongodb(secret: str) -> tuple[bytes, bytes]:
    within = {"name": "Ada", "password": secret, "tokens": {secret: 1, "all": [secret]}, "note": f"api_key={secret}"}
    asked = mongodb_messages.hello(1) + mongodb_messages.ask(3, "insert", "users", ("documents", [within]))
    asked += mongodb_messages.ask(5, "update", "users", ("updates", [{"q": within, "u": {"$set": within}}]))
    asked += mongodb_messages.ask(7, "find", "users", filter=within)
    asked += mongodb_messages.compressed(mongodb_messages.ask(9, "find", "users", filter=within))
    answered = mongodb_messages.greeted(2, 1) + mongodb_messages.answer(4, 3) + mongodb_messages.answer(6, 5)
    answered += mongodb_messages.batch(8, 7, 0, "firstBatch", within)
    return asked, answered + mongodb_messages.compressed(mongodb_messages.batch(10, 9, 0, "firstBatch", within), 3)


def _mongodb_login(secret: str) -> tuple[bytes, bytes]:
    token = b"n,,n=ada,r=" + secret.encode()
    first = {"saslStart": 1, "payload": token, "key": secret}
    asked = mongodb_messages.hello(1, speculativeAuthenticate=first)
    asked += mongodb_messages.ask(3, "saslStart", 1, payload=token) + mongodb_messages.ask(
        5, "createUser", "x", pwd=secret
    )
    again = {"ok": 1.0, "speculativeAuthenticate": {"payload": token}}
    answered = mongodb_messages.reply(2, 1, again) + mongodb_messages.answer(4, 3, payload=token, nonce=secret)
    return asked, answered + mongodb_messages.refused(6, 5, 18, "AuthenticationFailed")


def _kafka_old(secret: str) -> tuple[bytes, bytes]:
    token = f"\0ada\0{secret}".encode()
    asked = kafka_messages.ask_versions(0) + kafka_messages.handshake(1, 0)
    asked += kafka_messages.numbers("i", len(token)) + token + kafka_messages.heartbeat(2)
    return asked, kafka_messages.versions(0) + kafka_messages.hands_shaken(1) + bytes(4) + kafka_messages.beaten(2)


def _pem(secret: str) -> tuple[bytes, bytes]:
    body = f"x\n-----BEGIN RSA PRIVATE KEY-----\nMIIE{secret}\n-----END RSA PRIVATE KEY-----\ny\n".encode()
    return _post(body, "text/plain"), response(body, "Content-Type: text/plain")


#: What each shape makes of a secret: what is asked and answered.
SHAPES: Final[dict[str, _Made]] = {
    "parameter": _uri("/a?password={}&page=2"),
    "parameter-camel": _uri("/a?page=2&accessToken={}"),
    "parameter-escaped-name": _uri("/a?p%61ssword={}"),
    "parameter-oauth-code": _uri("/cb?code={}&state=1"),
    "parameter-key": _uri("/maps?key={}"),
    "parameter-signed-url": _uri("/o.jpg?X-Amz-Credential=c&X-Amz-Signature={}"),
    "parameter-sas": _uri("/o.jpg?sv=2022-11-02&sig={}"),
    "parameter-saml": _uri("/sso?SAMLResponse={}"),
    "parameter-absolute": _uri("http://app.example/cb?ticket={}"),
    "parameter-of-path": _uri("/x;jsessionid={}?a=1"),
    "parameter-otp": _uri("/verify?otp={}"),
    "fragment": _uri("/cb#access_token={}&state=1"),
    "user-of-uri": _uri("http://bob:{}@app.example/b"),
    "user-of-host": lambda s: (_get("/", host=f"bob:{s}@app.example"), _OK),
    "user-of-connect": _said("CONNECT bob:{}@app.example:443 HTTP/1.1\r\nHost: app.example:443\r\n\r\n"),
    "path-reset": _uri("/users/reset/{}"),
    "path-token": _uri("/api/token/{}/x"),
    "path-invite": _uri("/invite/{}"),
    "path-webhook": _uri("/services/T00000000/B00000000/{}"),
    "field-authorization": _field("Authorization: Bearer {}"),
    "field-basic": _basic,
    "field-proxy": _field('Proxy-Authorization: Digest username="a", response="{}"'),
    "field-cookie": _field("Cookie: theme=dark; sid={}"),
    "field-set-cookie": _field("Set-Cookie: sid={}; HttpOnly"),
    "field-api-key": _field("X-Api-Key: {}"),
    "field-subscription-key": _field("Ocp-Apim-Subscription-Key: {}"),
    "field-dpop": _field("DPoP: {}"),
    "field-authentication": _field("Authentication: {}"),
    "field-authentication-info": _field('Authentication-Info: rspauth="{}"'),
    "field-csrf": _field("X-CSRF-Token: {}"),
    "field-vault": _field("X-Vault-Token: {}"),
    "field-hub-signature": _field("X-Hub-Signature-256: sha256={}"),
    "field-websocket-protocol": _field(
        "Sec-WebSocket-Protocol: v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.{}"
    ),
    "field-websocket-token": _field("Sec-WebSocket-Protocol: access_token, {}"),
    "field-original-url": _field("X-Original-URL: /p?token={}"),
    "field-referer": _field("Referer: https://x.example/?access_token={}&x=1"),
    "field-link": _field('Link: <https://x.example/?api_key={}>; rel="next"'),
    "field-unknown-bearer": _field("X-Forwarded-Header: Bearer {}"),
    "field-pair": _field('X-Thing: keyid=a, signature="{}"'),
    "field-forwarded-uri": _field("X-Forwarded-Uri: /reset/{}?sig={}"),
    "field-jwt": _field("X-Thing: " + _JWT + "{}"),
    "json-member": _json(lambda s: {"user": "bob", "password": s}),
    "json-array": _json(lambda s: {"secrets": ["a", s]}),
    "json-object": _json(lambda s: {"token": {"value": s, "kind": {"of": s}}}),
    "json-deep": _json(lambda s: {"a": [{"b": {"clientSecret": s}}]}),
    "json-escaped-name": lambda s: (_post(b'{"pass\\u0077ord":"%s"}' % s.encode(), _JSON), _OK),
    "json-in-json": _json(lambda s: {"body": json.dumps({"inner": json.dumps({"api_key": s})})}),
    "json-name-value": _json(lambda s: [{"name": "password", "value": s}]),
    "json-value-name": _json(lambda s: [{"value": s, "key": "client_secret"}]),
    "json-patch": _json(lambda s: [{"op": "replace", "path": "/users/1/password", "value": s}]),
    "json-form-in-string": _json(lambda s: {"note": f"a=1&password={s}"}),
    "json-address-in-string": _json(lambda s: {"url": f"https://x/?token={s}&a=1", "dsn": f"postgres://u:{s}@db/x"}),
    "json-cut": lambda s: (_post(b'{"password":"%s' % s.encode(), _JSON), _OK),
    "json-lines": _body('{"a":1}\n{"password":"{}"}\n', "application/x-ndjson"),
    "json-refresh": _json(lambda s: {"refresh": s, "access": _JWT + s}),
    "json-card": _json(lambda s: {"payment": {"creditCard": s, "cvv": "123"}}),
    "json-pem": _json(lambda s: {"k": f"-----BEGIN PRIVATE KEY-----\nMII{s}\n-----END PRIVATE KEY-----\n"}),
    "json-as-text": _body('{"pin":"{}"}', "text/plain"),
    "graphql": _json(lambda s: {"query": f'mutation{{login(password:"{s}"){{t}}}}', "variables": {"secret": s}}),
    "graphql-plain": _body('mutation { login(user: "bob", password: "{}") { t } }', "application/graphql"),
    "form": _body("user=bob&password={}", _FORM),
    "form-brackets": _body("user%5Bpassword%5D={}&x=1", _FORM),
    "form-semicolon": _body("a=1;password={}", _FORM),
    "form-zipped": _zipped,
    "form-as-text": _body("password={}&x=1", "text/plain"),
    "parts": _body('--B\r\nContent-Disposition: form-data; name="passwd"\r\n\r\n{}\r\n--B--\r\n', _PARTS),
    "parts-with-type": _body(
        '--B\r\nContent-Disposition: form-data; name="secret"\r\nContent-Type: text/plain\r\n\r\n{}\r\n--B--\r\n',
        _PARTS,
    ),
    "yaml": _body("user: bob\npassword: {}\n", "application/yaml"),
    "yaml-spaces": _body("password: correct horse {}\n", "application/yaml"),
    "yaml-block": _body("a: b\ntoken: |\n  {}\n  {}\nc: d\n", "application/yaml"),
    "yaml-list": _body("secrets:\n- {}\n- name: {}\nx: y\n", "text/yaml"),
    "xml-element": _body("<r><user>bob</user><Password>{}</Password></r>", "text/xml"),
    "xml-namespace": _body('<w:Security><w:Password Type="t">{}</w:Password></w:Security>', "application/soap+xml"),
    "xml-below": _body("<r><Credentials><a><b>{}</b></a></Credentials></r>", "text/xml"),
    "xml-attribute": _body('<r password="{}" x="1"/>', "application/xml"),
    "xml-value": _body('<r><add key="ApiKey" value="{}"/><token value="{}"/></r>', "application/xml"),
    "xml-cdata": _body("<r><secret><![CDATA[{}]]></secret></r>", "text/xml"),
    "plist": _body("<dict><key>Password</key><string>{}</string></dict>", "text/xml"),
    "html-input": _body('<form><input type="hidden" name="csrf_token" value="{}"></form>', "text/html"),
    "html-link": _body('<a href="https://x.example/reset?token={}">here</a>', "text/html"),
    "ini": _body("[db]\npassword = {}\n", "text/plain"),
    "env": _body("export DB_PASSWORD={}\nAPI_KEY={}\n", "text/plain"),
    "python-dict": _body("{'user': 'bob', 'password': '{}'}", "text/plain"),
    "command-line": _body("$ curl -H 'Authorization: Bearer {}' https://bob:{}@x/\n", "text/plain"),
    "github-token": _body("use ghp_{}aaaaaaaaaaaaaaaaaaaa please", "text/plain"),
    "pem": _pem,
    "chunked": _chunked,
    "event": _events,
    "websocket": _websocket,
    "redis-auth": _resp_of("AUTH", "{}"),
    "redis-hello": _resp_of("HELLO", "3", "AUTH", "me", "{}"),
    "redis-config": _resp_of("CONFIG", "SET", "requirepass", "{}"),
    "redis-acl": _resp_of("ACL", "SETUSER", "u", ">{}"),
    "redis-key": _resp_of("SET", "session:{}", "x"),
    "redis-value": _resp_of("SET", "user:7:token", "{}"),
    "redis-hash": _resp_of("HSET", "user:7", "name", "Ann", "password", "{}", answer=":1\r\n"),
    "redis-reply": _resp_of("GET", "password", answer="$16\r\n{}\r\n"),
    "redis-script": _resp_of("EVAL", "redis.call('AUTH', '{}')", "0"),
    "smtp-auth": _said("EHLO y\r\nAUTH PLAIN {}\r\n", "220 x ESMTP\r\n250 AUTH PLAIN\r\n235 ok\r\n"),
    "mqtt-five": _mqtt,
    "mqtt-auth": _mqtt_auth,
    "mqtt-old": _mqtt_old,
    "memcached-text": _memcached,
    "amqp": _amqp,
    "kafka": _kafka,
    "kafka-old": _kafka_old,
    "mongodb": _mongodb,
    "mongodb-login": _mongodb_login,
    "memcached-login": _memcached_login,
    "ftp": _said("USER u\r\nPASS {}\r\n", "220 ftp\r\n331 go on\r\n230 ok\r\n"),
    "imap": _said("a LOGIN u {}\r\n", "* OK IMAP4rev1\r\na OK\r\n"),
}
#: What looks like a secret, and is none: a body, a target, a field.
LOOK_ALIKES: Final = {
    "tokenizer": _json(lambda s: {"tokenizer": s, "max_tokens": 4096, "usage": {"prompt_tokens": 12}}),
    "keyboard": _json(lambda s: {"keyboard": s, "passenger": s, "compass": s, "monkey": s}),
    "ids": _json(lambda s: {"id": s, "uuid": s, "request_id": s, "token_type": s, "key_id": s}),
    "hashes": _json(lambda s: {"sha256": s, "md5": s, "checksum": s, "etag": s, "digest": s}),
    "etag": _field('ETag: "{}"'),
    "if-none-match": _field('If-None-Match: "{}"'),
    "request-id": _field("X-Request-Id: {}"),
    "digest": _field("X-Amz-Content-Sha256: {}"),
    "path": _uri("/assets/{}.js"),
    "path-id": _uri("/orders/{}/items"),
    "ocsp": _uri("/ca/auth-root/MFEwTzBNMEswSTAJBgUrDgMCGgUABBSw4x5v4bTl{}"),
    "parameter": _uri("/x?q={}&tokenizer={}&keyboard={}&page=2"),
    "form": _body("passenger={}&keywords={}", _FORM),
    "xml": _body("<r><id>{}</id><Passenger>{}</Passenger></r>", "text/xml"),
    "yaml": _body("name: {}\nmonkey: {}\n", "application/yaml"),
    "redis": _resp_of("SET", "user:7:name", "{}"),
    "text": _body("The key {} opens the door; a token {} of esteem.\n", "text/plain"),
}


def plants(shapes: dict[str, _Made] = SHAPES, each: int = 2) -> Iterator[Plant]:
    """``each`` secrets of every shape."""
    port = 20_000
    for shape, make in shapes.items():
        for _ in range(each):
            port += 1
            secret = f"Zq{port}xK9wPvR3"[:16].ljust(16, "7")
            yield Plant(shape, secret, port, *make(secret))


def record(path: Path, some: list[Plant]) -> Path:
    """The capture of these, each a connection that is closed."""
    tape = Tape()
    for number, plant in enumerate(some):
        server = _server_of(plant.shape)
        at, client = number * 10.0, f"{CLIENT}:{plant.port}"
        tape.handshake(at, client, server)
        tape.tcp(at + 41, client, server, PSH | ACK, 1001, 9001, plant.asked)
        tape.tcp(at + 81, server, client, PSH | ACK, 9001, 1001 + len(plant.asked), plant.answered)
        ends = 1001 + len(plant.asked), 9001 + len(plant.answered)
        tape.tcp(at + 82, client, server, FIN | ACK, *ends)
        tape.tcp(at + 122, server, client, FIN | ACK, ends[1], ends[0] + 1)
    tape.records.sort(key=lambda one: one[0])
    path.write_bytes(tape.pcap())
    return path


def _server_of(shape: str) -> str:
    port = {
        "redis": 6379,
        "mqtt": 1883,
        "memcached": 11211,
        "amqp": 5672,
        "kafka": 9092,
        "mongodb": 27017,
        "smtp": 25,
        "ftp": 21,
        "imap": 143,
    }.get(shape.partition("-")[0], 80)
    return f"{SERVER}:{port}"
