"""What a liar would make of a ledger: heads signed by another key, entries changed with hashes that fit."""

import hashlib
import importlib.util
import json

from harness import ROOT


def _load(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


page = _load("verify_receipt")  # the formats of docs/ledger-format.md


def sign(head: dict, seed: bytes) -> dict:
    """The head as the holder of the key of `seed` signs it: RFC 8032, section 5.1.6."""
    digest = hashlib.sha512(seed).digest()
    scalar = (int.from_bytes(digest[:32], "little") & ((1 << 254) - 8)) | (1 << 254)
    key = page.encode_point(page.multiply(scalar, page.BASE))
    signed = {**head, "public_key": key.hex(), "key_id": page.sha256(key)[:8].hex()}
    message = page.Head(signed).signed
    nonce = int.from_bytes(hashlib.sha512(digest[32:] + message).digest(), "little") % page.ORDER
    point = page.encode_point(page.multiply(nonce, page.BASE))
    k = int.from_bytes(hashlib.sha512(point + key + message).digest(), "little") % page.ORDER
    signature = point + ((nonce + k * scalar) % page.ORDER).to_bytes(32, "little")
    page.Head({**signed, "signature": signature.hex()}).check_signature()
    return {**signed, "signature": signature.hex()}


def entry_hash(receipt: str, **changes) -> bytes:
    """Of a receipt's entry with these fields changed."""
    read = json.loads(receipt)
    entry = page.Fields({**read["entry"], **changes}, "entry", page.ENTRY_FIELDS)
    return page.sha256(page.encode_entry(entry, bytes.fromhex(read["previous_hash"])))


def leaf(hash: bytes) -> bytes:
    return page.leaf_hash(hash)
