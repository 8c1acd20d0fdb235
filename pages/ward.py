"""One ward: who lives here, what was found for every service, what drives its score, what is not known."""

import streamlit as st

from exclusion import ui, views
from exclusion.language import mark, tr
from exclusion.retold import told
from exclusion.saying import figure

held = ui.page(mark("Ward"))
left, right = st.columns(2)
with left:
    councils = ui.choose_councils(held)
scores = ui.scored(councils, None)
with right:
    ward = ui.choose_ward(scores.areas)
if ward is None:
    st.info(tr("Choose a ward to see who lives there and what was found for every service."))
    ui.notices(scores.notices)
    st.header(tr("Wards to choose from"), anchor=False)
    st.markdown(
        tr(
            "{areas:,} wards, in order of name. The band is the likelihood of not using the internet, whatever the "
            "service; people are those aged 16 and over.",
            areas=len(scores.areas),
        )
    )
    ui.table(views.wards_to_choose(scores), tr("Wards, by name"), numbers=(tr("Residents"),))
    ui.cannot_tell("area", "bands", "no_flag")
    st.stop()
a = ui.assessed(councils, None)
area = a.areas.loc[ward]
ui.status(f"{area['area_name']}, {area['council_name']} ({ward}).")
ui.notices(a.notices)

st.header(tr("Who lives here"), anchor=False)
people = figure(a.people.loc[ward, "label"])
st.markdown(
    tr(
        "{area_name} has {residents} residents. **People aged 16 and over unlikely to use the internet: {people}** ({people_definition}).",
        area_name=area["area_name"],
        residents=views.residents(area),
        people=people,
        people_definition=ui.people_definition(a),
    )
)
ui.table(
    views.who_lives_here(a, ward),
    tr("{area_name} against {nation}", area_name=area["area_name"], nation=tr(area["nation"])),
    numbers=(tr("Share here"), tr(area["nation"])),
)
if how := views.how_counted(a, ward):
    st.markdown(how)

st.header(tr("People unlikely to use the internet"), anchor=False)
ui.people_by_age(a, ward)
with st.expander(tr("A picture of it: age and disability")):
    ui.pyramid(a, ward)
ui.choose_people_scale()

st.header(tr("What to keep open, for every service"), anchor=False)
st.markdown(tr("Beyond the council-wide minimum, which every service has whatever the ward."))
services = views.ward_services(a, ward)
found = services[services[tr("Level")].str.startswith(("1", "2", "3"))]
if len(found):
    ui.table(
        found, tr("Services with a reason to keep another way in here: {found} of {services}", found=len(found), services=len(services))
    )
with st.expander(tr("The other {others} services", others=len(services) - len(found))):
    ui.table(services.drop(found.index), tr("Services with nothing found here, or not assessed"))

st.header(tr("What drives the score"), anchor=False)
row = a.scores.loc[ward]
if row["scored"]:
    st.markdown(
        tr(
            "Band **{band_label}** of five: the likelihood of not using the internet, whatever the service. The pulls "
            "below add up to the distance from the middle, 50: here {risk:+.0f}. The median ward of {nation} stands at "
            "{national_median_risk:+.0f}.",
            band_label=views.band_label(a, ward),
            risk=row["risk"] - 50,
            nation=tr(area["nation"]),
            national_median_risk=row["national_median_risk"] - 50,
        )
    )
else:
    st.markdown(told(str(row["why_not"])))
ui.table(views.score_drivers(a, ward), tr("What pulls the score of {area_name} up or down", area_name=area["area_name"]))

if row["scored"]:
    with st.expander(tr("A picture of it: the wards of {nation}, and where this one stands", nation=tr(area["nation"]))):
        ui.spread(a, ward)

st.header(tr("What we do not know"), anchor=False)
ui.lines(views.not_known(a, ward))
ui.cannot_tell("area", "synthetic", "census", "income", "unmeasured", "bands")
