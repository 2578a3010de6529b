from io import StringIO

import pytest
from rich.console import Console
from sessions import changed, made_session, written

from mnist_tutorial.benchmark.record.history import markdown, records, table, verdicts


@pytest.fixture
def folder(tmp_path):
    """Three sessions for 99.0 %, of which one is no record; one for 99.7 %; and one that is refused."""
    for target, name, day, wall, wrong in (
        ("99.0", "earliest", 1, 5.0, 80),
        ("99.0", "slower", 2, 6.0, 80),
        ("99.0", "faster", 3, 2.5, 80),
        ("99.7", "accurate", 1, 90.0, 15),
        ("99.0", "careless", 4, 1.0, 120),
    ):
        results = made_session(lambda seed, wrong=wrong: wrong + seed % 3, wall=wall)
        for result in results:
            started = result.started.replace("11-26", f"12-0{day}")
            results = changed(results, lambda other, result=result: other is result, started=started)
        written(results, tmp_path / target / name)
    (tmp_path / "99.0/faster/reason.txt").write_text("Fewer | pixels,\nand so on", encoding="utf-8")
    return tmp_path


def test_the_lowest_ratio_comes_first_and_the_refused_last(folder):
    found = verdicts(folder, "99.0")
    assert [(verdict.entry.folder.name, verdict.accepted) for verdict in found] == [
        ("faster", True),
        ("earliest", True),
        ("slower", True),
        ("careless", False),
    ]
    assert verdicts(folder, "99.5") == []


def test_the_history_holds_what_was_a_record_on_its_day(folder):
    found = records(folder)
    assert [verdict.entry.folder.name for verdict in found] == ["earliest", "faster", "accurate"]
    assert records(folder / "none") == []


def test_the_table_names_all_that_a_claim_needs(folder):
    heading, _, _, faster, _ = markdown(records(folder)).splitlines()
    cells = dict(zip(heading.split(" | "), faster.replace("\\|", "/").split(" | "), strict=True))
    assert cells["date"] == "2026-12-03"
    assert cells["recipe"] == "cnn-1s"
    assert (cells["seconds"], cells["ratio"], cells["n"]) == ("2.50", "0.250", "10")
    assert cells["mean, %"] == "99.19 ± 0.01"
    assert float(cells["p"]) < 0.01
    assert "cores" in cells["machine"]
    assert cells["commit"] == "cccccccccc"
    assert cells["reason |"] == "Fewer / pixels, |"
    console = Console(file=StringIO(), width=300)
    console.print(table(records(folder)))
    assert "Fewer | pixels," in console.file.getvalue()
