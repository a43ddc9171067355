"""Seals a card record as keystored does, with code of its own: RFC 7516 by ECDH-ES+A256KW and A256GCM (RFC 7518 4.6, 5.3).

The openssl program agrees on the key; the ciphers are libcrypto's, called directly, for the program has no AEAD.
"""
import base64
import ctypes
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import tempfile

_crypto = ctypes.CDLL("libcrypto.so.3")
for _name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_gcm", "EVP_aes_256_wrap"):
    getattr(_crypto, _name).restype = ctypes.c_void_p
WRAP_ALLOW, AEAD_GET_TAG, TAG_SIZE = 1, 0x10, 16


def _b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _must(ok):
    if ok != 1:
        raise RuntimeError("libcrypto refused")


def _encrypt(cipher, key, iv, aad, clear):
    """Cipher text and, for an AEAD, its tag."""
    context = ctypes.c_void_p(_crypto.EVP_CIPHER_CTX_new())
    out, n, last = ctypes.create_string_buffer(len(clear) + 32), ctypes.c_int(), ctypes.c_int()
    tag = ctypes.create_string_buffer(TAG_SIZE)
    try:
        _crypto.EVP_CIPHER_CTX_set_flags(context, WRAP_ALLOW)
        _must(_crypto.EVP_EncryptInit_ex(context, ctypes.c_void_p(cipher), None, key, iv))
        if aad is not None:
            _must(_crypto.EVP_EncryptUpdate(context, None, ctypes.byref(n), aad, len(aad)))
        _must(_crypto.EVP_EncryptUpdate(context, out, ctypes.byref(n), clear, len(clear)))
        _must(_crypto.EVP_EncryptFinal_ex(context, ctypes.byref(out, n.value), ctypes.byref(last)))
        if aad is not None:
            _must(_crypto.EVP_CIPHER_CTX_ctrl(context, AEAD_GET_TAG, TAG_SIZE, tag))
    finally:
        _crypto.EVP_CIPHER_CTX_free(context)
    return out.raw[:n.value + last.value], tag.raw


def _openssl(*args):
    return subprocess.run(["openssl", *map(str, args)], capture_output=True, check=True).stdout


def _agree(public_pem, algorithm):
    """An ephemeral key's coordinates, and the key that it and the receiver's agree on (Concat KDF, NIST SP 800-56A 5.8.1)."""
    with tempfile.TemporaryDirectory() as folder:
        own = pathlib.Path(folder, "ephemeral.pem")
        _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", own)
        point = _openssl("pkey", "-in", own, "-pubout", "-outform", "DER")[-64:]
        secret = _openssl("pkeyutl", "-derive", "-inkey", own, "-peerkey", public_pem)
    info = struct.pack(">I", len(algorithm)) + algorithm.encode() + struct.pack(">III", 0, 0, 256)
    return point[:32], point[32:], hashlib.sha256(struct.pack(">I", 1) + secret + info).digest()


def seal_text(public_pem, clear, header=None, kid="sandbox-1"):
    """A compact JWE of clear (bytes); header: further members of the protected header."""
    algorithm = "ECDH-ES+A256KW"
    x, y, wrapping = _agree(public_pem, algorithm)
    protected = _b64(json.dumps({"alg": algorithm, "enc": "A256GCM", "kid": kid, **(header or {}),
                                 "epk": {"kty": "EC", "crv": "P-256", "x": _b64(x), "y": _b64(y)}}).encode())
    content_key, iv = os.urandom(32), os.urandom(12)
    wrapped, _ = _encrypt(_crypto.EVP_aes_256_wrap(), wrapping, None, None, content_key)
    cipher, tag = _encrypt(_crypto.EVP_aes_256_gcm(), content_key, iv, protected.encode(), clear)
    return ".".join([protected, _b64(wrapped), _b64(iv), _b64(cipher), _b64(tag)])


def seal_card(public_pem, card, order_id, **other):
    """The record of a card (support.cards.Card) for an order. other: members that are to differ; header_order likewise."""
    header_order = other.pop("header_order", order_id)
    record = {"card_number": card.number.rstrip("#"), "expiry": card.expiry, "identity": card.identity.rstrip("#"),
              "password2": card.password, "order_id": order_id, **other}
    return seal_text(public_pem, json.dumps(record).encode(), {"order_id": header_order})
