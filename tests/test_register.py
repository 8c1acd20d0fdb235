"""The register: what is saved can be opened as it was, nothing is overwritten, and the second to save sees the first."""

from __future__ import annotations

import dataclasses
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from pandas.testing import assert_frame_equal
from registers import PROPOSAL, Server, answer, badge, place, register, server, sqlite  # noqa: F401

from exclusion import register as registers
from exclusion import report
from exclusion.assessment import Assessment, assess
from exclusion.contracts import DataRefused, SourceUnreachable, UsageError
from exclusion.register import Conflict, Register, Review, contents, schema
from exclusion.release import Evidence

# ------------------------------------------------------------------ saved and opened again


def same(one: object, other: object, name: str = "") -> None:
    """Both hold the same, down to the types of columns and the order of rows."""
    if isinstance(one, pd.DataFrame):
        assert_frame_equal(one, other, check_exact=True, obj=name)  # type: ignore[arg-type]
    elif isinstance(one, np.ndarray):
        assert np.array_equal(one, other, equal_nan=True) and one.dtype == other.dtype, name  # type: ignore[attr-defined]
    elif dataclasses.is_dataclass(one):
        assert type(one) is type(other), name
        for field in dataclasses.fields(one):
            if field.name != "evidence":
                same(getattr(one, field.name), getattr(other, field.name), f"{name}.{field.name}")
    else:
        assert one == other, name


def test_an_assessment_opens_exactly_as_it_was(register: Register, badge: Assessment, bundled: Evidence) -> None:
    saved = registers.save(register, badge, by="A. Officer", title="Blue Badge", proposals=[PROPOSAL])
    opened = registers.load(register, saved.assessment)
    again = opened.reopen(bundled)
    assert again.missing == ()
    # Every field of an Assessment, whichever it has: one that is added later and not kept fails here.
    same(badge, again.assessment, "assessment")
    assert opened.proposals == (PROPOSAL,)
    assert (opened.version.number, opened.version.made_by, opened.version.title) == (1, "A. Officer", "Blue Badge")
    assert opened.version.made_at.endswith("+00:00")


def test_what_was_saved_under_an_earlier_word_shows_todays_word_and_keeps_its_bytes(
    sqlite: Register, badge: Assessment, bundled: Evidence
) -> None:
    # Until November 2026 a ward where no rule found anything was "no_reason_found": a register still holds such tables.
    before = badge.summaries.assign(summary=badge.summaries["summary"].replace("none_in_rules_checked", "no_reason_found"))
    assert before["summary"].eq("no_reason_found").any()
    saved = registers.save(sqlite, dataclasses.replace(badge, summaries=before), by="A. Officer")
    opened = registers.load(sqlite, saved.assessment)
    again = opened.reopen(bundled).assessment
    assert again is not None
    same(badge.summaries, again.summaries)
    same(badge.summaries, opened.table("summaries"))
    nothing = str(before.loc[before["summary"] == "no_reason_found", "area_code"].iloc[0])
    line = "Nothing found beyond the minimum, in the rules checked. That does not mean no need."
    assert report.keep_lines(again, nothing, "blue_badge") == [line]
    assert opened.files["summaries.parquet"] == contents.table_bytes(pd.DataFrame(before))


def test_weights_that_were_changed_come_back_as_they_were(sqlite: Register, bundled: Evidence) -> None:
    mine = assess(bundled, ["Ribble Valley"], ["blue_badge"], weights={"age": 1, "income": 2})
    saved = registers.save(sqlite, mine, by="A. Officer")
    again = registers.load(sqlite, saved.assessment).reopen(bundled).assessment
    assert again is not None and not again.method.is_default
    same(mine, again)


def test_what_a_saved_version_rests_on_is_written_down(sqlite: Register, badge: Assessment) -> None:
    """The list of rules.md section 10 and of the issue: release with hashes, method, thresholds, profiles."""
    run = registers.load(sqlite, registers.save(sqlite, badge, by="A. Officer").assessment).run
    manifest = badge.evidence.manifest
    assert run["release"]["name"] == manifest.name and run["release"]["version"] == manifest.version
    assert run["sha256"]["observations.parquet"] == manifest.files["observations.parquet"]["sha256"]
    assert run["weights"]["England"] == dict(badge.method.weights["England"])
    assert run["thresholds_version"] == badge.thresholds_version
    assert run["profile_version"] == {"blue_badge": badge.services[0].profile_version}


def test_each_finding_keeps_what_a_flag_must_store(sqlite: Register, badge: Assessment) -> None:
    found = registers.load(sqlite, registers.save(sqlite, badge, by="A. Officer").assessment).findings
    wanted = {"area_code", "service_id", "channel", "severity", "rule_ids", "strength", "borderline", "figures_json", "reason"}
    wanted |= {"thresholds_version", "profile_version", "legal_hooks", "protected_characteristics"}
    assert wanted | {"response", "response_reason", "response_name", "response_date"} <= set(found.columns)


def test_without_its_release_it_says_what_is_missing(sqlite: Register, badge: Assessment, bundled: Evidence) -> None:
    saved = registers.load(sqlite, registers.save(sqlite, badge, by="A. Officer").assessment)
    nothing = saved.reopen(None)
    assert nothing.assessment is None and bundled.manifest.name in nothing.missing[0]
    later = dataclasses.replace(bundled, manifest=dataclasses.replace(bundled.manifest, version="2099.01"))
    assert "this is" in saved.reopen(later).missing[0] and "2099.01" in saved.reopen(later).missing[0]
    files = {**bundled.manifest.files, "areas.parquet": {"sha256": "0" * 64}}
    changed = dataclasses.replace(bundled, manifest=dataclasses.replace(bundled.manifest, files=files))
    assert saved.reopen(changed).missing == (
        f"The file areas.parquet of the release {bundled.manifest.name}, version {bundled.manifest.version} "
        "is not the one it was made with: its sha256 differs.",
    )
    # The saved tables can be read all the same.
    assert len(saved.table("findings")) == len(badge.findings)


def test_judgement_that_changed_since_changes_nothing(
    sqlite: Register, badge: Assessment, bundled: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    from exclusion import judgement

    saved = registers.save(sqlite, badge, by="A. Officer")
    monkeypatch.setattr(judgement, "services", lambda: {})
    again = registers.load(sqlite, saved.assessment).reopen(bundled).assessment
    assert again is not None and again.services == badge.services


# -------------------------------------------------------------------- versions and answers


def test_answers_make_a_new_version_and_leave_the_old_one(register: Register, badge: Assessment) -> None:
    first = registers.save(register, badge, by="A. Officer")
    findings = registers.load(register, first.assessment).table("findings")
    two = [answer(findings, 0), answer(findings, 1, "reject", "The line is staffed\r\nall week.")]
    second = registers.respond(register, first.assessment, 1, two, by="B. Officer")
    third = registers.respond(register, first.assessment, 2, [answer(findings, 1, "amend", "Mornings only", "C. Head")], by="B. Officer")
    assert (second.number, second.based_on, second.kind) == (2, 1, "responded")
    now, before = registers.load(register, first.assessment), registers.load(register, first.assessment, 2)
    assert list(before.findings["response"][:3]) == ["accept", "reject", ""]
    assert list(now.findings["response"][:3]) == ["accept", "amend", ""]
    # Both answers to the second finding are kept; the later one stands.
    both = now.responses[now.responses["rule_ids"] == findings.iloc[1]["rule_ids"]]
    both = both[both["area_code"] == findings.iloc[1]["area_code"]].sort_values("version")
    assert list(both["reason"]) == ["The line is staffed\nall week.", "Mornings only"]
    assert list(both["name"]) == ["B. Officer", "C. Head"] and list(both["current"]) == [False, True]
    assert third.number == 3 and len(registers.load(register, first.assessment, 1).responses) == 0
    keep = findings["kind"].isin(["floor", "keep", "more_use"])
    answered = int(keep.iloc[0]) + int(keep.iloc[1])
    assert len(now.unanswered) == int(keep.sum()) - answered


def test_an_assessment_is_saved_with_its_answers_as_one_version_or_not_at_all(sqlite: Register, badge: Assessment) -> None:
    two = [answer(badge.findings, 0), answer(badge.findings, 1, "reject", "The line is staffed.")]
    first = registers.save(sqlite, badge, by="A. Officer", answers=two)
    held = registers.load(sqlite, first.assessment)
    assert (first.number, first.kind) == (1, "assessed") and list(held.findings["response"][:3]) == ["accept", "reject", ""]
    # A further version brings one answer more; the first two stand.
    more = [answer(badge.findings, 2, "accept")]
    registers.save(sqlite, badge, by="B. Officer", assessment_id=first.assessment, based_on=1, answers=more)
    held = registers.load(sqlite, first.assessment)
    assert held.version.number == 2 and list(held.findings["response"][:3]) == ["accept", "reject", "accept"]
    assert held.reopen(None).missing and registers.verify(sqlite).problems == ()
    with pytest.raises(UsageError, match="reject has no reason"):
        registers.save(sqlite, badge, by="A. Officer", answers=[answer(badge.findings, 0, "reject")])
    assert len(registers.versions(sqlite)) == 1


def test_answers_that_are_not_sound_are_all_named_and_none_is_kept(sqlite: Register, badge: Assessment) -> None:
    saved = registers.save(sqlite, badge, by="A. Officer")
    findings = registers.load(sqlite, saved.assessment).table("findings")
    bad = [
        answer(findings, 0),
        answer(findings, 1, "reject"),
        answer(findings, 2, "perhaps", "x"),
        dataclasses.replace(answer(findings, 3), rule_ids="W99"),
        answer(findings, 4, "amend", "bell \a"),
    ]
    with pytest.raises(UsageError) as error:
        registers.respond(sqlite, saved.assessment, 1, bad, by="B. Officer")
    assert len(error.value.problems) == 4
    for words in ("reject has no reason", "is not an answer (found: perhaps)", "not in this version (found: W99)", "U+0007"):
        assert words in str(error.value)
    assert len(registers.versions(sqlite, saved.assessment)) == 1


def test_an_answer_to_a_finding_that_changed_is_to_be_looked_at_again(sqlite: Register, badge: Assessment) -> None:
    saved = registers.save(sqlite, badge, by="A. Officer")
    findings = registers.load(sqlite, saved.assessment).table("findings")
    registers.respond(sqlite, saved.assessment, 1, [answer(findings, 0), answer(findings, 1)], by="B. Officer")
    moved = badge.findings.copy()
    moved.loc[moved.index[0], "short"] = "Keep it open for another reason."
    third = registers.save(sqlite, dataclasses.replace(badge, findings=moved), by="A. Officer", assessment_id=saved.assessment, based_on=2)
    assert list(registers.load(sqlite, saved.assessment, third.number).findings["look_again"][:3]) == [True, False, False]


@pytest.mark.parametrize("name", ["", "  \n ", "x" * 201])
def test_nobody_saves_without_a_name(sqlite: Register, badge: Assessment, name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        registers.save(sqlite, badge, by=name)
    assert len(registers.versions(sqlite)) == 0


def test_a_proposal_must_be_toml_and_a_table_may_not_take_one_of_our_names(sqlite: Register, badge: Assessment) -> None:
    with pytest.raises(UsageError) as error:
        registers.save(sqlite, badge, by="A", proposals=["title = "], tables={"findings": badge.findings, "../x": badge.findings})
    assert len(error.value.problems) == 3


# ----------------------------------------------------------------------- two officers at once


def test_the_second_to_save_is_shown_what_the_first_saved(register: Register, badge: Assessment) -> None:
    saved = registers.save(register, badge, by="A. Officer")
    findings = registers.load(register, saved.assessment).table("findings")
    registers.respond(register, saved.assessment, 1, [answer(findings, 0, "reject", "Not ours")], by="First Officer")
    with pytest.raises(Conflict) as conflict:
        registers.respond(register, saved.assessment, 1, [answer(findings, 0)], by="Second Officer")
    changes = conflict.value.changes
    assert list(changes.responses["after"]) == ["reject"] and list(changes.responses["reason"]) == ["Not ours"]
    assert "First Officer saved version 2 while you worked on version 1" in str(conflict.value)
    assert conflict.value.exit_code == 6 and len(registers.versions(register, saved.assessment)) == 2
    # Having looked, the second saves on top; both answers are kept.
    third = registers.respond(register, saved.assessment, conflict.value.latest.number, [answer(findings, 0)], by="Second Officer")
    assert list(registers.load(register, saved.assessment, third.number).responses["response"]) == ["reject", "accept"]


def test_of_many_who_save_at_the_same_moment_one_saves_and_the_others_are_told(register: Register, badge: Assessment) -> None:
    saved = registers.save(register, badge, by="A. Officer")
    findings = registers.load(register, saved.assessment).table("findings")

    def one(number: int) -> str:
        try:
            registers.respond(register, saved.assessment, 1, [answer(findings, number)], by=f"Officer {number}")
        except Conflict:
            return "conflict"
        return "saved"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one, range(8))) == ["conflict"] * 7 + ["saved"]
    assert registers.verify(register).problems == ()


def test_a_further_version_must_name_the_one_it_was_based_on(sqlite: Register, badge: Assessment) -> None:
    saved = registers.save(sqlite, badge, by="A. Officer")
    with pytest.raises(UsageError, match="Say which of 1 to 1"):
        registers.save(sqlite, badge, by="A. Officer", assessment_id=saved.assessment)


# --------------------------------------------------------------------------------- compare


def test_two_versions_compared(sqlite: Register, badge: Assessment, bundled: Evidence) -> None:
    """One finding gone, one changed, one ward in another band, other weights, one answer: each is named once."""
    saved = registers.save(sqlite, badge, by="A. Officer")
    findings, scores = badge.findings.copy(), badge.scores.copy()
    keep = findings.index[findings["kind"] == "keep"]
    findings.loc[keep[0], "severity"] = "monitor"
    gone = findings.loc[keep[1]]
    scores.loc[scores.index[0], "band_word"] = "Elsewhere"
    changed = dataclasses.replace(badge, findings=findings.drop(keep[1]), scores=scores, thresholds_version="local")
    registers.save(sqlite, changed, by="B. Officer", assessment_id=saved.assessment, based_on=1, proposals=[PROPOSAL])
    after = registers.load(sqlite, saved.assessment)
    registers.respond(sqlite, saved.assessment, 2, [answer(after.table("findings"), 0)], by="B. Officer")
    found = registers.compare(registers.load(sqlite, saved.assessment, 1), registers.load(sqlite, saved.assessment))
    rows = found.findings.set_index("change")
    assert list(found.findings["change"]) == ["changed", "removed"]
    assert (rows.at["changed", "what"], rows.at["changed", "after"]) == ("severity", "monitor")
    assert rows.at["removed", "area_code"] == gone["area_code"] and rows.at["removed", "before"] == gone["short"]
    assert list(found.bands["after"]) == ["Elsewhere"] and list(found.bands["before"]) == [badge.scores["band_word"].iloc[0]]
    assert dict(zip(found.settings["what"], found.settings["after"], strict=True))["thresholds_version"] == "local"
    assert "proposal 1" in set(found.settings["what"])
    assert list(found.responses["after"]) == ["accept"]
    said = " ".join(found.sentences())
    assert "1 finding was removed." in said and "1 ward is in another band." in said
    itself = registers.compare(after, after)
    assert itself.same and itself.sentences()[-1] == "Nothing else differs."


def test_real_findings_have_one_row_a_place_service_and_way_in(bundled: Evidence, sqlite: Register) -> None:
    """What comparing rests on: all services of a council, saved twice, differ in nothing."""
    every = assess(bundled, ["Ribble Valley"])
    first = registers.save(sqlite, every, by="A. Officer")
    registers.save(sqlite, every, by="A. Officer", assessment_id=first.assessment, based_on=1)
    one, two = registers.load(sqlite, first.assessment, 1), registers.load(sqlite, first.assessment, 2)
    assert registers.compare(one, two).same
    from exclusion.differences import keyed

    assert len(keyed(one.table("findings"))) == len(every.findings)


# ---------------------------------------------------------------------------------- review


def test_contacts_that_came_stand_beside_those_expected(register: Register, badge: Assessment) -> None:
    """Expected 100 to 200: 150 is as expected, 90 fewer, 201 more; a blank is not entered, never 0."""
    code = badge.areas.index[0]
    demand = pd.DataFrame(
        {"service_id": "blue_badge", "area_code": ["", code, "", ""], "channel": ["phone", "phone", "post", "f2f"]}
    ).assign(now=pd.array([90, 10, 5, 1], "Float64"), low=pd.array([100, 100, 100, 3], "Float64"), high=200.0, label="about 100 to 200")
    demand["high"] = demand["high"].astype("Float64")
    saved = registers.save(register, badge, by="A. Officer", tables={"demand": demand})
    came = pd.DataFrame(
        {
            "service_id": "blue_badge",
            "area_code": ["", code, "", "", ""],
            "channel": ["phone", "phone", "post", "f2f", "online"],
            "contacts": [150, 90, "201", None, 7],
        }
    )
    given = Review(date(2026, 11, 1), came, changed="The counter stayed open.\nThe line is open on Saturdays.")
    version = registers.record_review(register, saved.assessment, 1, given, by="B. Officer")
    opened = registers.load(register, saved.assessment)
    table = opened.review_table().set_index(["area_code", "channel"])
    assert version.kind == "reviewed"
    assert table["result"].to_dict() == {
        ("", "phone"): "as expected",
        (code, "phone"): "fewer than expected",
        ("", "post"): "more than expected",
        ("", "f2f"): "not entered",
        ("", "online"): "nothing was expected here",
    }
    assert pd.isna(table.loc[("", "f2f"), "contacts"])
    assert opened.reviews[0].changed == given.changed and opened.reviews[0].by == "B. Officer" and opened.reviews[0].on == given.on
    assert registers.compare(registers.load(register, saved.assessment, 1), opened).reviews == 1


def test_a_review_that_is_not_sound_is_refused_row_by_row(sqlite: Register, badge: Assessment) -> None:
    saved = registers.save(sqlite, badge, by="A. Officer")
    rows = [("blue_badge", "E05999999", "phone", 1), ("libraries", "", "phone", 1), ("blue_badge", "", "fax", 1)]
    rows += [("blue_badge", "", "post", -2)]
    rows += [("blue_badge", "", "f2f", "2.5"), ("blue_badge", "", "f2f", 3)]
    table = pd.DataFrame(rows, columns=["service_id", "area_code", "channel", "contacts"])
    with pytest.raises(UsageError) as error:
        registers.record_review(sqlite, saved.assessment, 1, Review(date(2026, 1, 1), table), by="B. Officer")
    assert [problem.where for problem in error.value.problems] == [f"review, row {number}" for number in (1, 2, 3, 4, 5, 6)]
    with pytest.raises(UsageError, match="column 'contacts' is missing"):
        registers.record_review(sqlite, saved.assessment, 1, Review(date(2026, 1, 1), table.drop(columns="contacts")), by="B")
    with pytest.raises(UsageError, match="is empty"):
        registers.record_review(sqlite, saved.assessment, 1, Review(date(2026, 1, 1), table.head(0)), by="B")


# ------------------------------------------------------------------------ lists and history


def test_the_list_shows_the_newest_version_of_each(register: Register, badge: Assessment) -> None:
    first = registers.save(register, badge, by="A. Officer", title="One")
    registers.save(register, badge, by="B. Officer", title="Two")
    registers.save(register, badge, by="C. Officer", title="", note="With other wards", assessment_id=first.assessment[:6], based_on=1)
    table = registers.versions(register).set_index("title")
    assert table["version"].to_dict() == {"One": 2, "Two": 1}
    assert list(registers.versions(register, first.assessment)["made_by"]) == ["A. Officer", "C. Officer"]
    with pytest.raises(UsageError, match="register list"):
        registers.load(register, "zzzz")
    with pytest.raises(UsageError, match="versions 1 to 2"):
        registers.load(register, first.assessment, 9)


def test_every_act_is_an_event_that_follows_from_the_one_before(register: Register, badge: Assessment, tmp_path: Path) -> None:
    saved = registers.save(register, badge, by="A. Officer")
    findings = registers.load(register, saved.assessment).table("findings")
    registers.respond(register, saved.assessment, 1, [answer(findings, 0)], by="B. Officer")
    registers.export_file(register, saved.assessment, tmp_path / "one.zip", by="C. Officer")
    registers.export_public(register, saved.assessment, tmp_path / "draft.zip", by="D. Officer")
    events = registers.history(register)
    assert list(events["what"]) == ["saved", "responded", "exported", "exported"]
    assert list(events["who"]) == ["A. Officer", "B. Officer", "C. Officer", "D. Officer"]
    found = registers.verify(register, expect=events["hash"].iloc[1][:16])
    assert (found.problems, found.events, found.versions, found.head) == ((), 4, 2, events["hash"].iloc[-1])
    assert "is not in the history" in registers.verify(register, expect="ffffffff").problems[0]
    with pytest.raises(UsageError, match=r"is too short to tell one seal from another .*at least its first 8 letters"):
        registers.verify(register, expect=events["hash"].iloc[1][:7])  # one letter would be found in any register
    version = registers.load(register, events["assessment"].iloc[0], 1).version
    assert registers.verify(register, expect=registers.sealed(version)[-17:-1]).problems == ()  # as a document prints it


@pytest.mark.parametrize("table", schema.APPEND_ONLY)
@pytest.mark.parametrize("act", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_the_database_itself_refuses_to_change_what_was_saved(register: Register, badge: Assessment, table: str, act: str) -> None:
    registers.save(register, badge, by="A. Officer")
    column = {"contents": "size", "versions": "note", "parts": "name", "history": "who"}[table]
    with pytest.raises(DataRefused, match="only ever added to"), register.writing() as connection:
        connection.execute(sa.text(act.format(table, column, column)))


# ------------------------------------------------------------------------- opening registers


def test_the_migrations_make_the_tables_that_the_program_expects(register: Register) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with register.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == schema.REVISION


def test_many_can_open_a_new_register_at_the_same_moment(place: str) -> None:
    def opened(_: int) -> int:
        with registers.connect(place) as one:
            return len(registers.history(one))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(opened, range(6))) == [0] * 6


def test_a_register_of_a_newer_program_is_left_alone(register: Register, place: str) -> None:
    with register.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DataRefused, match="newer version of this program"):
        registers.connect(place)


def test_a_database_of_another_program_is_left_alone(place: str) -> None:
    engine = sa.create_engine(place.replace("postgresql:", "postgresql+psycopg:") if "://" in place else f"sqlite:///{place}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE invoices (id INTEGER)"))
    engine.dispose()
    with pytest.raises(DataRefused, match=r"another program.*invoices"):
        registers.connect(place)


def test_a_place_that_cannot_be_a_register_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        registers.connect(tmp_path)
    with pytest.raises(UsageError, match="is not there"):
        registers.connect(tmp_path / "none.sqlite", create=False)
    assert not (tmp_path / "none.sqlite").exists()
    with pytest.raises(UsageError, match="not a database this program knows"):
        registers.connect("mysql://somewhere/x")
    (tmp_path / "plain").write_text("x")
    with pytest.raises(UsageError, match="cannot be made"):
        registers.connect(tmp_path / "plain" / "register.sqlite")


def test_a_file_name_with_odd_letters_is_a_file_name(tmp_path: Path) -> None:
    odd = tmp_path / "Café #1 100%?mode=ro.sqlite"
    with registers.connect(odd) as opened:
        assert registers.verify(opened).problems == ()
    assert odd.is_file()


def test_the_password_of_a_database_is_never_shown(server: Server) -> None:
    with pytest.raises(SourceUnreachable) as error:
        registers.connect(server.url("postgres", password="not-it"))
    assert "refused the user or password" in str(error.value) and "not-it" not in str(error.value)
    with pytest.raises(SourceUnreachable, match="no such database"):
        registers.connect(server.url("nowhere"))
    with registers.connect(server.database()) as opened:
        assert server.password not in opened.where and "***" in opened.where


# ---------------------------------------------------------------------------- public draft


def test_the_public_copy_is_marked_draft_and_names_nobody(sqlite: Register, badge: Assessment, tmp_path: Path) -> None:
    text = PROPOSAL + "\n[[service]]\nid = 'blue_badge'\n[service.contacts_by_ward.E05001644]\nphone = 3\n"
    saved = registers.save(sqlite, badge, by="Alice Author", proposals=[text], note="For Carol Chair only")
    findings = registers.load(sqlite, saved.assessment).table("findings")
    registers.respond(sqlite, saved.assessment, 1, [answer(findings, 0, "reject", "Staffed all week", "Bob Brown")], by="Alice Author")
    files = registers.public_copy(registers.load(sqlite, saved.assessment))
    for name, content in files.items():
        words = content.decode("utf-8-sig")
        assert registers.MARK in words, f"{name} is not marked"
        for secret in ("Alice", "Bob", "Carol", "contacts_by_ward", "figures_json"):
            assert secret not in words, f"{name} holds {secret}"
    assert b"Staffed all week" in files["findings.csv"] and b"Staffed all week" in files["draft.html"]
    assert tomllib.loads(files["proposal-1.toml"].decode())["title"] == "Blue Badge online only"
    one = registers.export_public(sqlite, saved.assessment, tmp_path / "a.zip", by="Alice Author").read_bytes()
    two = registers.export_public(sqlite, saved.assessment, tmp_path / "b.zip", by="Alice Author").read_bytes()
    assert one == two, "the same version gives the same file"


def test_the_page_of_the_public_copy_says_what_is_proposed_found_answered_and_not_known(sqlite: Register, badge: Assessment) -> None:
    """For people to comment on: readable by itself, without a release, and nothing an officer types can become a part of the page."""
    text = (
        'title = "Blue Badge online"\ncouncils = ["Blackpool"]\ndate = 2027-04-01\n[officer]\npurpose = "Fewer <visits>"\n'
        '[[service]]\nid = "blue_badge"\nclose = ["f2f"]\nkeep = ["phone"]\ncontacts = { phone = 1500, f2f = 7 }\n'
    )
    saved = registers.save(sqlite, badge, by="A. Officer", title="Blue Badge online", proposals=[text])
    findings = registers.load(sqlite, saved.assessment).table("findings")
    asked = findings[findings["kind"].isin(["floor", "keep", "more_use"])]
    given = [answer(asked, 0, "reject", "<script>alert(1)</script>"), answer(asked, 1)]
    registers.respond(sqlite, saved.assessment, 1, given, by="B. Officer")
    page = registers.public_copy(registers.load(sqlite, saved.assessment))["draft.html"].decode()
    for said in (
        "<h1>Blue Badge online</h1>",
        "Blue Badge. Closes: face to face. Stays: phone.",
        "The council says why: “Fewer &lt;visits&gt;”",
        f"{len(asked)} findings asking for an answer, ward by ward; 2 answered so far.",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "Not answered yet",
        "Not checked for want of figures:",
        "ask how to reply by phone, on paper or face to face",
        '<html lang="en-GB">',
        '<th scope="col">Officers\' answer</th>',
    ):
        assert said in page, said
    assert page.count("<script") == 0 and "1,500" not in page and "1500" not in page and "B. Officer" not in page
    # Every finding is in one row: the wards of the rows add up when each is counted.
    rows = [line for line in page.splitlines() if line.startswith('<tr><th scope="row">')]
    groups = asked.groupby(["service_id", "channel", "kind", "severity"]).ngroups
    assert groups <= len(rows) <= groups + 2, "a group is split by the two answers only"
