"""The equality assessment of a proposal: what is known, what is open, what officers answer, and the documents."""

from functools import partial

import streamlit as st

from exclusion import equality, register, ui
from exclusion.language import mark, tr
from exclusion.ui import answering, equality_form, proposal_form
from exclusion.views import equality as shown
from exclusion.words import slug

held = ui.page(mark("Equality review"))
st.markdown(
    tr(
        "What is known of each group the law names, what only people can say, and what officers answer to each "
        "finding. It is evidence to help the council decide. It decides nothing, and it picks no impact."
    )
)
considered = proposal_form.chosen(held)
if considered is None:
    st.info(tr("Make a proposal on the Proposal page, or give a proposal file, to review it here."))
    ui.page_link("pages/proposal.py", tr("Make a proposal"))
    st.stop()
a = considered.assessment
label = equality_form.label()
duty = equality_form.duty(set(a.areas["nation"]))
answers = answering.of_visit()
made = equality_form.build(considered, answers, label, duty)
if made is None:
    st.stop()
ui.status(f"{made.title}. {made.place}. {made.evidence}.")
ui.notices([*made.warnings, *([made.late] if made.late else []), *considered.notices])

st.header(tr("What is known and what is open"), anchor=False)
ui.table(shown.overview(made), tr("Each characteristic: no row is blank, and a figure that is missing is not a nought"))
names = {part.id: part.title for part in made.parts}
chosen = st.selectbox(tr("Characteristic to look at"), list(names), format_func=lambda one: names[one], key="characteristic")
equality_form.characteristic(made, chosen)

st.header(tr("Answer what was found"), anchor=False)
st.markdown(
    tr("Each finding asks for an answer with a name, and a reason when it is not taken up. Nothing counts as answered until somebody does.")
)
answers = answering.answer_visit(considered)

st.header(tr("The rest of the form"), anchor=False)
st.markdown(
    tr(
        "Fill in here what you know by now, or leave it open and write it in Word. Impact and sign-off are ticked by "
        "people, in the document."
    )
)
for title, fields in shown.left_to_people(made).items():
    with st.expander(title):
        for one in fields.values():
            equality_form.own_words(one.name, one.label, one.hint)

st.header(tr("The documents"), anchor=False)
st.markdown(tr("The same answers give the same document. Read it before you send it: it holds your own words."))
logo, form = equality_form.files()
name = slug(made.title) or "equality"
left, right = st.columns(2)
word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
give = partial(st.download_button, on_click="ignore", width="stretch")
with left:
    give(tr("The assessment (Word)"), partial(equality.to_docx, made, logo), f"{name}.docx", word)
    give(tr("The assessment (web page)"), partial(equality.to_html, made, logo), f"{name}.html", "text/html")
    give(tr("Each characteristic as text to paste"), shown.blocks_text(made), f"{name}.txt", "text/plain")
with right:
    if form is not None and (filled := equality_form.filled_form(made, form)) is not None:
        give(tr("Your own form, filled in (Word)"), filled, f"{name}-own-form.docx", word)
    give(tr("A form to start from (Word)"), partial(equality.sample_form, made), "equality-form.docx", word)
    findings = register.answered(a.findings, answers)
    give(tr("Councillor and scrutiny pages (zip)"), partial(shown.pack, considered, findings, duty), f"{name}-pages.zip", "application/zip")
ui.page_link("pages/councillor.py", tr("Read and print the councillor page or the scrutiny page"))
ui.page_link("pages/register.py", tr("Keep this assessment in the register"))
ui.cannot_tell("area", "census", "income", "unmeasured", "no_flag", "low_use", "profile", "due_regard")
