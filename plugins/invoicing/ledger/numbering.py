"""Numbering: the one counter per series that makes invoice numbers gapless."""

from sqlalchemy import and_, update

from invoicing.domain.issue import SeriesKey
from invoicing.ledger.statements import Rows
from invoicing.ledger.tables import series


class SeriesRows(Rows):
    """The counters of all series; a number that is rolled back was never taken."""

    def take(self, key: SeriesKey, count: int) -> int:
        """Take the next ``count`` numbers and return the first.

        The counter stays locked until the unit of work ends, so take numbers last.
        """
        if count < 1:
            raise ValueError(f"{count} numbers cannot be taken")
        name = {"entity": key.entity, "series": key.series, "year": key.year}
        here = and_(*(series.c[column] == value for column, value in name.items()))
        change = update(series).where(here).values(last=series.c.last + count)
        taken = change.returning(series.c.last)
        last: int | None = self.connection.execute(taken).scalar()
        if last is None:  # the first numbers of all
            self.inserted(series, {**name, "last": 0})
            last = self.connection.execute(taken).scalar_one()
        return last - count + 1
