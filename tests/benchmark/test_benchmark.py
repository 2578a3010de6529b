from mnist_tutorial import benchmark


def test_all_public_names_are_there():
    assert {"Run", "Task", "compare_models", "load_recipe", "read_all", "run_task"} <= set(benchmark.__all__)
    assert all(callable(getattr(benchmark, name)) for name in benchmark.__all__)


def test_to_plan_runs_and_read_results_needs_no_torch(run_python):
    done = run_python(
        "-c",
        "import sys\n"
        "from mnist_tutorial.benchmark import Task, load_recipe, read_all, recipe_names\n"
        "from mnist_tutorial.benchmark import suite; from mnist_tutorial.benchmark.worker import run_locally\n"
        "print(Task(load_recipe(recipe_names()[0]), 0, 'test', 'full').name, read_all('results'))\n"
        "print([name for name in ('torch', 'lightning', 'deeplay', 'deeptrack') if name in sys.modules])",
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
