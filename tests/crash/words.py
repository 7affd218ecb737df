"""The words of the programme's mails: few, and such that those who read them can react."""

import re

from invoicing.domain.letters import Letter
from invoicing.services.ports import MailText

SUBJECT = re.compile(rb"^Subject: (\w+) (\S+)\r?$", re.MULTILINE)
OPEN = re.compile(rb"^open: ([0-9.]+) ([A-Z]{3})\r?$", re.MULTILINE)
ITEM = re.compile(rb"^item: (\S+) ([0-9.]+) ([A-Z]{3})\r?$", re.MULTILINE)
TOKEN = re.compile(rb"^token: (\S+)\r?$", re.MULTILINE)


def plain_mail(letter: Letter) -> MailText:
    """Write the shortest mail there is."""
    lines = [f"open: {letter.balance or ', '.join(map(str, letter.totals))}"]
    lines += [f"item: {one.number} {one.asked}" for one in letter.items]
    lines += [f"token: {letter.question.token}"] if letter.question else []
    text = "".join(f"{line}\n" for line in lines)
    return MailText(f"{letter.kind} {_about(letter)}", text, f"<p>{lines[0]}</p>")


def _about(letter: Letter) -> str:
    if letter.credit_note:
        return letter.credit_note.number
    if letter.invoice:
        return letter.invoice.number
    return letter.items[0].number if letter.items else letter.client.key
