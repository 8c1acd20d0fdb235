"""Sign-offs: versions of the kind "signed". An older program would carry a sign-off on to a version that nobody signed.

So this step is what makes it say "made by a newer version" instead. It also lets the events of one
assessment be found without reading all: whether a sign-off came in a file is looked up whenever a version is opened.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("history_by_assessment", "history", ["assessment", "version"])
