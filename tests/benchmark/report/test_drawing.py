import numpy as np
import pytest
from conftest import made_result
from matplotlib.figure import Figure

from mnist_tutorial.benchmark.report.aggregate import aggregate
from mnist_tutorial.benchmark.report.drawing import (
    MAX_LETTERS,
    accuracy_scale,
    full_name,
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


def test_names_are_cut_and_have_their_machine_where_there_are_several():
    here = made_result("a" * 60)
    [table] = aggregate([here])
    assert full_name(table, table.rows[0]) == "a" * (MAX_LETTERS - 1) + "…"
    [table] = aggregate([here, made_result("b", machine=here.machine | {"cores": 999})])
    assert full_name(table, table.rows[-1]).endswith(", B")
