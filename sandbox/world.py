"""What goes on in the make-believe company: projects, hours, contracts, and what happens next."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

Object = dict[str, Any]


@dataclass
class Happening:
    """Something that can happen once: an object changes, and the product is told about it.

    ``changes`` is what the object says from then on, ``day_key`` the part of it that gets the day.
    ``approves`` are entries of work that somebody signs off with it.
    """

    id: str
    source: str
    kind: str
    path: str
    client: str
    title: str
    day_key: str
    changes: Object = field(default_factory=dict)
    approves: list[str] = field(default_factory=list)
    event_id: str = ""
    happened_on: str = ""

    @property
    def object_id(self) -> str:
        """The id that the product asks by."""
        return self.path.rpartition("/")[2]


@dataclass
class World:
    """The objects of all systems by their address, the work done, and what can happen."""

    objects: dict[str, Object]
    work: dict[str, list[Object]]
    happenings: dict[str, Happening]

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `as_kept` wrote, or what a seed begins with."""
        happenings = [Happening(**one) for one in kept["happenings"]]
        return cls(kept["objects"], kept["work"], {one.id: one for one in happenings})

    def as_kept(self) -> Object:
        """Write everything as JSON can hold it."""
        return {
            "objects": self.objects,
            "work": self.work,
            "happenings": [asdict(one) for one in self.happenings.values()],
        }

    def told(self, address: str) -> Object | None:
        """Return an object as its system tells it; a timesheet with the entries up to its day."""
        found = self.objects.get(address)
        if found is None or "/timesheets/" not in address:
            return found
        return found | {"entries": self.entries(found["agreement"], found["as_of"])}

    def entries(self, agreement: str, until: str) -> list[Object]:
        """Return the work of an agreement up to a day."""
        return [one for one in self.work.get(agreement, []) if day_of(one) <= until]

    def let_happen(self, happening: Happening, day: str) -> None:
        """Change the object and sign off the work."""
        known = self.objects[f"{happening.source}/{happening.path}"]
        known |= happening.changes | {happening.day_key: day}
        for entries in self.work.values():
            for entry in entries:
                if entry["id"] in happening.approves:
                    entry["approved"] = True
        happening.happened_on = day

    def of_source(self, source: str) -> list[Happening]:
        """Return what can happen, or did, in one system."""
        return [one for one in self.happenings.values() if one.source == source]


def day_of(entry: Object) -> str:
    """Return the day of an entry of work, whatever its kind."""
    return str(entry.get("worked_on") or entry.get("spent_on") or entry["breached_on"])
