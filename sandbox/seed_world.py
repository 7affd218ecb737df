"""What the projects, hours, estimates and contracts of the make-believe company begin with."""

from typing import Any

Object = dict[str, Any]

MARA, TOM, INES = ("Mara Lindner", "senior"), ("Tom Okafor", "engineer"), ("Ines Rey", "senior")


def seeded_world() -> Object:
    """Return objects, work and what can happen, in the form that a world is read from."""
    return {
        "objects": _objects(),
        "work": {
            "meridian-data": _meridian(),
            "juniper-cloud": _juniper(),
            "alpina-support": _alpina(),
            "ostwind-managed": _ostwind(),
        },
        "happenings": _happenings(),
    }


def _objects() -> dict[str, Object]:
    kestrel = {"client": "kestrel", "agreement": "kestrel-portal"}
    pinecrest = {"client": "pinecrest", "agreement": "pinecrest-migration"}
    tessin = {"client": "tessin", "agreement": "tessin-projects"}
    return {
        "crm/estimates/Q-2001": tessin | _estimate(),
        "crm/clients/tessin": {"id": "tessin", "agreement": "tessin-projects"},
        "esign/documents/S-501": kestrel | _contract(),
        "psa/milestones/M-301": kestrel | _milestone("M-301", "concept", "9600.00"),
        "psa/milestones/M-302": kestrel | _milestone("M-302", "build", "24000.00"),
        "psa/milestones/M-303": kestrel | _milestone("M-303", "rollout", "14400.00"),
        "psa/changes/C-31": kestrel | _change(),
        "psa/projects/PRJ-30": kestrel | _project("PRJ-30", "Client portal"),
        "psa/projects/PRJ-40": pinecrest | _project("PRJ-40", "Move to the cloud"),
        "psa/timesheets/juniper-cloud": _timesheet("juniper", "juniper-cloud"),
        "psa/timesheets/alpina-support": _timesheet("alpina", "alpina-support"),
    }


def _estimate() -> Object:
    migration = _line("2", "Migration weekend", "3", "day", "1480.00")
    return {
        "id": "Q-2001",
        "title": "Move to the lakeside data centre",
        "deal": "",
        "currency": "CHF",
        "lines": [
            _line("1", "Planning and inventory", "24", "h", "165.00"),
            migration | {"discount_percent": "10"},
        ],
        "discounts": [{"reason": "Long-standing client", "percent": "12"}],  # granted by nobody yet
        "accepted_on": None,
    }


def _contract() -> Object:
    return {
        "id": "S-501",
        "title": "Contract for the client portal",
        "deal": "",
        "status": "sent",
        "signed_on": None,
        "total": "48000.00",
        "currency": "EUR",
    }


def _milestone(record: str, key: str, value: str) -> Object:
    return {
        "id": record,
        "project": "PRJ-30",
        "milestone": key,
        "title": f"Client portal: {key}",
        "status": "open",
        "done_on": None,
        "value": value,
        "currency": "EUR",
    }


def _change() -> Object:
    return {
        "id": "C-31",
        "project": "PRJ-30",
        "title": "Single sign-on",
        "status": "requested",
        "approved_on": None,
        "currency": "EUR",
        "lines": [_line("1", "Single sign-on with the client's directory", "2", "day", "1100.00")],
    }


def _project(record: str, title: str) -> Object:
    return {
        "id": record,
        "title": title,
        "progress": "0",
        "as_of": "2026-11-01",
        "completed_on": None,
    }


def _timesheet(client: str, agreement: str) -> Object:
    return {
        "client": client,
        "agreement": agreement,
        "title": "Hours so far",
        "as_of": "2026-11-01",
    }


def _line(record: str, description: str, quantity: str, unit: str, price: str) -> Object:
    return {
        "id": record,
        "description": description,
        "quantity": quantity,
        "unit": unit,
        "unit_price": price,
        "tax_category": "standard",
    }


def _time(
    record: str, who: tuple[str, str], day: int, minutes: int, what: str, approved: bool = True
) -> Object:
    person, role = who
    return {
        "kind": "time",
        "id": record,
        "description": what,
        "person": person,
        "role": role,
        "worked_on": f"2026-11-{day:02d}",
        "minutes": str(minutes),
        "approved": approved,
    }


def _cost(record: str, day: int, amount: str, currency: str, what: str, **more: Any) -> Object:
    return {
        "kind": "cost",
        "id": record,
        "description": what,
        "amount": amount,
        "currency": currency,
        "spent_on": f"2026-11-{day:02d}",
        "approved": True,
    } | more


def _meridian() -> list[Object]:
    """Hours of a month: 30 of a senior, 45 of an engineer, two that nobody approved, a train."""
    return [
        *(_time(f"MD-{n}", MARA, 3 + n, 360, "Data model") for n in range(5)),
        *(_time(f"MD-1{n}", TOM, 9 + n, 450, "Pipelines") for n in range(6)),
        _time("MD-20", TOM, 20, 120, "Unplanned support", approved=False),
        _cost("MD-30", 12, "184.60", "EUR", "Train to the workshop"),
    ]


def _juniper() -> list[Object]:
    """Six days of eight hours, so that the fifth one completes forty; the last one waits."""
    days = (2, 3, 4, 5, 6, 9)
    return [
        *(_time(f"JC-{n}", INES, day, 480, "Cluster set-up") for n, day in enumerate(days)),
        _time("JC-10", TOM, 10, 240, "Cluster set-up", approved=False),
    ]


def _alpina() -> list[Object]:
    """Sixteen and a half of the twenty hours bought."""
    return [
        *(_time(f"AL-{n}", TOM, 3 + n, 300, "Support") for n in range(3)),
        _time("AL-10", MARA, 10, 90, "Escalation"),
    ]


def _ostwind() -> list[Object]:
    """Fourteen hours where ten are included, a router, and a service level that was missed."""
    return [
        *(_time(f"OW-{n}", TOM, 4 + n, 420, "Patching and monitoring") for n in range(2)),
        _cost("OW-10", 18, "240.00", "EUR", "Replacement router", sort="hardware"),
        {
            "kind": "breach",
            "id": "OW-20",
            "description": "Incident of 21 November answered after two hours",
            "breached_on": "2026-11-21",
            "percent": "5",
        },
    ]


def _happenings() -> list[Object]:
    return [
        _happening("estimate", "estimate_accepted", "crm/estimates/Q-2001", "tessin",
                   "Tessin accepts the estimate", "accepted_on"),
        _happening("onboarding", "client_onboarded", "crm/clients/tessin", "tessin",
                   "The work with Tessin begins", "onboarded_on"),
        _happening("contract", "document_signed", "esign/documents/S-501", "kestrel",
                   "Kestrel signs the contract", "signed_on", status="completed"),
        _happening("concept", "milestone_done", "psa/milestones/M-301", "kestrel",
                   "The concept of the portal is done", "done_on", status="done"),
        _happening("change", "change_approved", "psa/changes/C-31", "kestrel",
                   "Kestrel approves single sign-on", "approved_on", status="approved"),
        _happening("completion", "project_completed", "psa/projects/PRJ-30", "kestrel",
                   "The portal is completed", "completed_on", progress="100"),
        _happening("progress", "project_progressed", "psa/projects/PRJ-40", "pinecrest",
                   "The migration is at 55 %", "as_of", progress="55"),
        _happening("hours", "hours_logged", "psa/timesheets/juniper-cloud", "juniper",
                   "Hours for Juniper are closed", "as_of"),
        _happening("support", "hours_logged", "psa/timesheets/alpina-support", "alpina",
                   "Hours for Alpina are closed", "as_of"),
    ]  # fmt: skip


def _happening(
    name: str, kind: str, address: str, client: str, title: str, day_key: str, **changes: str
) -> Object:
    source, _, path = address.partition("/")
    return {
        "id": name,
        "source": source,
        "kind": kind,
        "path": path,
        "client": client,
        "title": title,
        "day_key": day_key,
        "changes": changes,
    }
