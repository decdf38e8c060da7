import networkx as nx  # type: ignore[import-untyped]
import numpy as np
from hypothesis import given

from core.comparison_graph import components, report_graph, strongly_connected
from core.judgment import Comparisons
from tests.strategies import comparisons, comparisons_of, rock_paper_scissors


def directed(data: Comparisons) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(data.items)))
    for first, second, outcome in zip(data.first, data.second, data.outcome, strict=True):
        if outcome >= 0:
            graph.add_edge(int(first), int(second))
        if outcome <= 0:
            graph.add_edge(int(second), int(first))
    return graph


@given(comparisons())
def test_components_are_those_of_networkx(data: Comparisons) -> None:
    graph = directed(data)
    label = components(len(data.items), data.first, data.second)
    ours = {frozenset(np.flatnonzero(label == part).tolist()) for part in set(label.tolist())}
    assert ours == {frozenset(part) for part in nx.weakly_connected_components(graph)}
    strong = strongly_connected(data)
    for part in nx.weakly_connected_components(graph):
        expected = nx.is_strongly_connected(graph.subgraph(part))
        assert strong[list(part)].tolist() == [expected] * len(part)


@given(comparisons())
def test_the_report_counts_every_item_once(data: Comparisons) -> None:
    report = report_graph(data)
    for prompt in report.prompts:
        assert prompt.n_never_compared + sum(prompt.component_sizes) == prompt.n_items
        assert 0 <= prompt.n_strongly_connected <= len(prompt.component_sizes)
    assert sum(prompt.n_items for prompt in report.prompts) == report.n_items == len(data.items)
    assert sum(prompt.n_never_compared for prompt in report.prompts) == len(report.never_compared)


def test_what_the_data_cannot_determine_is_said_prompt_by_prompt() -> None:
    """Prompt 0: a circle, a pair whose first always wins, an item never shown. Prompt 1: a tie."""
    rows = [(0, 1, 1), (1, 2, 1), (0, 2, -1), (3, 4, 1), (3, 4, 1), (6, 7, 0)]
    report = report_graph(comparisons_of(8, rows, prompts=np.array([0, 0, 0, 0, 0, 0, 1, 1])))
    first, second = report.prompts
    assert first.component_sizes == (3, 2)
    assert (first.n_items, first.n_never_compared, first.n_strongly_connected) == (6, 1, 1)
    assert not first.is_connected
    assert second.component_sizes == (2,)
    assert second.is_connected
    assert report.never_compared == ("item 5",)
    assert (report.n_pairs, report.n_comparisons) == (5, 6)
    assert (report.n_components, report.n_strongly_connected) == (3, 2)
    assert report.n_connected_prompts == 1


def test_more_than_256_judgments_of_one_pair_still_connect_it() -> None:
    report = report_graph(rock_paper_scissors(256))
    assert report.prompts[0].component_sizes == (3,)


def test_without_comparisons_nothing_is_connected() -> None:
    report = report_graph(comparisons_of(3, []))
    assert report.prompts[0].component_sizes == ()
    assert report.never_compared == ("item 0", "item 1", "item 2")
