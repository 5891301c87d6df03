"""What Wireshark reads a body as that is no lines of text, by its media type and its first bytes: names of protocols.

What is inside such a protocol is not read here; only its name is told, as `frame.protocols` has it.
"""

from __future__ import annotations

from typing import Final

#: Names by media type, of those that Wireshark 4.0 has a reader for; empty where that adds no name.
_OF_APPLICATION: Final = {
    "amf": "x-amf", "ansi_637_trans": "vnd.3gpp2.sms", "cbor": "cbor cbor-seq senml+cbor sensml+cbor",
    "cmp": "pkixcmp pkixcmp-poll x-pkixcmp x-pkixcmp-poll", "cms": "pkcs7-mime pkcs7-signature",
    "cose": "cose-key cose-key-set", "daap": "x-dmap-tagged", "dns": "dns-message",
    "git": "x-git-upload-pack-advertisement x-git-upload-pack-request x-git-upload-pack-result",
    "grpc": "grpc grpc+proto grpc-web grpc-web+proto grpc-web-text grpc-web-text+proto",
    "gsm_a.rp": "vnd.3gpp.sms", "ieee1609dot2": "x-its x-its-request x-its-response", "ilp": "oma-supl-ilp",
    "ipp": "ipp", "isup": "isup", "lwm2mtlv": "vnd.oma.lwm2m+tlv", "mikey": "mikey", "mmse": "vnd.wap.mms-message",
    "msnms": "x-msn-messenger", "ocsp": "ocsp-request ocsp-response", "pkcs10": "pkcs10", "pkix-cert": "pkix-cert",
    "pkixtsp": "timestamp-query timestamp-reply", "q931": "qsig", "sdp": "sdp", "systemd_journal": "vnd.fdo.journal",
    "tnef": "ms-tnef", "ulp": "oma-supl-ulp vnd.omaloc-supl-init", "urlencoded-form": "x-www-form-urlencoded",
    "wap-sir": "vnd.wap.sia", "x509af": "pkix-crl",
    "wbxml": (
        "vnd.ms-sync vnd.ms-sync.wbxml vnd.nokia.syncset+wbxml vnd.oma.drm.rights+wbxml vnd.phonecom.mmc-wbxml "
        "vnd.syncml+wbxml vnd.syncml.dm+wbxml vnd.uplanet.alert-wbxml vnd.uplanet.bearer-choice-wbxml "
        "vnd.uplanet.cacheop-wbxml vnd.uplanet.channel-wbxml vnd.uplanet.list-wbxml vnd.uplanet.listcmd-wbxml "
        "vnd.wap.coc vnd.wap.connectivity-wbxml vnd.wap.locc+wbxml vnd.wap.sic vnd.wap.slc vnd.wap.wbxml vnd.wap.wmlc "
        "vnd.wap.wta-eventc vnd.wv.csp.wbxml x-prov.syncset+wbxml x-wap-prov.browser-bookmarks "
        "x-wap-prov.browser-settings"
    ),
    "data-text-lines": (
        "vnd.drm.message vnd.poc.refer-to x-ns-proxy-autoconfig x-rtsp-udp-packetpair x-tia-p25-issi x-tia-p25-sndcp "
        "xml-external-parsed-entity"
    ),
    "": "cose femtointerfacemsg vnd.3gpp2.femtointerfacemsg x-fcs",
}  # fmt: skip
_NAMES: Final = {
    **{f"application/{kind}": name for name, kinds in _OF_APPLICATION.items() for kind in kinds.split()},
    "message/rfc822": "imf", "message/sipfrag": "sipfrag", "message/x-aasp-signalling": "aasp", "video/mp2t": "",
}  # fmt: skip
_MULTIPART: Final = "multipart/"
#: How a body begins that is an image whatever its media type says, where that has no reader.
_IMAGES: Final = {b"\x89PNG\r\n\x1a\n": "png", b"GIF87a": "image-gif", b"GIF89a": "image-gif"}
_JPEG: Final = b"\xff\xd8\xff"
_JPEG_KINDS: Final = (b"JFIF\0", b"Exif\0")
_JPEG_KIND_AT: Final = 6
#: Media types of images that have a reader.
_IMAGE_TYPES: Final = {
    "image/png": "png", "image/gif": "image-gif",
    **dict.fromkeys(("image/jpeg", "image/jpg", "image/jfif"), "image-jfif"),
}  # fmt: skip
#: Bytes of the shortest image that is known by its beginning.
LEAST_IMAGE: Final = 20


def media_name(media: str, beginning: bytes) -> str:
    """The name for a body of HTTP/1 of type ``media`` that begins with ``beginning``, of `LEAST_IMAGE` bytes at least.

    Of a shorter body: all of it.
    """
    known = _extension(media)
    return (_image_name(beginning) or "media") if known is None else known


def stream_media_name(media: str, beginning: bytes) -> str:
    """The name for a body of HTTP/2; empty where its type has no reader: Wireshark does not look what it may be."""
    known = _extension(media)
    if known is None:
        image = _image_name(beginning)
        return image if image == _IMAGE_TYPES.get(media) else ""
    return known


def _extension(media: str) -> str | None:
    return "mime_multipart" if media.startswith(_MULTIPART) else _NAMES.get(media)


def _image_name(beginning: bytes) -> str:
    if len(beginning) >= LEAST_IMAGE:
        for sign, name in _IMAGES.items():
            if beginning.startswith(sign):
                return name
        if beginning.startswith(_JPEG) and beginning.startswith(_JPEG_KINDS, _JPEG_KIND_AT):
            return "image-jfif"
    return ""
