import pytest
from sessions import Busy

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.record import session
from mnist_tutorial.benchmark.record.entry import REFERENCE, Entry
from mnist_tutorial.benchmark.record.requirements import TRIES
from mnist_tutorial.benchmark.runs import load_recipe


@pytest.fixture
def tasks(quick_file):
    """The tasks of a recipe without those of the reference, which take longer."""

    def plan(name="random_guess"):
        planned = session.plan(load_recipe(f"{quick_file}:{name}"), 3, "sample")
        return [task for task in planned if task.recipe.name != REFERENCE]

    return plan


def kinds(events):
    return [(event.kind, event.task.seed) for event in events if event.kind != "started"]


def test_the_reference_comes_first_and_last_and_in_between():
    planned = [(task.recipe.name, task.seed) for task in session.plan(load_recipe("cnn"), 10)]
    assert [name for name, _ in planned] == [name for runs in (0, 2, 3, 2, 3) for name in [*["cnn"] * runs, REFERENCE]]
    assert [seed for name, seed in planned if name == "cnn"] == list(range(10))
    with pytest.raises(MNISTError, match="whose ratio is 1"):
        session.plan(load_recipe(REFERENCE), 10)


def test_a_contended_run_is_repeated_and_an_interrupted_session_carries_on(tasks, tmp_path):
    for event in session.run(tasks(), tmp_path, Busy({0: 1})):
        if event.kind == "done":
            break
    events = kinds(session.run(tasks(), tmp_path, Busy({2: TRIES - 1})))
    assert events == [("done", seed) for seed in [0, 1, *[2] * TRIES]]
    entry = Entry.read(tmp_path)
    assert [run.contended for run in entry.runs] == [False, False, False]
    assert sorted(run.seed for run in entry.set_aside if run.contended) == [0, *[2] * (TRIES - 1)]
    assert kinds(session.run(tasks(), tmp_path, Busy())) == [("there", seed) for seed in range(3)]


def test_a_failure_or_a_machine_that_is_never_quiet_ends_the_session(tasks, tmp_path):
    assert kinds(session.run(tasks("crashing"), tmp_path / "failed", Busy())) == [("failed", 0)]
    with pytest.raises(MNISTError, match=f"in each of {TRIES} tries"):
        list(session.run(tasks(), tmp_path / "busy", Busy({0: TRIES})))


def test_a_folder_has_one_session_of_one_code(tasks, quick_file, tmp_path):
    list(session.run(tasks()[:1], tmp_path, Busy()))
    quick_file.write_text(quick_file.read_text() + "x = 1\n")
    with pytest.raises(MNISTError, match="has results of other runs, or of other code"):
        list(session.run(tasks(), tmp_path, Busy()))
