"""Keys and records against published vectors: RFC 8448, section 3, and the PRF vector of the IETF's list."""

from __future__ import annotations

import hmac

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from tcptui.protocols.tls.codes import TLS_1_2, TLS_1_3
from tcptui.protocols.tls.key_schedule import expand_label, prf
from tcptui.protocols.tls.protection import session_protections, traffic_protection
from tcptui.protocols.tls.suites import BlockCipher, Mode, Suite, suite_of

#: RFC 8448, 3: secret, key, initialization vector.
TRAFFIC = [
    ("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
     "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"),
    ("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
     "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f"),
    ("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
     "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"),
    ("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
     "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"),
]  # fmt: skip
CLIENT_DATA = bytes.fromhex(
    "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2"
    "977014bd1e3deae63aeebb21694915e4"
)
AES_128_GCM = suite_of(0x1301, TLS_1_3)


@pytest.mark.parametrize(("secret", "key", "iv"), TRAFFIC)
def test_key_and_vector_follow_from_the_traffic_secret(secret: str, key: str, iv: str) -> None:
    assert expand_label("sha256", bytes.fromhex(secret), "key", 16).hex() == key
    assert expand_label("sha256", bytes.fromhex(secret), "iv", 12).hex() == iv


def test_record_of_the_rfc_opens_and_a_changed_one_does_not() -> None:
    assert AES_128_GCM is not None
    protection = traffic_protection(AES_128_GCM, bytes.fromhex(TRAFFIC[2][0]))

    assert protection.open(0, CLIENT_DATA[:5], CLIENT_DATA[5:]) == bytes(range(50)) + b"\x17"
    assert protection.open(1, CLIENT_DATA[:5], CLIENT_DATA[5:]) is None
    assert protection.open(0, CLIENT_DATA[:5], CLIENT_DATA[5:-1] + b"\0") is None
    assert protection.open(0, CLIENT_DATA[:5], b"") is None


@pytest.mark.parametrize(("number", "hash_name", "size"), [(0xC0B4, "sha256", 32), (0xC0B5, "sha384", 48)])
def test_record_with_a_mac_alone_opens_and_a_changed_one_does_not(number: int, hash_name: str, size: int) -> None:
    suite, secret = suite_of(number, TLS_1_3), bytes(range(size))
    assert suite is not None
    protection = traffic_protection(suite, secret)
    said, header = b"hello\x17", bytes((23, 3, 3, 0, 6 + size))
    key, vector = (expand_label(hash_name, secret, label, size) for label in ("key", "iv"))
    nonce = vector[:-1] + bytes((vector[-1] ^ 5,))  # of record 5
    record = said + hmac.new(key, nonce + header + said, hash_name).digest()

    assert protection.open(5, header, record) == said
    assert protection.open(6, header, record) is None
    assert protection.open(5, header, b"J" + record[1:]) is None
    assert protection.open(5, header, record[-size:]) is None
    assert protection.open(5, header, b"") is None
    assert protection.overhead == size + 1


def test_prf_gives_the_published_vector() -> None:
    secret, seed = bytes.fromhex("9bbe436ba940f017b17652849a71db35"), bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c")

    assert prf("sha256", secret, b"test label", seed, 100).hex() == (
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def"
        "17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66"
    )


@pytest.mark.parametrize(
    ("number", "version", "suite"),
    [
        (0x1302, TLS_1_3, Suite(Mode.GCM, 32, "sha384")),
        (0x1305, TLS_1_3, Suite(Mode.CCM, 16, "sha256", tag=8)),
        (0xC0A0, TLS_1_2, Suite(Mode.CCM, 16, "sha256", tag=8)),
        (0xCCA8, TLS_1_2, Suite(Mode.CHACHA20, 32, "sha256")),
        (0xC030, TLS_1_2, Suite(Mode.GCM, 32, "sha384")),
        (0x002F, TLS_1_2, Suite(Mode.CBC, 16, "sha256", 0, BlockCipher.AES, "sha1")),
        (0x002F, 0x0301, Suite(Mode.CBC, 16, "md5-sha1", 0, BlockCipher.AES, "sha1")),
        (0xC028, TLS_1_2, Suite(Mode.CBC, 32, "sha384", 0, BlockCipher.AES, "sha384")),
        (0x000A, TLS_1_2, Suite(Mode.CBC, 24, "sha256", 0, BlockCipher.TRIPLE_DES, "sha1")),
        (0x0088, TLS_1_2, Suite(Mode.CBC, 32, "sha256", 0, BlockCipher.CAMELLIA, "sha1")),
        (0xC0B4, TLS_1_3, Suite(Mode.MAC, 32, "sha256", tag=32, mac="sha256")),
        (0xC0B5, TLS_1_3, Suite(Mode.MAC, 48, "sha384", tag=48, mac="sha384")),
        (0xC0B4, TLS_1_2, None),
        (0x0005, TLS_1_2, None),
        (0xC050, TLS_1_2, None),
        (0x9999, TLS_1_2, None),
    ],
)
def test_suite_is_told_by_its_name(number: int, version: int, suite: Suite | None) -> None:
    assert suite_of(number, version) == suite


@pytest.mark.parametrize("version", [0x0301, TLS_1_2])
@pytest.mark.parametrize("mac_last", [False, True])
def test_records_of_triple_des_are_opened(version: int, mac_last: bool) -> None:
    """Sealed as RFC 5246 (6.2.3.2) and RFC 7366 say; in TLS 1.0 a record goes on with the last block of another."""
    suite = suite_of(0x000A, version)
    assert suite is not None
    master, randoms = b"m" * 48, (b"c" * 32, b"s" * 32)
    block = prf(suite.prf, master, b"key expansion", randoms[1] + randoms[0], 2 * (20 + 24 + 8))
    mac_key, key, iv = block[20:40], block[64:88], block[96:104]
    server = session_protections(suite, version, master, randoms, mac_last=mac_last)[1]
    before = b""
    for number, data in enumerate((b"first", b"", b"x" * 1_000)):
        header = bytes((23,)) + version.to_bytes(2, "big") + b"??"
        explicit = version == TLS_1_2
        iv = b"explicit" if explicit else iv
        plain = data if mac_last else data + mac_of(mac_key, number, header, data)
        padding = 8 - len(plain) % 8
        encryptor = Cipher(TripleDES(key), modes.CBC(iv)).encryptor()
        body = encryptor.update(plain + bytes((padding - 1,)) * padding) + encryptor.finalize()
        iv = body[-8:]
        fragment = (b"explicit" if explicit else b"") + body
        fragment += mac_of(mac_key, number, header, fragment) if mac_last else b""

        assert server.open(number, header, fragment, before[-server.chained :] if server.chained else b"") == data
        assert server.open(number + 1, header, fragment, before[-server.chained :] if server.chained else b"") is None
        before = fragment


def mac_of(key: bytes, number: int, header: bytes, data: bytes) -> bytes:
    return hmac.digest(key, number.to_bytes(8, "big") + header[:3] + len(data).to_bytes(2, "big") + data, "sha1")
