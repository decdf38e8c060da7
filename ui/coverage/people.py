"""Part of the page Coverage: who has answered, against whom the study should speak for."""

from datetime import UTC, datetime

import numpy as np
import streamlit as st

from core.coverage import GroupCoverage, PeopleCoverage, people_coverage
from core.study import Study
from storage import people_groups
from storage.people_groups import COHORT, GroupsRefusedError, NamedMargin, Target
from ui import chart_with_data, interval_charts, session
from ui.figures import count, said, source
from ui.sentences import said as said_if_refused
from workbench import dashboards

NOT_SHOWN = "too few to show"


def show_people(here: session.Here, study: Study) -> None:
    """Hold groups of people against the target population, and say who is missing."""
    st.header("People", anchor=False)
    wanted = people_groups.targets(here.db, study.id)
    given = dashboards.answers_of(here.workbench, study.id)
    people = np.unique(dashboards.within_overlap(given).annotator)
    if not wanted:
        st.info(
            "Nobody has said for whom this study should speak. Name the groups of that population "
            "and their shares below; without that, its people speak for themselves alone."
        )
    elif not len(people):
        st.info("Nobody has answered yet.")
    else:
        ids = [given.annotator_ids[i] for i in people]
        _show_coverage(here, study, ids)
    with st.expander("For whom should this study speak?"):
        _show_targets(here, study, wanted)
    with st.expander("Who belongs to which group?"):
        _show_groups(here, study, wanted)


def _show_coverage(here: session.Here, study: Study, ids: list[str]) -> None:
    margins = people_groups.margins_of(here.db, study.id, ids)
    n_known = len(margins[0].margin.group)
    if n_known < len(ids):
        st.caption(
            f"{len(ids) - n_known:,} of {len(ids):,} people who answered are in no group of some "
            "margin; they are left out here."
        )
    if not n_known:
        st.info("Nobody who answered is in a group of every margin. Say below who belongs where.")
        return
    goal = people_groups.goal(here.db, study.id)
    n_wanted = max(n_known, (goal.n_people or 0) if goal is not None else 0)
    smallest = study.settings.fitting.smallest_group
    plain = [named.margin for named in margins]
    found = people_coverage(plain, smallest=smallest, wanted=n_wanted)
    for named, coverage in zip(margins, found.margins, strict=True):
        _show_margin(named, coverage.groups, n_wanted)
    _show_weights(found)


def _show_margin(named: NamedMargin, groups: tuple[GroupCoverage, ...], n_wanted: int) -> None:
    name, names = named.margin.name, list(named.names)
    st.subheader(name.capitalize(), anchor=False)
    nan = float("nan")
    shares = [one.share for one in groups]
    ends = [
        np.array([nan if one is None else getattr(one, end) for one in shares])
        for end in ("value", "low", "high")
    ]
    missing = [names[one.group] for one in groups if one.is_missing]
    says = (
        f"Surely below their share: {', '.join(missing)}. Invite more of them."
        if missing
        else "No group is surely below its share."
    )
    chart_with_data.draw(
        interval_charts.intervals(names, *ends, title="share of the people who answered"),
        {
            "group": names,
            "share of the population": [f"{one.target:.1%}" for one in groups],
            "share of the people": [NOT_SHOWN if s is None else said(s) for s in shares],
            f"to invite until {n_wanted:,}": [
                NOT_SHOWN if one.missing is None else str(one.missing) for one in groups
            ],
        },
        name=f"people by {name}",
        says=f"{says} Shares with 95 % intervals (Wilson); small groups are not shown, and another "
        f"with them where the rest would tell their size. {source('People coverage and weights')}"
        + (f" Asked because: {named.purpose}." if named.purpose else ""),
    )


def _show_weights(found: PeopleCoverage) -> None:
    if found.weights is None:
        st.warning(f"No weights make these people stand for the population: {found.why_no_weights}")
        return
    values, effective = found.weights.values, found.weights.n_effective
    loss = 1 - effective / found.n_people
    st.markdown(
        f"**Weighted, {count(found.n_people, 'person', 'people')} say as much as "
        f"{effective:.1f}** equally weighted ones (weights {values.min():.2f} to "
        f"{values.max():.2f}, design effect {found.weights.design_effect:.2f})."
    )
    st.caption(
        "Weights by raking to all margins at once; effective number by Kish. "
        + (
            "So much is lost that inviting the missing groups is worth more than weighting."
            if loss > 0.3  # noqa: PLR2004 - intervals a fifth wider
            else "Little is lost: weighting can speak for the population in these groups."
        )
        + " Weights mend only what the groups above differ in; no fit is weighted, so that the "
        "figures of other pages speak for the people who answered. "
        + source("People coverage and weights")
    )


def _show_targets(here: session.Here, study: Study, wanted: tuple[Target, ...]) -> None:
    margin, shares, why = (f"{what} of {study.id}" for what in ("margin", "shares", "purpose"))
    st.text_input(
        "Margin", COHORT, key=margin, help="Such as age. “cohort” are the cohorts of the study."
    )
    st.text_area(
        "Groups and their shares of the population, one a line",
        key=shares,
        placeholder="north: 40 %\nsouth: 60 %",
    )
    st.text_input("Why people are asked for it", key=why)
    st.button(
        "Save the target",
        on_click=said_if_refused(lambda: _put_target(here, study, margin, shares, why)),
    )
    if wanted:
        chosen = f"target to remove of {study.id}"
        st.selectbox("Not wanted any more", [target.margin for target in wanted], key=chosen)
        st.button(
            "Remove the target",
            on_click=said_if_refused(
                lambda: people_groups.remove_target(
                    here.db,
                    study.id,
                    session.typed(chosen),
                    by=here.person.id,
                    now=datetime.now(UTC),
                )
            ),
        )


def _put_target(here: session.Here, study: Study, margin: str, shares: str, why: str) -> None:
    read = shares_of(str(session.typed(shares)))
    target = Target(str(session.typed(margin)).strip(), read, str(session.typed(why)).strip())
    now = datetime.now(UTC)
    people_groups.put_target(here.db, study.id, target, by=here.person.id, now=now)


def shares_of(text: str) -> dict[str, float]:
    """Groups and their shares, a line each: "north: 40 %" or "north: 0.4".

    Raises
    ------
    GroupsRefusedError
        If a line has no share.
    """
    found = {}
    for line in filter(str.strip, text.splitlines()):
        name, _, share = line.rpartition(":")
        number = share.strip().removesuffix("%").strip()
        try:
            value = float(number)
        except ValueError:
            raise GroupsRefusedError(
                f"{line.strip()[:60]!r} is not of the form “north: 40 %”. Write the name of a "
                "group, a colon and its share."
            ) from None
        found[name.strip()] = value / 100 if "%" in share else value
    return found


def _show_groups(here: session.Here, study: Study, wanted: tuple[Target, ...]) -> None:
    margins = [target.margin for target in wanted if target.margin != COHORT]
    if not margins:
        st.caption(
            "Cohorts are set on the page Studies, under People. For other groups, save a target "
            "with another margin first."
        )
        return
    margin, lines = f"margin of groups of {study.id}", f"groups of {study.id}"
    st.selectbox("Margin", margins, key=margin)
    st.text_area("People and their groups, one a line", key=lines, placeholder="Noor: south")
    st.caption("Groups stand apart from answers. An empty group takes a person out.")
    st.button(
        "Save the groups", on_click=said_if_refused(lambda: _put_groups(here, study, margin, lines))
    )


def _put_groups(here: session.Here, study: Study, margin: str, lines: str) -> None:
    known = people_groups.people_by_name(here.db, study.id)
    member_of = {}
    for line in filter(str.strip, str(session.typed(lines)).splitlines()):
        name, _, group = line.rpartition(":")
        member_of[known.get(name.strip(), name.strip())] = group.strip()
    n = people_groups.put_groups(
        here.db,
        study.id,
        session.typed(margin),
        member_of,
        by=here.person.id,
        now=datetime.now(UTC),
    )
    st.toast(f"{count(n, 'person', 'people')} changed groups.", icon=":material/check:")
