#!/usr/bin/env python3
"""Checks a receipt of the ledger without its server, as docs/ledger-format.md says. Python's standard library only.

  tools/verify_receipt.py RECEIPT.json [--key HEXPUBKEY] [--head HEAD.json]

--key   the public key that you trust: 64 hexadecimal digits
--head  a signed head that you have from elsewhere; the receipt must have been made for that size

Prints a line for every check. Exit code 0: the receipt proves its entry; 1: it does not; 2: the command line makes no sense.
"""
import argparse
import calendar
import datetime
import hashlib
import json
import re
import struct
import sys

ENTRY_TAG = b"sbentry\x01"
CHAIN_TAG = b"sbchain\x01"
HEAD_TAG = b"sbhead\x00\x01"
KINDS = {"CREDIT": 1, "DEBIT": 2, "TRANSFER": 3, "HOLD": 4, "CAPTURE": 5, "VOID": 6, "EXPIRY": 7, "FORFEIT": 8, "REVERT": 9}


class Refused(Exception):
    """A check that failed: its name, and what is wrong."""

    def __init__(self, check, what):
        super().__init__(f"{check}: {what}")


def sha256(data):
    return hashlib.sha256(data).digest()


# Ed25519 (RFC 8032, section 5.1): the curve -x^2 + y^2 = 1 + d x^2 y^2 over the field of P, a base point of order ORDER.
# Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(a, b):
    m = (a[1] - a[0]) * (b[1] - b[0])
    n = (a[1] + a[0]) * (b[1] + b[0])
    t = 2 * a[3] * b[3] * D
    z = 2 * a[2] * b[2]
    e, f, g, h = n - m, z - t, z + t, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(factor, point):
    result = NEUTRAL
    while factor:
        if factor & 1:
            result = add(result, point)
        point = add(point, point)
        factor >>= 1
    return result


def is_neutral(point):
    return point[0] % P == 0 and (point[1] - point[2]) % P == 0


def decode_point(data):
    """The point of 32 bytes; None when they are none, or not written in the one form."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode_point(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(public_key, message, signature):
    key = decode_point(public_key)
    s = int.from_bytes(signature[32:], "little")
    if key is None or is_neutral(multiply(8, key)) or s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % ORDER
    minus_key = (P - key[0], key[1], key[2], P - key[3])
    return encode_point(add(multiply(s, BASE), multiply(k, minus_key))) == signature[:32]


# Section 5: files.
def parse_json(path):
    def members(pairs):
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise Refused("form", "an object has two members of one name")
        return dict(pairs)

    def no_number(text):
        raise Refused("form", f"{text} is not JSON")

    with open(path, "rb") as file:
        data = file.read()
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=members, parse_constant=no_number)
    except (ValueError, RecursionError):
        raise Refused("form", "this is not JSON in UTF-8") from None


class Fields:
    """The members of an object, each in its form."""

    def __init__(self, value, path, names):
        if not isinstance(value, dict):
            raise Refused("form", f"{path} must be an object")
        for name in names:
            if name not in value:
                raise Refused("form", f"{path}.{name} is missing")
        if len(value) != len(names):
            raise Refused("form", f"{path} has a member that does not belong there")
        self.value, self.path = value, path

    def wrong(self, name, what):
        return Refused("form", f"{self.path}.{name} must be {what}")

    def text(self, name, optional=False):
        text = self.value[name]
        if optional and text is None:
            return None
        if not isinstance(text, str):
            raise self.wrong(name, "a string")
        return utf8(text)

    def i64(self, name, optional=False):
        text = self.text(name, optional)
        if text is None:
            return None
        number = int(text) if re.fullmatch(rb"0|-?[1-9][0-9]{0,18}", text) else None
        if number is None or not -2**63 <= number < 2**63:
            raise self.wrong(name, "a 64-bit number in decimal, as a string")
        return number

    def time(self, name, optional=False):
        text = self.text(name, optional)
        if text is None:
            return None
        match = re.fullmatch(rb"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{6})Z", text)
        try:
            time = datetime.datetime(*map(int, match.groups())) if match else None
        except ValueError:
            time = None
        if time is None:
            raise self.wrong(name, "a time like 2026-01-31T09:30:00.000000Z")
        return calendar.timegm(time.timetuple()) * 1_000_000 + time.microsecond

    def hex(self, name, size=32):
        return unhex(self.value[name], size) or self.fail(name, f"{2 * size} lower-case hexadecimal digits")

    def list(self, name):
        if not isinstance(self.value[name], list):
            raise self.wrong(name, "a list")
        return self.value[name]

    def fail(self, name, what):
        raise self.wrong(name, what)


def utf8(text):
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("form", "a text is not UTF-8") from None


def unhex(text, size):
    if isinstance(text, str) and re.fullmatch(f"[0-9a-f]{{{2 * size}}}", text):
        return bytes.fromhex(text)
    return None


def check_format(fields, name):
    if fields.value["format"] != name:
        raise fields.wrong("format", name)
    if type(fields.value["version"]) is not int or fields.value["version"] != 1:
        raise fields.wrong("version", "1")


# Section 1 and 2: the bytes of an entry.
def i64(number):
    return struct.pack(">q", number)


def u32(number):
    return struct.pack(">I", number)


def text(data):
    return u32(len(data)) + data


def optional(value, form):
    return b"\x00" if value is None else b"\x01" + form(value)


def parts(fields, name):
    encoded = b""
    for item in fields.list(name):
        part = Fields(item, name, ["lot", "amount"])
        encoded += i64(part.i64("lot")) + i64(part.i64("amount"))
    return u32(len(fields.list(name))) + encoded


def metadata(fields):
    members = fields.value["metadata"]
    if not isinstance(members, dict) or not all(isinstance(value, str) for value in members.values()):
        raise fields.wrong("metadata", "an object of strings")
    pairs = sorted((utf8(name), utf8(value)) for name, value in members.items())
    return u32(len(pairs)) + b"".join(text(name) + text(value) for name, value in pairs)


ENTRY_FIELDS = ["tenant_id", "entry_id", "kind", "unit", "amount", "source", "destination", "source_balance",
                "destination_balance", "reference_id", "description", "metadata", "expires_at", "reverts", "hold", "taken",
                "given", "actor", "posted_at"]


def encode_entry(entry, previous):
    kind = entry.value["kind"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise entry.wrong("kind", "the name of a kind")
    return b"".join([
        ENTRY_TAG, i64(entry.i64("tenant_id")), i64(entry.i64("entry_id")), bytes([KINDS[kind]]), text(entry.text("unit")),
        i64(entry.i64("amount")), text(entry.text("source")), text(entry.text("destination")),
        optional(entry.i64("source_balance", True), i64), optional(entry.i64("destination_balance", True), i64),
        optional(entry.text("reference_id", True), text), text(entry.text("description")), metadata(entry),
        optional(entry.time("expires_at", True), i64), optional(entry.i64("reverts", True), i64),
        optional(entry.i64("hold", True), i64), parts(entry, "taken"), parts(entry, "given"), text(entry.text("actor")),
        i64(entry.time("posted_at")), previous])


# Section 3: the tree.
def leaf_hash(data):
    return sha256(b"\x00" + data)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def root_of_path(leaf, index, size, path):
    """Where the path leads; None when it has the wrong length."""
    fn, sn, result = index, size - 1, leaf
    for sibling in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            result = node_hash(sibling, result)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = node_hash(result, sibling)
        fn, sn = fn >> 1, sn >> 1
    return result if sn == 0 else None


# Section 4: heads.
class Head:
    def __init__(self, value):
        fields = Fields(value, "head", ["tenant_id", "size", "root", "chain", "at", "key_id", "public_key", "signature"])
        self.tenant, self.size = fields.i64("tenant_id"), fields.i64("size")
        self.root, self.chain = fields.hex("root"), fields.hex("chain")
        self.key_id = fields.text("key_id").decode()
        self.public_key, self.signature = fields.hex("public_key"), fields.hex("signature", 64)
        self.signed = HEAD_TAG + i64(self.tenant) + i64(self.size) + self.root + self.chain + i64(fields.time("at"))
        self.at = value["at"]

    def check_signature(self):
        if sha256(self.public_key)[:8].hex() != self.key_id:
            raise Refused("signature", "the key id of the head is not that of its public key")
        if not is_signed(self.public_key, self.signed, self.signature):
            raise Refused("signature", "the head was not signed like this with its public key")


class Receipt:
    def __init__(self, value):
        fields = Fields(value, "receipt", ["format", "version", "entry", "previous_hash", "entry_hash", "path", "head"])
        check_format(fields, "smallbiznis-ledger-receipt")
        self.previous_hash, self.entry_hash = fields.hex("previous_hash"), fields.hex("entry_hash")
        self.path = [unhex(item, 32) or fields.fail("path", "a list of hashes") for item in fields.list("path")]
        entry = Fields(value["entry"], "entry", ENTRY_FIELDS)
        self.encoded = encode_entry(entry, self.previous_hash)
        self.tenant, self.entry_id = entry.i64("tenant_id"), entry.i64("entry_id")
        self.head = Head(value["head"])


def parse_head_file(value):
    fields = Fields(value, "file", ["format", "version", "head"])
    check_format(fields, "smallbiznis-ledger-head")
    return Head(value["head"])


def check_receipt(receipt, say):
    head = receipt.head
    if sha256(receipt.encoded) != receipt.entry_hash:
        raise Refused("entry", "its fields and the hash before it do not give its hash")
    say("entry", f"every field of entry {receipt.entry_id} of tenant {receipt.tenant} is as it was hashed")
    if receipt.tenant != head.tenant:
        raise Refused("chain", "the entry and the head are of two tenants")
    if receipt.entry_id == 1 and receipt.previous_hash != sha256(CHAIN_TAG + i64(receipt.tenant)):
        raise Refused("chain", "the first entry does not follow the start of the tenant's chain")
    if receipt.entry_id == head.size and receipt.entry_hash != head.chain:
        raise Refused("chain", "the entry is the last one, but the head has another hash for it")
    say("chain", "the entry and the head belong to one ledger")
    index = receipt.entry_id - 1
    if not 0 <= index < head.size:
        raise Refused("inclusion", "the tree has no such leaf")
    if root_of_path(leaf_hash(receipt.entry_hash), index, head.size, receipt.path) != head.root:
        raise Refused("inclusion", "the path does not lead from the entry to the root")
    say("inclusion", f"the entry is one of the {head.size} that the head was made of")
    head.check_signature()
    say("signature", f"the head of {head.at} was signed with key {head.key_id}")


def check_trust(receipt, key, other, say):
    """`key` and `other` are what the caller knows from elsewhere, or None."""
    if other:
        other.check_signature()
        if (other.tenant, other.size) != (receipt.head.tenant, receipt.head.size):
            raise Refused("head", "the given head is of another size or tenant: ask for a receipt for that head")
        if (other.root, other.chain) != (receipt.head.root, receipt.head.chain):
            raise Refused("head", "the given head is of other entries: the server has signed two histories")
        say("head", "the receipt was made for the head that you gave")
    if key is None:
        say("key", f"not compared: whether key {receipt.head.key_id} is to be trusted is for you to know (--key)")
        return
    if any(head and head.public_key != key for head in (receipt.head, other)):
        raise Refused("key", "the head is signed, but with another key than the trusted one")
    say("key", "it is the key that you trust")


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description="Checks a receipt of the ledger without its server.")
    parser.add_argument("receipt", metavar="RECEIPT.json")
    parser.add_argument("--key", metavar="HEXPUBKEY", help="the public key that you trust")
    parser.add_argument("--head", metavar="HEAD.json", help="a signed head that you have from elsewhere")
    options = parser.parse_args(arguments)
    if options.key is not None:
        options.key = unhex(options.key.lower(), 32) or parser.error("--key must be 64 hexadecimal digits")
    return options


def main(arguments):
    options = parse_arguments(arguments)

    def say(check, what):
        print(f"ok    {check}: {what}" if check != "key" or options.key else f"note  {check}: {what}")

    try:
        receipt = Receipt(parse_json(options.receipt))
        other = parse_head_file(parse_json(options.head)) if options.head else None
        say("form", "the file is a receipt")
        check_receipt(receipt, say)
        check_trust(receipt, options.key, other, say)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except Refused as refused:
        print(f"BAD   {refused}")
        return 1
    print("The receipt proves its entry.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
