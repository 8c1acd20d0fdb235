"""The register: assessments kept with their release, method, proposal, findings, answers, who and when.

>>> from exclusion import register
>>> with register.connect("register.sqlite") as held:                                  # doctest: +SKIP
...     first = register.save(held, assessment, by="A. Officer", proposals=[text])
...     second = register.respond(held, first.assessment, first.number, answers, by="A. Officer")
...     print(register.compare(register.load(held, first.assessment, 1), register.load(held, first.assessment)).sentences())

Nothing is changed in place: every save is a new version, named by the one it was based on, and an
event in a history whose hashes :func:`verify` checks. A SQLite file, or PostgreSQL by URL.

``connect`` opens it, ``schema`` and ``migrations`` say what it holds, ``chain`` seals it, ``contents``
turns an assessment into files and back, ``saving`` and ``reading`` write and read versions,
``responses``, ``review`` and ``signing`` are what officers and approvers add, ``forms`` the tables they fill in, ``comparing`` says what
differs, ``carry``, ``public`` (with its page, ``draft``) and ``sharing`` make files to send, ``archive`` and ``taking`` read them in,
``considering`` keeps a proposal with its tables, ``identity`` says who may write. Only this package imports SQLAlchemy.
"""

from __future__ import annotations

from exclusion.register.carry import Imported, export_file, import_file
from exclusion.register.chain import Verified, Version, sealed, verify
from exclusion.register.comparing import Comparison, compare
from exclusion.register.connect import Register, connect, default_place
from exclusion.register.considering import Restored, Settings, kept, restore, settings_of, words_of, words_table
from exclusion.register.contents import Reopened
from exclusion.register.forms import answer_form, answers_to, finding_ids, read_answers, read_contacts_form, review_form
from exclusion.register.identity import ROLES, Visitor, is_local, load_roles, named, visitor
from exclusion.register.public import MARK, export_public, public_copy
from exclusion.register.reading import Saved, history, load, versions
from exclusion.register.responses import ANSWERS, Response, answered, asked
from exclusion.register.review import Review
from exclusion.register.saving import Conflict, not_kept, record_review, respond, save, sign_off
from exclusion.register.sharing import export_share, share_pack
from exclusion.register.signing import capacities
from exclusion.register.taking import Taken, take

__all__ = [
    "ANSWERS",
    "MARK",
    "ROLES",
    "Comparison",
    "Conflict",
    "Imported",
    "Register",
    "Reopened",
    "Response",
    "Restored",
    "Review",
    "Saved",
    "Settings",
    "Taken",
    "Verified",
    "Version",
    "Visitor",
    "answer_form",
    "answered",
    "answers_to",
    "asked",
    "capacities",
    "compare",
    "connect",
    "default_place",
    "export_file",
    "export_public",
    "export_share",
    "finding_ids",
    "history",
    "import_file",
    "is_local",
    "kept",
    "load",
    "load_roles",
    "named",
    "not_kept",
    "public_copy",
    "read_answers",
    "read_contacts_form",
    "record_review",
    "respond",
    "restore",
    "review_form",
    "save",
    "sealed",
    "settings_of",
    "share_pack",
    "sign_off",
    "take",
    "verify",
    "versions",
    "visitor",
    "words_of",
    "words_table",
]
