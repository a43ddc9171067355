"""Key blocks of TR-31 version D as the other side makes and opens them: a second implementation, which follows ANSI X9.143 and shares nothing
with ours but the standard. It takes AES and CMAC from python3-cryptography."""
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK = 16


def cmac(key, data):
    c = CMAC(algorithms.AES(key))
    c.update(data)
    return c.finalize()


def derive(kbpk, usage):
    """X9.143 7.2.2.2: counter, key usage, separator, algorithm, length in bits."""
    bits, algorithm = len(kbpk) * 8, {16: 2, 24: 3, 32: 4}[len(kbpk)]
    made = b"".join(cmac(kbpk, bytes([i]) + usage.to_bytes(2, "big") + b"\0" + algorithm.to_bytes(2, "big") + bits.to_bytes(2, "big"))
                    for i in range(1, (len(kbpk) + 15) // 16 + 1))
    return made[:len(kbpk)]


def pad_optional(optional, count):
    """Fills the optional blocks to the cipher's block with a block PB."""
    if len(optional) % BLOCK == 0:
        return optional, count
    fill = BLOCK - len(optional) % BLOCK
    if fill < 4:
        fill += BLOCK
    return optional + f"PB{fill:02X}" + "F" * (fill - 4), count + 1


def wrap(kbpk, fields, key, optional="", count=0, shown=32, pad=os.urandom):
    """A version D block; fields: usage, algorithm, mode, version, exportability as in its header."""
    optional, count = pad_optional(optional, count)
    payload = (len(key) * 8).to_bytes(2, "big") + key
    total = -(-(2 + max(shown, len(key))) // BLOCK) * BLOCK
    payload += pad(total - len(payload))
    length = 16 + len(optional) + 2 * len(payload) + 2 * BLOCK
    header = f"D{length:04d}{fields}{count:02d}00{optional}"
    mac = cmac(derive(kbpk, 1), header.encode() + payload)
    sealer = Cipher(algorithms.AES(derive(kbpk, 0)), modes.CBC(mac)).encryptor()
    return header + (sealer.update(payload) + sealer.finalize()).hex().upper() + mac.hex().upper()


def unwrap(kbpk, block):
    """(header with its optional blocks, key); ValueError."""
    if block[0] != "D" or int(block[1:5]) != len(block):
        raise ValueError("form")
    at = 16
    for _ in range(int(block[12:14])):
        at += int(block[at + 2:at + 4], 16)
    mac = bytes.fromhex(block[-2 * BLOCK:])
    opener = Cipher(algorithms.AES(derive(kbpk, 0)), modes.CBC(mac)).decryptor()
    payload = opener.update(bytes.fromhex(block[at:-2 * BLOCK])) + opener.finalize()
    if cmac(derive(kbpk, 1), block[:at].encode() + payload) != mac:
        raise ValueError("MAC")
    return block[:at], payload[2:2 + int.from_bytes(payload[:2], "big") // 8]
