"""The page Import, run by Streamlit's own test runner on a real store."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.importing import EXAMPLES, Kind
from core.study import Role, Study, StudySettings
from storage import imports, people, studies
from tests.storage.shown_files import FILES, picture
from workbench.opening import Workbench, open_workbench

PAGE = Path(__file__).parents[2] / "pages" / "importing.py"


@pytest.fixture
def workbench(data_folder: Path) -> Workbench:
    workbench = open_workbench()
    assert workbench.settings.data == data_folder.resolve()
    return workbench


@pytest.fixture
def study(workbench: Workbench) -> Study:
    return studies.create(workbench.db, StudySettings("Rain", "Which is clearer?"), by=None)


@pytest.fixture
def page(workbench: Workbench, study: Study) -> AppTest:
    """The page as a researcher sees it who opens it first."""
    assert study.settings.name == "Rain"
    person = people.add(workbench.db, "Noor", Role.RESEARCHER, by=None, password="p" * 12)
    at = AppTest.from_file(str(PAGE), default_timeout=30)
    sign_in = people.sign_in(workbench.db, person.id, now=datetime.now(UTC))
    at.user = {"person": person.id, "sign_in": sign_in}
    return at.run()


def upload(at: AppTest, content: str, name: str = "items.csv") -> AppTest:
    at.file_uploader[0].set_value((name, content.encode(), "")).run()
    assert not at.exception
    return at


def button(at: AppTest) -> str:
    """The label of the button that imports."""
    (label,) = [b.label for b in at.button if b.label.startswith("Import ")]
    return label


def press(at: AppTest) -> AppTest:
    (found,) = [b for b in at.button if b.label.startswith("Import ")]
    found.click().run()
    assert not at.exception
    return at


def text(at: AppTest) -> str:
    parts = [*at.title, *at.markdown, *at.caption, *at.success, *at.info, *at.error]
    return "\n".join(str(part.value) for part in parts)


def test_the_examples_go_through_one_after_another(
    page: AppTest, workbench: Workbench, study: Study
) -> None:
    assert "Columns not imported" not in text(upload(page, EXAMPLES[Kind.ITEMS]))
    assert studies.items(workbench.db, study.id) == []
    assert button(page) == "Import 3 items"
    press(page)
    assert page.success[0].value.startswith("items\\.csv: 3 rows of items.")
    assert [item.id for item in studies.items(workbench.db, study.id)] == [
        "rain-1",
        "rain-2",
        "rain-3",
    ]
    assert page.radio[0].value == Kind.JUDGMENTS
    upload(page, EXAMPLES[Kind.JUDGMENTS], "judgments.csv")
    assert "Answers as the file says them: first 1, tie 1." in text(page)
    press(page)
    page.radio[0].set_value(Kind.PAIRS).run()
    upload(page, EXAMPLES[Kind.PAIRS], "pairs.csv")
    press(page)
    page.radio[0].set_value(Kind.GOLD).run()
    upload(page, EXAMPLES[Kind.GOLD], "gold.csv")
    assert button(page) == "Import 1 known answers"
    press(page)
    receipts = imports.history(workbench.db, study.id)
    assert [receipt.kind for receipt in receipts] == [
        Kind.GOLD, Kind.PAIRS, Kind.JUDGMENTS, Kind.ITEMS,
    ]  # fmt: skip
    assert {receipt.by for receipt in receipts} == {people.all_people(workbench.db)[0].id}


def test_bad_rows_are_listed_and_nothing_can_be_imported(
    page: AppTest, workbench: Workbench, study: Study
) -> None:
    upload(page, "item_id,text\na,\nb,x,y\nc,=1\n")
    assert "2 problems" in page.error[0].value
    rules, rows = page.dataframe[1].value, page.dataframe[2].value
    assert rules["rows"].tolist() == [1, 1]
    assert rows[["line", "column", "value"]].values.tolist() == [
        [2, "text", ""],
        [3, "", "3 fields, the header has 2"],
    ]
    (found,) = [b for b in page.button if b.label.startswith("Import ")]
    assert found.disabled
    assert studies.items(workbench.db, study.id) == []


def test_a_column_is_chosen_by_hand(page: AppTest, workbench: Workbench, study: Study) -> None:
    upload(page, "name,words,note\na,x,?\n")
    assert "needs a column for item\\_id" in page.error[0].value
    choice = {box.label: box for box in page.selectbox}
    assert choice["item_id"].value == ""
    choice["item_id"].set_value("name")
    choice["text"].set_value("words")
    page.run()
    assert "Columns not imported: note\\." in text(page) or "Columns not imported: note." in text(
        page
    )
    press(page)
    assert [item.text for item in studies.items(workbench.db, study.id)] == ["x"]


def test_a_column_found_by_itself_can_be_left_out(page: AppTest) -> None:
    upload(page, EXAMPLES[Kind.ITEMS])
    {box.label: box for box in page.selectbox}["prompt"].set_value("").run()
    assert "Columns not imported: prompt." in text(page)


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "is empty"), ("item_id,text\n", "has no rows"), ('a,b\n1,"2', "never closed")],
)
def test_a_malformed_file_gives_a_sentence(page: AppTest, content: str, said: str) -> None:
    upload(page, content)
    assert said in page.error[0].value
    assert not [b for b in page.button if b.label.startswith("Import ")]


def test_names_of_strangers_are_shown_as_they_are_written(page: AppTest) -> None:
    upload(page, "a,b\n", "![x](http:&colon;192.0.2.1).csv")
    assert page.error[0].value.startswith("\\!\\[x\\]\\(http\\:\\&colon;192")


def test_the_same_file_again_is_refused(page: AppTest) -> None:
    press(upload(page, EXAMPLES[Kind.ITEMS]))
    page.radio[0].set_value(Kind.ITEMS).run()
    upload(page, EXAMPLES[Kind.ITEMS])
    assert "was imported into this study on" in page.error[0].value


def test_a_zip_brings_pictures(page: AppTest, workbench: Workbench, study: Study) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("items.csv", "item_id,image\na,cat.png\nb,dog.png\n")
        archive.writestr("cat.png", FILES["png"])
    page.file_uploader[0].set_value(("study.zip", sink.getvalue(), "")).run()
    assert "A file that a row names must be in the ZIP." in page.dataframe[1].value["rule"].tolist()
    with zipfile.ZipFile(sink, "a") as archive:
        archive.writestr("dog.png", picture("PNG", "brown"))
    page.file_uploader[0].set_value(("study.zip", sink.getvalue(), "")).run()
    assert "2 pictures and sounds with it." in text(page)
    press(page)
    assert [item.kind for item in studies.items(workbench.db, study.id)] == ["markdown"] * 2
    assert workbench.db.read("SELECT count(*) FROM media") == [(2,)]


def test_rankings_go_where_orders_are_asked_for(page: AppTest) -> None:
    page.radio[0].set_value(Kind.RANKINGS).run()
    upload(page, EXAMPLES[Kind.RANKINGS])
    assert "This study does not ask for orders" in page.error[0].value


def test_without_a_study_it_says_where_to_make_one(workbench: Workbench) -> None:
    person = people.add(workbench.db, "Noor", Role.RESEARCHER, by=None, password="p" * 12)
    at = AppTest.from_file(str(PAGE), default_timeout=30)
    sign_in = people.sign_in(workbench.db, person.id, now=datetime.now(UTC))
    at.user = {"person": person.id, "sign_in": sign_in}
    at.run()
    assert "Create one on the page Studies" in at.info[0].value
