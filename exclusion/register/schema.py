"""The tables of the register. Only ``chain`` is ever changed in place; the rest is added to.

A version of an assessment is a set of named files ("parts"), each kept once under its sha256, so a
version that adds one answer costs one small file. ``migrations/`` makes these tables; a test holds
the two together.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, LargeBinary, MetaData, String, Table, Text

REVISION = "0002"
"""The newest migration; an older register is brought up to it when it is opened."""

APPEND_ONLY = ("contents", "versions", "parts", "history")

metadata = MetaData()

contents = Table(
    "contents",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

versions = Table(
    "versions",
    metadata,
    Column("assessment", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("based_on", Integer, nullable=False),  # 0 for the first
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("councils", Text, nullable=False),
    Column("services", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", String(32), nullable=False),  # ISO 8601, UTC: the same text on every database, so that it can be hashed
    Column("note", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
)

parts = Table(
    "parts",
    metadata,
    Column("assessment", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(80), primary_key=True),
    Column("sha256", String(64), ForeignKey("contents.sha256"), nullable=False),
    ForeignKeyConstraint(["assessment", "number"], ["versions.assessment", "versions.number"]),
)

history = Table(
    "history",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("who", Text, nullable=False),
    Column("what", String(16), nullable=False),
    Column("assessment", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("previous", String(64), nullable=False, unique=True),
    Column("hash", String(64), nullable=False, unique=True),
    Index("history_by_assessment", "assessment", "version"),  # who signed off or took in a version is looked up whenever one is opened
)

chain = Table(
    "chain",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1: one row, which a writer locks
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)
