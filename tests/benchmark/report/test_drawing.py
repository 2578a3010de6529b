import numpy as np
import pytest
from conftest import made_result
from matplotlib.figure import Figure

from mnist_tutorial.benchmark.report.aggregate import aggregate
from mnist_tutorial.benchmark.report.drawing import (
    MACHINES,
    MAX_LETTERS,
    accuracy_scale,
    full_name,
    left_out,
    log_scale,
    mark,
)


def ticks(axis):
    return list(axis.get_majorticklocs())


def place(axes, accuracy):
    return axes.transAxes.inverted().transform(axes.transData.transform((1, accuracy)))[1]


def test_a_step_to_a_tenth_of_the_errors_is_always_as_long():
    axes = Figure().add_subplot()
    accuracy_scale(axes, [90, 99.9], gap=0.04)
    steps = np.diff([place(axes, accuracy) for accuracy in (90, 99, 99.9)])
    assert steps[0] == pytest.approx(steps[1], rel=0.05)
    assert {90, 99, 99.9} <= set(ticks(axes.yaxis))


@pytest.mark.parametrize("values", [[12, 99.9], [99.5], [99.4, 99.6], [10, 100], [100]])
def test_every_accuracy_has_its_place_and_labels_stand_clear(values):
    axes = Figure().add_subplot()
    accuracy_scale(axes, values, gap=0.05)
    assert all(0.01 < place(axes, value) < 0.99 for value in values)
    assert (np.diff([place(axes, tick) for tick in ticks(axes.yaxis)]) > 0.05).all()


def test_labels_of_a_logarithmic_axis_are_plain_numbers():
    axes = Figure().add_subplot()
    log_scale(axes, [0.76, 12_120])
    assert [axes.xaxis.get_major_formatter()(tick) for tick in ticks(axes.xaxis)] == [
        *["1", "10", "100", "1,000", "10,000"]
    ]
    log_scale(axes, [2, 30])
    assert ticks(axes.xaxis) == [2, 5, 10, 20]
    log_scale(axes, [0.01, 100_000], few=True)
    assert len(ticks(axes.xaxis)) <= 4
    for values in ([3.1, 3.4], [3.14]):  # a recipe that takes seconds, in a folder of its own
        log_scale(axes, values, few=True)
        low, high = axes.get_xlim()
        assert [low < tick < high for tick in ticks(axes.xaxis)] == [True]


def test_machines_differ_in_colour_and_shape():
    colours, shapes = zip(*MACHINES, strict=True)
    assert len(set(colours)) == len(set(shapes)) == len(MACHINES)
    assert mark("A") != mark("B")
    assert mark("A1") == mark("A")  # the 27th


def test_names_are_cut_and_have_their_machine_where_there_are_several():
    here = made_result("a" * 60)
    [table] = aggregate([here])
    assert full_name(table, table.rows[0]) == "a" * (MAX_LETTERS - 1) + "…"
    [table] = aggregate([here, made_result("b", machine=here.machine | {"cores": 999})])
    assert full_name(table, table.rows[-1]).endswith(", B")


def test_left_out_recipes_are_counted():
    assert left_out(0) == left_out(-3) == ""
    assert "3 least accurate" in left_out(3)
