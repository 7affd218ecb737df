"""What all tables share: their names, their keys, and the manner of their columns.

Money is exact text beside its currency; where SQL sums or compares, its minor units stand next to
it as an integer. Foreign keys marked ``later`` are checked at commit, so that the order of the
statements inside one unit of work is free.
"""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, MetaData, text

from invoicing.ledger.columns import AnyText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def text_column(name: str) -> Column[str]:
    """Return a column of text that is never missing; nothing to say is the empty text."""
    return Column(name, AnyText, nullable=False)


def id_column(name: str = "id") -> Column[str]:
    """Return the primary key of a table whose rows have an id of their own."""
    return Column(name, AnyText, primary_key=True)


def points_to(name: str, target: str, *, later: bool = False, empty: bool = False) -> Column[str]:
    """Return a column that names a row of another table."""
    initially = "DEFERRED" if later else None
    key = ForeignKey(target, deferrable=later or None, initially=initially)
    return Column(name, AnyText, key, nullable=empty)


def version_key(draft_id: str = "draft_id") -> ForeignKeyConstraint:
    """Return the key that names one version of a draft."""
    return ForeignKeyConstraint(
        [draft_id, "version"], ["draft_versions.draft_id", "draft_versions.version"]
    )


def one_while(name: str, condition: str, *columns: str) -> Index:
    """Return an index that lets there be one row per ``columns`` while ``condition`` holds."""
    where = text(condition)
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)
