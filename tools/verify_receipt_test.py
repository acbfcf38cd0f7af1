#!/usr/bin/env python3
"""tools/verify_receipt.py takes what the ledger writes, and nothing else. Its argument is the program that writes samples."""
import contextlib
import importlib.util
import io
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
TOOL = Path(__file__).with_name("verify_receipt.py")
PAGE = TOOL.parent.parent / "docs" / "ledger-format.md"
SPEC = importlib.util.spec_from_file_location("verify_receipt", TOOL)
verify_receipt = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(verify_receipt)
CHECKS = ("form", "entry", "chain", "inclusion", "signature", "key", "head")


def run(*arguments):
    """Exit code and what is printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            code = verify_receipt.main([str(a) for a in arguments])
        except SystemExit as stop:
            code = stop.code
    return code, printed.getvalue()


class Samples(unittest.TestCase):
    program = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([cls.program, cls.folder.name], check=True)
        cls.samples = json.loads(Path(cls.folder.name, "samples.json").read_text(encoding="utf-8"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def arguments(self, sample):
        more = [Path(self.folder.name, a) if a.endswith(".json") else a for a in sample["more"]]
        return [Path(self.folder.name, sample["file"]), *more]

    def test_takes_every_good_one_and_refuses_every_broken_one(self):
        counts = {True: 0, False: 0}
        for sample in self.samples:
            with self.subTest(sample["name"]):
                code, printed = run(*self.arguments(sample))
                counts[sample["good"]] += 1
                self.assertEqual(code, 0 if sample["good"] else 1, printed)
                if sample["good"]:
                    self.assertTrue(printed.endswith("The receipt proves its entry.\n"), printed)
                else:
                    self.assertRegex(printed.splitlines()[-1], f"^BAD   ({'|'.join(CHECKS)}): .")
        self.assertGreater(counts[True], 45)
        self.assertGreater(counts[False], 150)

    def refusal(self, name):
        sample = next(s for s in self.samples if s["name"] == name)
        return run(*self.arguments(sample))[1].splitlines()[-1]

    def test_names_the_check_that_failed(self):
        for name, check in (("/entry/amount", "entry"), ("/entry/given/0/lot", "entry"), ("/previous_hash", "entry"),
                            ("/head/tenant_id", "chain"), ("/path/2", "inclusion"), ("/head/root", "inclusion"),
                            ("/head/size longer", "inclusion"), ("/head/signature", "signature"), ("/head/at", "form"),
                            ("/head/chain", "signature"), ("/head/key_id", "signature"), ("another key", "key"),
                            ("a head of another root", "head"), ("a head of another size", "head"),
                            ("a head that nobody signed", "signature"), ("a first entry that follows another", "chain"),
                            ("an entry before the first", "inclusion"), ("/entry with one member more", "form")):
            with self.subTest(name):
                self.assertTrue(self.refusal(name).startswith(f"BAD   {check}: "), self.refusal(name))

    def test_says_what_it_checked(self):
        code, printed = run(*self.arguments(next(s for s in self.samples if s["name"] == "its own head and the right key")))
        self.assertEqual(code, 0)
        self.assertEqual([line.split(":")[0] for line in printed.splitlines()[:-1]],
                         [f"ok    {check}" for check in ("form", "entry", "chain", "inclusion", "signature", "head", "key")])

    def test_runs_as_a_program(self):
        good = self.arguments(self.samples[0])[0]
        for arguments, code in (([good], 0), ([good, "--key", "00" * 32], 1), ([], 2), ([good, "--key", "xy"], 2),
                                ([good, good], 2), ([good.with_name("not there.json")], 2)):
            done = subprocess.run([sys.executable, TOOL, *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertNotIn("Traceback", done.stderr)


class PageTest(unittest.TestCase):
    def test_the_page_has_a_receipt_that_is_good(self):
        receipt = re.search(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S).group(1)
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            file.write(receipt)
            file.flush()
            code, printed = run(file.name)
        self.assertEqual(code, 0, printed)


class Ed25519Test(unittest.TestCase):
    """RFC 8032, section 7.1."""
    VECTORS = [
        ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
         "655141438e7a100b"),
        ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
         "b00d291612bb0c00"),
        ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
         "c027beceea1ec40a"),
    ]

    def test_takes_published_signatures_and_no_other_form_of_them(self):
        for key, message, signature in self.VECTORS:
            key, message, signature = map(bytes.fromhex, (key, message, signature))
            self.assertTrue(verify_receipt.is_signed(key, message, signature))
            self.assertFalse(verify_receipt.is_signed(key, message + b"x", signature))
            s = int.from_bytes(signature[32:], "little") + verify_receipt.ORDER
            self.assertFalse(verify_receipt.is_signed(key, message, signature[:32] + s.to_bytes(32, "little")))

    def test_refuses_keys_of_small_order_and_bytes_that_are_no_point(self):
        neutral = (1).to_bytes(32, "little")
        self.assertFalse(verify_receipt.is_signed(neutral, b"x", neutral + bytes(32)))
        for key in (bytes(32), (2).to_bytes(32, "little"), (verify_receipt.P + 1).to_bytes(32, "little"), b"\xff" * 32,
                    (1 | 1 << 255).to_bytes(32, "little")):
            self.assertFalse(verify_receipt.is_signed(key, b"x", neutral + bytes(32)))


if __name__ == "__main__":
    Samples.program = sys.argv.pop(1)
    unittest.main()
