from datetime import UTC, datetime

import pytest

from core.judgment import Outcome
from core.study import Item, State
from storage import demonstration, judgments, studies, value_settings
from storage.database import Database
from tests.given import answer, next_pair, running_study
from ui.markdown import to_html

TEXTS = demonstration.prompts_and_items()
ITEMS = [item for _, _, items in TEXTS for item in items]


def test_there_are_at_least_twelve_prompts_with_four_different_answers_each() -> None:
    assert len(TEXTS) >= 12
    assert len({prompt_id for prompt_id, _, _ in TEXTS}) == len(TEXTS)
    for prompt_id, text, items in TEXTS:
        assert text
        assert [item.prompt_id for item in items] == [prompt_id] * 4
        assert len({item.text for item in items}) == 4


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_an_answer_is_short_enough_to_read_and_can_be_shown(item: Item) -> None:
    assert 40 <= len(item.text.split()) <= 160
    shown = to_html(item.text)
    assert 'class="formula"><code>' not in shown, "a formula could not be set"
    assert '<code class="formula">' not in shown, "a formula could not be set"
    assert demonstration.MARKER not in item.text


def test_answers_hold_code_formulas_and_tables() -> None:
    shown = [to_html(item.text) for item in ITEMS]
    assert sum("<pre" in html for html in shown) >= 4
    assert sum("<math" in html for html in shown) >= 3
    assert sum("<table" in html for html in shown) >= 3


def test_the_demonstration_says_what_it_is_and_runs(db: Database) -> None:
    study = demonstration.add(db, by=None)
    assert study.demonstration
    assert study.state is State.RUNNING
    assert "Demonstration" in study.settings.name
    assert "demonstration" in study.settings.guidelines
    assert studies.counts(db)[study.id].items == len(ITEMS)
    assert studies.n_possible_pairs(db, study.id) == 6 * len(TEXTS)
    assert next_pair(db, study, "me") is not None


def test_the_demonstration_asks_about_values_and_tests_cards_on_both_cases(db: Database) -> None:
    study = demonstration.add(db, by=None)
    asked = value_settings.of_study(db, study.id)
    assert len(asked.contexts) == 2
    assert [sum(v.case_id == case.id for v in asked.vignettes) for case in asked.cases] == [2, 2]


def test_adding_it_twice_changes_nothing(db: Database) -> None:
    before = demonstration.add(db, by=None)
    assert demonstration.add(db, by=None) == before
    assert db.read("SELECT count(*) FROM study_states") == [(1,)]
    assert len(studies.items(db, before.id)) == len(ITEMS)


def test_it_comes_by_itself_only_into_a_workbench_that_never_had_a_study(db: Database) -> None:
    demonstration.add_if_empty(db)
    assert [study.id for study in studies.all_studies(db)] == [demonstration.STUDY_ID]
    studies.set_state(db, demonstration.STUDY_ID, State.REMOVED, by=None)
    demonstration.add_if_empty(db)
    assert studies.all_studies(db) == []


def test_it_does_not_join_the_studies_of_others(db: Database) -> None:
    own = running_study(db)
    demonstration.add_if_empty(db)
    assert studies.all_studies(db) == [own]


def test_put_back_it_runs_with_its_old_judgments(db: Database) -> None:
    study, now = demonstration.add(db, by=None), datetime.now(UTC)
    shown = next_pair(db, study, "me", now)
    assert shown is not None
    answer(db, study, shown, Outcome.LEFT, now)
    studies.set_state(db, study.id, State.REMOVED, by="me")
    assert demonstration.add(db, by="me").state is State.RUNNING
    assert judgments.progress(db, study.id, "me").own == 1
