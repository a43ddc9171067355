"""Sealed columns of the store, opened by what the documents say of them (docs/keystore.md), with code of our own: unattended secret,
master key, wrapping key, column key, data key, value. It needs what only the appliance has, key file and secret; tests have them."""
import base64
import contextlib
import ctypes
import pathlib
import sqlite3

IV, TAG = 12, 16


def _gcm(key, sealed, aad):
    """The clear text of IV, text and tag (NIST SP 800-38D)."""
    crypto = ctypes.CDLL("libcrypto.so.3")
    for name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_gcm"):
        getattr(crypto, name).restype = ctypes.c_void_p
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    iv, data, tag = sealed[:IV], sealed[IV:-TAG], sealed[-TAG:]
    out, n, last = ctypes.create_string_buffer(len(data) + 32), ctypes.c_int(), ctypes.c_int()
    steps = [crypto.EVP_DecryptInit_ex(context, ctypes.c_void_p(crypto.EVP_aes_256_gcm()), None, key, iv),
             crypto.EVP_DecryptUpdate(context, None, ctypes.byref(n), aad, len(aad)),
             crypto.EVP_DecryptUpdate(context, out, ctypes.byref(n), data, len(data)),
             crypto.EVP_CIPHER_CTX_ctrl(context, 0x11, len(tag), tag),
             crypto.EVP_DecryptFinal_ex(context, ctypes.byref(last), ctypes.byref(last))]
    crypto.EVP_CIPHER_CTX_free(context)
    if steps != [1] * len(steps):
        raise ValueError("not authentic")
    return out.raw[:n.value]


def _unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Columns:
    """Opens what one rig's store has sealed."""

    ALGORITHM = {"aes-256": 1, "hmac-sha256": 2, "ed25519": 3, "public-pem": 4, "aes-128": 5}

    def __init__(self, keys, unlock_file, store):
        self.keys, self.unlock_file, self.store = pathlib.Path(keys), pathlib.Path(unlock_file), store
        self.data_keys = {}

    def _column_key(self, version):
        lines = [line.split() for line in self.keys.read_text(encoding="ascii").splitlines()]
        (master_line,) = (line for line in lines if line[:1] == ["master"])
        wrapped_master = _unb64(master_line[master_line.index("unattended") + 1])
        above = _gcm(self.unlock_file.read_bytes(), wrapped_master, b"callkey unattended")
        (wrapping,) = (line for line in lines if line[:2] == ["key", "wrapping"] and line[5] == "active")
        (column,) = (line for line in lines if line[:3] == ["key", "column", str(version)])
        for line in (wrapping, column):
            exportable = int(line[6] == "exportable")
            aad = f"callkey-key {line[1]} {line[2]} {line[3]} {line[4]} {exportable}".encode()
            above = _gcm(above, _unb64(line[-1]), aad)
        return above

    def _data_key(self, number):
        if number not in self.data_keys:
            with contextlib.closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as db:
                (version, wrapped), = db.execute("SELECT version, wrapped FROM column_keys WHERE id = ?", (number,))
            self.data_keys[number] = _gcm(self._column_key(version), wrapped, b"callkey-column-data-key/1")
        return self.data_keys[number]

    def open(self, table, column, row, text):
        """The clear value; text that is not sealed as it is."""
        if not text.startswith("sealed/1/"):
            return text
        _, _, number, sealed = text.split("/")
        return _gcm(self._data_key(int(number)), _unb64(sealed), f"{table}/{column}/{row}".encode()).decode()


def columns_of(rig):
    return Columns(rig.path("state", "keystore", "keys"), rig.unlock_file, rig.path("state", "callkey.db"))
