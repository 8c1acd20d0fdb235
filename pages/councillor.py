"""The page a councillor reads for a ward and a service, and the page for scrutiny: to read here, to print, to send."""

from datetime import date

import streamlit as st

from exclusion import register, report, ui
from exclusion.language import mark, tr
from exclusion.ui import answering, equality_form, paper, proposal_form

held = ui.page(mark("Councillor page"))
st.markdown(tr("One side of A4 for a ward, to be read aloud in two minutes; or one side for scrutiny of the whole proposal."))
considered = proposal_form.chosen(held)
duty = equality_form.duty_of_visit()
kind = paper.WARD if considered is None else st.radio(tr("What to read"), paper.KINDS, horizontal=True, key="paper")
if kind == paper.SCRUTINY and considered is not None:
    findings = register.answered(considered.assessment.findings, answering.of_visit())
    part, whole = (make(considered, date.today(), findings, duty=duty) for make in (report.scrutiny_part, report.scrutiny_html))
    paper.show(part, whole, "scrutiny.html")
    ui.cannot_tell("area", "two_facts", "no_flag", "low_use", "profile", "due_regard")
    st.stop()

if considered is None:
    st.caption(tr("With no proposal, what is proposed is left for an officer to fill in by hand."))
    councils = ui.choose_councils(held)
    service = ui.choose_service(councils)
    result = a = ui.assessed(councils, [service.id])
    service_id = service.id
else:
    result, a = considered, considered.assessment
    service_id = paper.choose_service(considered)
ward = ui.choose_ward(a.areas)
if ward is None:
    st.info(tr("Choose a ward to read its page."))
    st.stop()
part, whole = (make(result, service_id, ward, date.today(), duty=duty) for make in (report.ward_part, report.ward_html))
paper.show(part, whole, f"{ward}-{service_id}.html")
ui.cannot_tell("area", "two_facts", "census", "income", "unmeasured", "no_flag", "low_use", "profile", "due_regard")
