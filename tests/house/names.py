"""Rules of names: a stage is called the same in every layer, and no module like a standard one."""

import sys
from pathlib import Path

from invoicing.domain.stages import STAGES
from tests.house.source import PACKAGE, sources

# What may stand beside the stages, and why.
BESIDE_THE_STAGES = {
    "services": {
        "ports": "what the use cases need of the outside",
        "questions": "what a person who reviews a draft is told",
        "dues": "what our own calendar reports, complete with its work",
        "letters": "what a message says, read anew each time it may leave",
        "news": "who else hears that money came or is late",
        "statement": "read model: the account of a client",
        "compose": "what a message says and carries, asked by whoever sends",
        "resolve": "what becomes of a message that did not arrive",
        "archive": "copies of documents in a folder outside the ledger",
        "gate": "which clients may go on, asked by every stage that acts",
        "park": "what a person decides about a parked client",
        "standings": "what the ledger holds beside a draft while it is computed",
        "preview": "what an event would become, without a ledger",
        "queries": "read models of pages and commands",
        "reprint": "the stored files of a document, and whether they can be made anew",
        "stories": "what the read models hold",
        "overview": "read model: the invoices, and what is open on them",
        "open_queue": "read model: what waits for a person",
        "parcels": "planned between draft and review, see the section on parcels",
        "faults": "where a test may end, stop or delay a process",
        "attend": "what a person decides about an exception",
        "correct": "what two people do about an issued invoice that is wrong",
        "credit": "credit notes, and what must be so before one is made",
        "read_mail": "what comes back by mail, each mail once",
        "mail_questions": "whom a question about a draft is mailed to",
        "mail_answers": "a question as it is mailed, and the answer to it",
        "mail_replies": "what a client writes back",
        "bounces": "what mail servers report about mails of ours",
        "hold": "what keeps an issued invoice from being followed up",
        "verify": "the ledger proves its own sums and keys",
        "checks": "what an invoice, a note and a trail must agree with",
        "audit": "what the nightly run does about what verify finds",
        "anchor": "what keeps the trail from being cut off or written anew",
    },
    "operators": {
        "base": "what all operators share",
        "audit": "the nightly look at the whole ledger",
        "read_mail": "what comes back by mail, each mail once",
        "parcels": "planned between draft and review, see the section on parcels",
    },
}


def stage_files(root: Path) -> list[str]:
    """Compare the files of the layers that hold one file per stage with the stages."""
    found = []
    for layer, beside in BESIDE_THE_STAGES.items():
        names = {path.stem for path in (root / PACKAGE / layer).glob("*.py")} - {"__init__"}
        found += [f"{layer}/{stage}.py is missing" for stage in STAGES if stage not in names]
        found += [
            f"{layer}/{name}.py is neither a stage nor on the list of its layer"
            for name in sorted(names - set(STAGES) - set(beside))
        ]
        found += [
            f"{layer}/{name}.py is on the list of its layer but does not exist"
            for name in sorted(set(beside) - names)
        ]
    return found


def names_of_the_standard_library(root: Path) -> list[str]:
    """Name modules and packages that Airflow's flat import could put in place of a standard one."""
    found = set()
    for source in sources(root, "plugins", "dags", "sandbox"):
        parts = source.path.removesuffix(".py").split("/")
        found |= {
            f"{source.path}: `{part}` is a module of the standard library"
            for part in parts[1:]
            if part in sys.stdlib_module_names
        }
    return sorted(found)
