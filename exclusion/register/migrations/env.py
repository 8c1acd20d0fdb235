"""What Alembic runs: the steps, on the connection it was handed, inside its transaction."""

from __future__ import annotations

from alembic import context

from exclusion.register.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
