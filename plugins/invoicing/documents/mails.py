"""Write the words of mails from templates: a subject, a plain text and an HTML part that agree."""

import re

import jinja2

from invoicing.documents.printable import printable_text
from invoicing.documents.templates import FALLBACK_LANGUAGE, Templates, explain
from invoicing.domain.canonical import to_plain
from invoicing.domain.dispatch import MessageKind
from invoicing.domain.errors import SettingsError
from invoicing.domain.letters import Letter
from invoicing.services.ports import MailText

OURS = frozenset({MessageKind.ESCALATION, MessageKind.NOTICE, MessageKind.APPROVAL})
"""What goes to our own people, and so is written in our language."""

_GAP = re.compile(r"\n{3,}")  # what an empty block of a template leaves behind


def write_mail(templates: Templates, letter: Letter) -> MailText:
    """Fill the three templates of a letter's kind, as its entity's brand has them."""
    values = to_plain(letter)
    assert isinstance(values, dict)  # noqa: S101 # a letter is a dataclass
    language = FALLBACK_LANGUAGE if letter.kind in OURS else letter.client.language
    branded = templates.branded(letter.entity.brand)
    try:
        subject, text, html = (
            branded.fill(f"mail/{letter.kind.value}.{part}.j2", language, values)
            for part in ("subject", "txt", "html")
        )
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise SettingsError(explain(error)) from error
    one_line = " ".join(printable_text(subject).split())
    return MailText(one_line, _GAP.sub("\n\n", text).strip() + "\n", html)
