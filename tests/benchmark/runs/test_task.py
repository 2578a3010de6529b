from mnist_tutorial.benchmark.runs.recipe import load_recipe
from mnist_tutorial.benchmark.runs.task import Task


def test_different_tasks_have_different_names(quick_file):
    quick, guess = (load_recipe(f"{quick_file}:{name}") for name in ("quick", "random_guess"))
    tasks = [
        Task(quick, 0, "test", "full"),
        Task(quick, 1, "test", "full"),
        Task(quick, 0, "validation", "full"),
        Task(quick, 0, "test", "sample"),
        Task(quick, 0, "test", "full", {"devices": 2, "num_nodes": 3}),
        Task(guess, 0, "test", "full"),
    ]
    assert len({task.name for task in tasks}) == len(tasks)
    quick_file.write_text(quick_file.read_text().replace("nearest", "closest"))
    assert Task(load_recipe(f"{quick_file}:quick"), 0, "test", "full").name != tasks[0].name
