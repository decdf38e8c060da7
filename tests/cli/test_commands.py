"""Commands: what they print, what they leave, what they refuse."""

import csv
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from storage import studies
from storage.database import Database
from tests.cli.running import ROOT, run
from tests.storage.shown_files import picture

ITEMS = "id,topic,text\n" + "".join(f"{p}{i},{p}?,{p} {i}\n" for p in "pq" for i in range(4))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def items(tmp_path: Path) -> Path:
    path = tmp_path / "items.csv"
    path.write_text(ITEMS)
    return path


@pytest.fixture
def judgments(tmp_path: Path) -> Path:
    """Three people who prefer the smaller number, the third one not always."""
    rows = [
        f"{p}{i},{p}{j},{'first' if who < 2 or (i + j) % 3 else 'second'},w{who}"
        for p in "pq"
        for i in range(4)
        for j in range(i + 1, 4)
        for who in range(3)
    ]
    path = tmp_path / "judgments.csv"
    path.write_text("\n".join(["arg1,arg2,label,worker", *rows]) + "\n")
    return path


def names_of(data: Path) -> list[str]:
    db = Database(data / "discern.duckdb")
    try:
        return [study.settings.name for study in studies.all_studies(db)]
    finally:
        db.close()


def test_help_is_quick_since_nothing_large_is_loaded() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import cli.__main__, sys; print(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    large = {"streamlit", "uvicorn", "duckdb", "pyarrow", "torch", "plotly", "scipy"}
    assert not large & set(loaded)


def test_one_command_imports_fits_and_reports(
    data: Path, items: Path, judgments: Path, tmp_path: Path
) -> None:
    done = run(
        data, "study-from-files", "--name", "Numbers", "--items", items, "--judgments", judgments,
        "--column", "prompt_id=topic", "--column", "prompt=topic",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "taken: item_id from id, text from text, prompt_id from topic, prompt from" in done.out
    assert "36 comparisons (0 ties) of 12 pairs, 8 items, 2 prompts, by 3 people" in done.out
    assert "Bradley-Terry" in done.out
    assert "Cyclic triads" in done.out
    again = run(data, "report", "--study", "Numbers")
    assert again.out in done.out
    exported = run(data, "export", "--study", "Numbers", "--to", tmp_path / "out")
    assert exported.code == 0
    with zipfile.ZipFile(tmp_path / "out" / "study.zip") as bundle:
        assert json.loads(bundle.read("manifest.json"))["n_standing_judgments"] == 36
    kept = run(data, "backup", tmp_path / "kept")
    assert "1 fits" in kept.out
    assert run(tmp_path / "kept", "report", "--study", "Numbers").out == again.out
    assert run(data, "backup", tmp_path / "kept").code == 1


def test_a_study_is_created_whole_or_not_at_all(data: Path, items: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b,outcome,worker\np0,p1,first,w\np0,unknown,first,w\n")
    done = run(data, "study-from-files", "--name", "N", "--items", items, "--judgments", wrong)
    assert done.code == 1
    assert "wrong.csv:3: b: The study has no item of this id" in done.out
    assert done.err.count("\n") == 1
    assert names_of(data) == []


def test_a_dry_run_says_what_it_sees_and_changes_nothing(data: Path, items: Path) -> None:
    done = run(data, "import", "items", items, "--study", "N", "--create", "--dry-run")
    assert "items.csv: prompts 2, items 8, items already there 0" in done.out
    assert names_of(data) == []
    assert run(data, "import", "items", items, "--study", "N", "--create").code == 0
    assert run(data, "import", "items", items, "--study", "N", "--dry-run").code == 1
    assert names_of(data) == ["N"]


def test_a_zip_with_pictures_comes_in_and_goes_out_again(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "study.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("items.csv", "item_id,image,image_text\na,a.png,red\nb,b.png,blue\n")
        archive.writestr("a.png", picture("PNG", "red"))
        archive.writestr("b.png", picture("PNG", "blue"))
    done = run(data, "import", "items", file, "--study", "N", "--create")
    assert "pictures and sounds with it: 2" in done.out, done.err
    assert run(data, "export", "--study", "N", "--to", tmp_path / "out").code == 0
    again = run(data, "import", "items", tmp_path / "out" / "study.zip", "--study", "M", "--create")
    assert "pictures and sounds with it: 2" in again.out, again.err
    assert names_of(data) == ["M", "N"]


def test_problems_go_to_a_file_of_their_own(data: Path, tmp_path: Path) -> None:
    file, found = tmp_path / "items.jsonl", tmp_path / "problems.csv"
    file.write_text('{"item_id": "a", "text": ""}\n{"item_id": "b"\n{"item_id": "a", "text": "x"}')
    done = run(data, "import", "items", file, "--study", "N", "--create", "--problems", found)
    assert done.code == 1
    with found.open(newline="") as opened:
        rows = [(row["line"], row["column"]) for row in csv.DictReader(opened)]
    assert rows == [("1", "text"), ("2", ""), ("3", "item_id")]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["import", "items", "ITEMS", "--study", "N"], 1, "There is no database"),
        (["import", "items", "ITEMS", "--study", "N", "--column", "x"], 1, "OURS=THEIRS"),
        (["import", "items", "ITEMS", "--study", "N", "--column", "text=x"], 1,
         "items.csv has id, topic, text"),
        (["import", "pairs", "ITEMS", "--study", "N", "--create"], 1,
         "needs a column for first_id"),
        (["import", "things", "ITEMS", "--study", "N"], 2, "things"),
        (["import", "items", "nowhere.csv", "--study", "N"], 2, "nowhere.csv"),
        (["serve", "--port", "0"], 2, "port"),
        (["serve", "--host", "256.1.1.1"], 1, "Cannot listen"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_a_sentence(
    data: Path, items: Path, arguments: list[str], code: int, said: str
) -> None:
    done = run(data, *(str(items) if a == "ITEMS" else a for a in arguments))
    assert done.code == code
    assert said in done.err


def test_studies_are_found_by_name_and_by_id(data: Path, items: Path) -> None:
    run(data, "import", "items", items, "--study", "N", "--create")
    done = run(data, "report", "--study", "M")
    assert done.code == 1
    study_id = done.err.split("There are: ")[1].split(" ")[0]
    assert "has no finished fit yet" in run(data, "report", "--study", study_id).err
    assert "Judge at least one pair" in run(data, "fit", "--study", "N").err


def test_the_doctor_finds_a_secret_that_others_can_read(data: Path, items: Path) -> None:
    run(data, "import", "items", items, "--study", "N", "--create")
    well = run(data, "doctor")
    assert (well.code, well.out.count("\nok")) == (0, 4)
    (data / "cookie-secret").write_bytes(b"x" * 32)
    (data / "cookie-secret").chmod(0o644)
    ill = run(data, "doctor")
    assert ill.code == 1
    assert f"chmod 600 {data / 'cookie-secret'}" in ill.out
