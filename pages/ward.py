"""One ward: who lives here, what was found for every service, what drives its score, what is not known."""

import streamlit as st

from exclusion import ui, views

held = ui.page("Ward")
left, right = st.columns(2)
with left:
    councils = ui.choose_councils(held)
scores = ui.scored(councils, None)
with right:
    ward = ui.choose_ward(scores.areas)
if ward is None:
    st.info("Choose a ward to see who lives there and what was found for every service.")
    ui.notices(scores.notices)
    st.header("Wards to choose from", anchor=False)
    st.markdown(
        f"{len(scores.areas):,} wards, in order of name. The band is the likelihood of not using the internet, whatever the service; "
        "people are those aged 16 and over."
    )
    ui.table(views.wards_to_choose(scores), "Wards, by name", numbers=("Residents",))
    ui.cannot_tell("area", "bands", "no_flag")
    st.stop()
a = ui.assessed(councils, None)
area = a.areas.loc[ward]
ui.status(f"{area['area_name']}, {area['council_name']} ({ward}).")
ui.notices(a.notices)

st.header("Who lives here", anchor=False)
people = a.people.loc[ward, "label"]
st.markdown(
    f"{area['area_name']} has {views.residents(area)} residents. **People aged 16 and over unlikely to use the internet: {people}** "
    f"({ui.people_definition(a)})."
)
ui.table(views.who_lives_here(a, ward), f"{area['area_name']} against {area['nation']}", numbers=("Share here", area["nation"]))
if how := views.how_counted(a, ward):
    st.markdown(how)

st.header("People unlikely to use the internet", anchor=False)
ui.people_by_age(a, ward)
with st.expander("A picture of it: age and disability"):
    ui.pyramid(a, ward)
ui.choose_people_scale()

st.header("What to keep open, for every service", anchor=False)
st.markdown("Beyond the council-wide minimum, which every service has whatever the ward.")
services = views.ward_services(a, ward)
found = services[services["Level"].str.startswith(("1", "2", "3"))]
if len(found):
    ui.table(found, f"Services with a reason to keep another way in here: {len(found)} of {len(services)}")
with st.expander(f"The other {len(services) - len(found)} services"):
    ui.table(services.drop(found.index), "Services with nothing found here, or not assessed")

st.header("What drives the score", anchor=False)
row = a.scores.loc[ward]
if row["scored"]:
    st.markdown(
        f"Band **{views.band_label(a, ward)}** of five: the likelihood of not using the internet, whatever the service. "
        f"The pulls below add up to the distance from the middle, 50: here {row['risk'] - 50:+.0f}. "
        f"The median ward of {area['nation']} stands at {row['national_median_risk'] - 50:+.0f}."
    )
else:
    st.markdown(str(row["why_not"]))
ui.table(views.score_drivers(a, ward), f"What pulls the score of {area['area_name']} up or down")

if row["scored"]:
    with st.expander(f"A picture of it: the wards of {area['nation']}, and where this one stands"):
        ui.spread(a, ward)

st.header("What we do not know", anchor=False)
ui.lines(views.not_known(a, ward))
ui.cannot_tell("area", "synthetic", "census", "income", "unmeasured", "bands")
