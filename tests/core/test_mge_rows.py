"""MGE's table of judgements: read as votes, and counted by its own rule."""

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from math import log2
from typing import Any

import numpy as np
import pytest

from core.value_graph.mge_rows import UnreadableVotesError, read_judgements
from core.value_graph.mge_rule import count_edges, keep_edges
from core.value_graph.mge_votes import Relationship, from_mge, to_mge

DAY = datetime(2023, 10, 9, tzinfo=UTC)
ROW = {
    "userId": 7, "fromId": 12, "toId": 31, "contextId": "When in distress", "story": "I used to.",
    "relationship": "upgrade", "comment": None, "createdAt": "2023-10-09T18:24:05.12Z",
}  # fmt: skip


def test_a_row_is_a_judgement_in_either_generation_of_the_table() -> None:
    later = {**ROW, "type": "no_upgrade", "deliberationId": 3}
    del later["relationship"]
    for row, said in ((ROW, Relationship.UPGRADE), (later, Relationship.NO_UPGRADE)):
        [read] = read_judgements(json.dumps([row]))
        assert (read.vote.person, read.vote.source, read.vote.wiser) == ("7", "12", "31")
        assert (read.vote.relationship, read.vote.comment, read.story) == (said, None, "I used to.")
        assert read.vote.answered_at == datetime(2023, 10, 9, 18, 24, 5, 120_000, tzinfo=UTC)


def as_csv(rows: list[dict[str, Any]]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def test_json_and_csv_say_the_same_and_a_day_cuts_both() -> None:
    rows = [
        {**ROW, "userId": n, "createdAt": (DAY + timedelta(days=n)).isoformat(), "comment": "hm"}
        for n in (9, 3, 8, 0)
    ]
    whole = read_judgements(json.dumps(rows))
    assert [one.vote.person for one in whole] == ["0", "3", "8", "9"]
    assert read_judgements(as_csv(rows)) == whole
    cut = DAY + timedelta(days=8)
    assert [one.vote.person for one in read_judgements(json.dumps(rows), before=cut)] == ["0", "3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not JSON"),
        ("[]", "no rows"),
        ("userId,fromId\n", "no rows"),
        (json.dumps([{**ROW, "relationship": "maybe"}]), "Row 1, relationship"),
        (json.dumps([ROW, {**ROW, "toId": 12}]), "Row 2 must name a person and two different"),
        (json.dumps([{**ROW, "fromId": True}]), "Row 1, fromId"),
        (json.dumps([{"userId": 1}]), "Row 1, fromId"),
        (json.dumps([3]), "Row 1, the whole"),
    ],
)
def test_what_is_no_table_of_judgements_is_refused(text: str, message: str) -> None:
    with pytest.raises(UnreadableVotesError, match=message):
        read_judgements(text)


def test_a_day_needs_times() -> None:
    undated = json.dumps([{**ROW, "createdAt": None}])
    assert len(read_judgements(undated)) == 1
    with pytest.raises(UnreadableVotesError, match="has no createdAt"):
        read_judgements(undated, before=DAY)


def by_the_formula(rows: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[float, float]]:
    """MGE's published rule, written down from its description once more, with plain dictionaries.

    Pairs that stay, with likelihood and entropy; the entropy takes the impressions for an outcome.
    """
    counts: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        there, back = (str(row["fromId"]), str(row["toId"])), (str(row["toId"]), str(row["fromId"]))
        for pair in (there, back):
            counts.setdefault(pair, Counter())["impressions"] += 1
        if row["relationship"] == "upgrade":
            counts[there]["wiser"] += 1
            counts[back]["less wise"] += 1
        else:
            counts[there][row["relationship"]] += 1
    kept = {}
    for pair, count in counts.items():
        answers = sum(n for name, n in count.items() if name != "impressions")
        if not answers:
            continue
        likelihood = (count["wiser"] - count["less wise"]) / answers
        total = answers + count["impressions"]
        entropy = -sum(n / total * log2(n / total) for n in count.values() if n)
        if count["wiser"] >= 2 and likelihood >= 0.33 and entropy <= 1.69:
            kept[pair] = (likelihood, entropy)
    return kept


def test_the_rule_rebuilds_its_edges_from_judgements_before_a_day() -> None:
    """506 people with three judgements each of 130 directed pairs, nine of them asked both ways."""
    rng = np.random.default_rng(4)
    pairs = [(int(one), int(one) + 1 + int(away)) for one, away in rng.integers(1, 40, (121, 2))]
    pairs += [(other, one) for one, other in pairs[:9]]
    often = rng.dirichlet(np.full(len(pairs), 0.7))
    rows = []
    for person in range(560):
        for place in rng.choice(len(pairs), 3, replace=False, p=often).tolist():
            said = rng.choice(["upgrade", "not_sure", "no_upgrade"], p=[0.68, 0.21, 0.11])
            day = (DAY + timedelta(days=0.02 * person)).isoformat()
            source, wiser = pairs[place]
            rows.append(
                {**ROW, "userId": person, "fromId": source, "toId": wiser,
                 "relationship": str(said), "createdAt": day}
            )  # fmt: skip
    cut = DAY + timedelta(days=9)
    before = [row for row in rows if datetime.fromisoformat(row["createdAt"]) < cut]
    assert 1000 < len(before) < len(rows)
    # A person's second judgement of a pair would take the first one's place; here there is none.
    assert len({(r["userId"], r["fromId"], r["toId"]) for r in before}) == len(before)
    judged = [from_mge(one.vote) for one in read_judgements(json.dumps(rows), before=cut)]
    kept = keep_edges(count_edges(map(to_mge, judged)))
    expected = by_the_formula(before)
    assert {(edge.source, edge.wiser) for edge in kept} == expected.keys()
    assert 40 < len(kept) < 100
    for edge in kept:
        likelihood, entropy = expected[edge.source, edge.wiser]
        assert edge.likelihood == pytest.approx(likelihood, abs=1e-12)
        assert edge.entropy == pytest.approx(entropy, abs=1e-12)
