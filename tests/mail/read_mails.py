"""Reads the mails of a directory, as tests/mail/reading.rs put them there, and names whatever is wrong with them.

Beside each `N.eml` lies `N.json`: `from`, `to` and `date` of the mail, and the `link` that the text part must show on a
line of its own, or nothing.
"""

import email
import email.policy
import json
import pathlib
import sys

ONCE = ["From", "To", "Date", "Message-ID", "Subject", "MIME-Version", "Auto-Submitted", "Content-Type"]


def wrong(raw, expected):
    link = expected["link"]
    mail = email.message_from_bytes(raw, policy=email.policy.SMTP)
    for part in mail.walk():
        yield from (f"defect: {defect!r}" for defect in part.defects)
        for name, value in part.items():
            yield from (f"defect in {name}: {defect!r}" for defect in getattr(value, "defects", []))
    for name in ONCE:
        if len(mail.get_all(name, [])) != 1:
            yield f"{name} is there {len(mail.get_all(name, []))} times"
    if mail["Auto-Submitted"] != "auto-generated":
        yield f"Auto-Submitted: {mail['Auto-Submitted']}"
    if [name for name in mail.keys() if name.lower().startswith("list-") or name.lower() in ("cc", "bcc")]:
        yield f"headers that it must not have: {mail.keys()}"
    if [address.addr_spec for address in mail["To"].addresses] != [expected["to"]]:
        yield f"To: {mail['To']}"
    if [address.addr_spec for address in mail["From"].addresses] != [expected["from"]]:
        yield f"From: {mail['From']}"
    if expected["date"] not in (None, mail["Date"].datetime.isoformat()):
        yield f"Date: {mail['Date']}"
    if mail.get_content_type() != "multipart/alternative":
        yield f"Content-Type: {mail.get_content_type()}"
    parts = list(mail.iter_parts())
    if [part.get_content_type() for part in parts] != ["text/plain", "text/html"]:
        yield f"parts: {[part.get_content_type() for part in parts]}"
        return
    for part in parts:
        if part.get_content_charset() != "utf-8":
            yield f"charset: {part.get_content_charset()}"
        if part["Content-Transfer-Encoding"] not in ("7bit", "quoted-printable"):
            yield f"Content-Transfer-Encoding: {part['Content-Transfer-Encoding']}"
    text, html = (part.get_content() for part in parts)
    if link:
        if text.splitlines().count(link) != 1:
            yield "the link is not a line of its own in the text"
        # In the bytes of the text part too, which ends where the HTML part begins.
        if raw.partition(b"Content-Type: text/html")[0].split(b"\r\n").count(link.encode()) != 1:
            yield "the link is not a line of its own in the bytes"
        if html.count(f'href="{link}"') != 2:
            yield "the link is not where it is to be in the HTML"
    elif "://" in text or "href" in html.replace('href="mailto:', ""):
        yield "it holds a link"


paths = sorted(pathlib.Path(sys.argv[1]).glob("*.eml"))
for path in paths:
    for problem in wrong(path.read_bytes(), json.loads(path.with_suffix(".json").read_text())):
        print(f"{path.name}: {problem}", file=sys.stderr)
print(f"{len(paths)} mails")
