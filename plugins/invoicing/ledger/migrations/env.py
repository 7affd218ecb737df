"""Alembic's entry: runs the revisions on the connection, and in the transaction, it is given."""

from alembic import context

from invoicing.ledger.migrate import VERSION_TABLE
from invoicing.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
