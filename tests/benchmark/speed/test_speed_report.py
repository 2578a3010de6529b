import json

import pytest
from rich.console import Console

from mnist_tutorial.benchmark.clock import Time
from mnist_tutorial.benchmark.speed.measurement import Measurement
from mnist_tutorial.benchmark.speed.report import chart, collect, table, write


def row(name, *seconds, **others):
    return Measurement(name, "a remark", 1000, 2, [Time(wall, wall, 0.01) for wall in seconds], **others)


@pytest.fixture
def measured():
    rows = [
        row("slow", 20, 40, 50, discarded=3),
        row("ours", 1, 2, 4),
        row("missing", failure="ModuleNotFoundError: No module named 'kornia'"),
        row("contended", discarded=15),
    ]
    return collect("loading", rows, "ours", 3, "full")


def shown(measured):
    console = Console(width=200)
    with console.capture() as capture:
        console.print(table(measured))
    return capture.get()


def test_ours_is_compared_with_each_by_the_medians(measured):
    assert [r["images_per_second"] for r in measured["rows"]] == [50, 1000, None, None]
    assert [r["times_as_fast"] for r in measured["rows"]] == [20, 1, None, None]


def test_the_table_has_medians_ranges_and_discarded_repeats(measured):
    lines = {line.split()[0]: line for line in shown(measured).splitlines() if line.strip()}
    slow, ours, missing, contended = (lines[name] for name in ("slow", "ours", "missing", "contended"))
    assert slow.split()[:8] == ["slow", "50", "20,000.0", "-20", "%", "to", "+100", "%"]
    assert "20.00   " in slow
    assert "a remark" in slow
    assert ours.split()[1] == "1,000"
    assert "cannot run: ModuleNotFoundError: No module named 'kornia'" in missing
    assert "always contended" in contended
    assert "15" in contended


def test_an_error_cannot_steer_the_terminal():
    measured = collect("loading", [row("ours", failure="[/b] \x1b]0;title\x07")], "ours", 3, "full")
    assert r"cannot run: [/b] \x1b]0;title\x07" in shown(measured)


def test_the_table_names_machine_and_variant(measured):
    assert "MNIST full: median of 3" in shown(measured)
    assert measured["machine"]["processor"] in shown(measured)


def test_what_is_written_is_what_was_measured(measured, tmp_path):
    data, picture = write(measured, tmp_path / "new/folder")
    assert json.loads(data.read_text()) == measured
    assert measured["rows"][0]["times"][1] == {"wall": 40, "cpu_seconds": 40, "other_cpu_seconds": 0.01}
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in data.parent.iterdir()) == ["loading.json", "loading.png"]


def test_the_chart_has_a_bar_for_each_route_that_ran(measured):
    [axes] = chart(measured).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["ours", "slow"]
    assert [bar.get_width() for bar in axes.patches] == [1000, 50]


def test_without_any_result_there_is_a_table_and_no_chart(tmp_path):
    measured = collect("loading", [row("ours", failure="it broke")], "ours", 3, "full")
    assert "cannot run: it broke" in shown(measured)
    [data] = write(measured, tmp_path)
    assert json.loads(data.read_text()) == measured
