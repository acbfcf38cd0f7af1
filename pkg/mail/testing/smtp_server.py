#!/usr/bin/env python3
"""A real SMTP server for tests: aiosmtpd on a free port of 127.0.0.1. Prints the port, serves until its input ends.

  smtp_server.py FOLDER plain|starttls|implicit [USER PASSWORD]

Each message that it takes is FOLDER/<n>.json: envelope, decoded headers, text and raw bytes. Recipients decide what
happens: refused@ 550, later@ 451, hang@ no answer, spam@ 554 after the data. With TLS it makes FOLDER/ca.pem; with USER
it takes mail from that user only.
"""
import asyncio
import json
import os
import ssl
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult


class Keep:
    def __init__(self, folder):
        self.folder = folder
        self.taken = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "refused":
            return f"550 5.1.1 <{address}> is unknown here"
        if name == "later":
            return "451 4.3.0 not now"
        if name == "hang":
            await asyncio.Event().wait()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("spam@"):
            return "554 5.7.1 this is spam"
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.taken += 1
        record = {
            "mail_from": envelope.mail_from,
            "rcpt_tos": envelope.rcpt_tos,
            "headers": {name: str(value) for name, value in message.items()},
            "defects": [str(defect) for value in message.values() for defect in value.defects],
            "text": message.get_content().replace("\r\n", "\n"),
            "raw": envelope.content.decode("latin-1"),
            "tls": session.ssl is not None,
            "user": session.auth_data.decode() if session.auth_data else "",
            "helo": session.host_name,
        }
        part = self.folder / f"{self.taken}.part"
        part.write_text(json.dumps(record))
        part.rename(self.folder / f"{self.taken}.json")
        return "250 taken"


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         "-keyout", folder / "key.pem", "-out", folder / "ca.pem"],
        check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


def authenticator(user, password):
    def check(server, session, envelope, mechanism, data):
        good = data.login == user.encode() and data.password == password.encode()
        return AuthResult(success=good, auth_data=data.login if good else None, handled=False)

    return check


async def main():
    folder, mode, *login = sys.argv[1:]
    folder = Path(folder)
    context = make_certificate(folder) if mode != "plain" else None
    options = {"hostname": "mail.test", "enable_SMTPUTF8": True}
    if mode == "starttls":
        options.update(tls_context=context, require_starttls=True)
    if login:
        options.update(authenticator=authenticator(*login), auth_required=True, auth_require_tls=mode == "starttls")
    keep = Keep(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(keep, loop=loop, **options), "127.0.0.1", 0,
                                      ssl=context if mode == "implicit" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, lambda: ended.set() if not os.read(0, 4096) else None)
    await ended.wait()


asyncio.run(main())
