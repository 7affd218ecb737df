"""The deals that the make-believe CRM begins with."""

from typing import Any

_SMALL = ("Route review", "Dock survey", "Label audit", "Stock count", "Carrier check", "Gate test")


def seeded_deals() -> list[dict[str, Any]]:
    """Return a small deal, a big one, one of a client nobody knows, and thirty for measuring."""
    return [
        _deal("D-1001", "Warehouse analysis", [("Analysis on site", "10", "h", "120.00")]),
        _deal(
            "D-1002",
            "New routing platform",
            [
                ("Concept and workshops", "40", "h", "130.00"),
                ("Implementation", "80", "h", "150.00"),
                ("Training package", "1", "", "1300.00"),
            ],
        ),
        _deal(
            "D-1003",
            "Harbour fee calculator",
            [("Prototype", "12", "h", "110.00")],
            client="seestern",
            agreement="",
        ),
        *(_timing_deal(number) for number in range(1, 31)),
    ]


def _timing_deal(number: int) -> dict[str, Any]:
    title = f"{_SMALL[number % len(_SMALL)]} {number}"
    return _deal(f"D-{1100 + number}", title, [(title, str(1 + number % 8), "h", "95.00")])


def _deal(
    deal_id: str,
    title: str,
    lines: list[tuple[str, str, str, str]],
    client: str = "nordwind",
    agreement: str = "nordwind-projects",
) -> dict[str, Any]:
    return {
        "id": deal_id,
        "client": client,
        "agreement": agreement,
        "title": title,
        "currency": "EUR",
        "lines": [
            {
                "id": str(place),
                "description": description,
                "quantity": quantity,
                "unit": unit,
                "unit_price": unit_price,
                "tax_category": "standard",
            }
            for place, (description, quantity, unit, unit_price) in enumerate(lines, start=1)
        ],
    }
