"""What templates may print: the page as it is, and its parts under names of their own."""

import base64
from dataclasses import dataclass

from invoicing.documents.qr import payment_text, picture
from invoicing.domain.canonical import Plain

Plains = dict[str, Plain]

TEMPLATE = "invoice/{kind}.html.j2"
_TEMPLATES = {"preview": "invoice"}
"""A preview is the invoice it may become."""
_ASKS_FOR_ALL = "reminder"


@dataclass(frozen=True, slots=True)
class Job:
    """One page for the press: its facts, its sheets of paper, and the XML that lies inside."""

    page: Plains
    paper: str
    is_upcoming: bool = False
    xml: bytes | None = None

    @property
    def kind(self) -> str:
        """Which document it is."""
        return str(self.page["kind"])

    @property
    def template(self) -> str:
        """The name of the template that prints it."""
        return TEMPLATE.format(kind=_TEMPLATES.get(self.kind, self.kind))

    @property
    def content(self) -> Plains:
        """The draft or credit note; nothing on letters and statements."""
        return _mapping(self.page.get("content"))

    def party(self, role: str) -> Plains:
        """Return the ``entity`` or the ``client``, wherever this kind of page keeps it."""
        return _mapping(self.content.get(role) or self.page.get(role))

    def fact(self, name: str) -> str:
        """Return a text of the page itself, empty where it has none."""
        return str(self.page.get(name) or "")

    @property
    def day(self) -> str:
        """The day of the document, empty on previews."""
        return self.fact("issued_on") or self.fact("written_on")

    @property
    def brand(self) -> str:
        """The look that the entity chose."""
        return str(self.party("entity").get("brand") or "")


def pack_job(job: Job) -> Plains:
    """Return a job as the message that the child gets."""
    xml = base64.b64encode(job.xml).decode() if job.xml is not None else None
    return {"page": job.page, "paper": job.paper, "is_upcoming": job.is_upcoming, "xml": xml}


def unpack_job(message: Plains) -> Job:
    """Read the message that `pack_job` wrote."""
    xml = base64.b64decode(str(message["xml"])) if message["xml"] is not None else None
    return Job(
        _mapping(message["page"]), str(message["paper"]), message["is_upcoming"] is True, xml
    )


def values_of(job: Job, logo: str) -> dict[str, Plain]:
    """Return all that a template may print."""
    facts = ("number", "issued_on", "due_on", "written_on", "watermark")
    return {
        "page": job.page,
        "kind": job.kind,
        "content": job.content,
        "entity": job.party("entity"),
        "client": job.party("client"),
        **{name: job.fact(name) for name in facts},
        **{name: job.page.get(name) or [] for name in ("items", "totals", "credit")},
        "is_upcoming": job.is_upcoming,
        "paper": job.paper,
        "logo": logo,
        "qr": picture(payment_code(job)),
        "has_xml": job.xml is not None,
    }


def payment_code(job: Job) -> str:
    """Return the text of the code for a payment, where there is one sum to pay in euros."""
    bank = _mapping(job.party("entity").get("bank"))
    if job.kind == "invoice":
        due = _mapping(_mapping(job.content.get("totals")).get("due"))
        return payment_text(bank, due, job.fact("number"))
    totals = _list(job.page.get("totals"))
    if job.kind == _ASKS_FOR_ALL and len(totals) == 1:
        numbers = (str(_mapping(item)["number"]) for item in _list(job.page.get("items")))
        return payment_text(bank, _mapping(totals[0]), " ".join(numbers))
    return ""


def _mapping(value: Plain) -> Plains:
    return value if isinstance(value, dict) else {}


def _list(value: Plain) -> list[Plain]:
    return value if isinstance(value, list) else []
