"""Alembic's entry: runs the migrations on the connection that `Records.migrate` hands over."""

from alembic import context

import records.alerts  # noqa: F401 - its tables join those of Base
from records.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    # SQLite alters a column by copying its table.
    render_as_batch=True,
    # The connection is inside one transaction already, on SQLite too.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
