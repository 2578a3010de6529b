"""The commands of ``python -m mnist_tutorial benchmark``: train, look at results, and compare them."""

import re
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

import mnist_tutorial as mt
from mnist_tutorial import benchmark as api
from mnist_tutorial.cli.common import EXAMPLE, RESULTS, Force, Variant, app, say, show
from mnist_tutorial.errors import MNISTError, printable

LIMIT = typer.Option(min=1, max=10**6, metavar="SECONDS", help="End a run that takes longer: it has failed.")
EVALUATE = typer.Option(help="validation: train on 55,000, measure on 5,000 held out; test: train on all 60,000.")
FOLDER = typer.Argument(help="with results, or with a folder for each person")
benchmark = typer.Typer(help="Train recipes, and compare results.", no_args_is_help=True)
app.add_typer(benchmark, name="benchmark")


@benchmark.command(epilog=f"{EXAMPLE} benchmark run cnn --recipe my_file.py:my_recipe --seeds 3")
def run(
    names: Annotated[list[str] | None, typer.Argument(metavar="[RECIPES]...", help="by default all")] = None,
    recipe: Annotated[list[str] | None, typer.Option(metavar="FILE.py:NAME", help="A function of your own.")] = None,
    seeds: Annotated[str, typer.Option(metavar="N|FIRST-LAST", help="How many, from 0 on; or which, as 5-9.")] = "5",
    out: Annotated[Path, typer.Option(help="The folder for the results, one file for each run.")] = RESULTS,
    evaluate: Annotated[Literal["both", "validation", "test"], EVALUATE] = "both",
    variant: Variant = "full",
    scheduler: Annotated[str | None, typer.Option(help="Train on its Dask workers: tcp://host:8786.")] = None,
    limit: Annotated[int | None, LIMIT] = None,
    devices: Annotated[int, typer.Option(min=1, max=1_000, help="Processes or GPUs that share one training.")] = 1,
    strategy: Annotated[str, typer.Option(help="Lightning's strategy for distributed training.")] = "ddp",
) -> None:
    """Train recipes with several seeds, and keep a result file of each run.

    Runs that have a result are skipped, so after an interruption, the same command carries on.
    """
    from mnist_tutorial.benchmark import suite, worker

    recipes = [api.load_recipe(name) for name in [*(names or []), *(recipe or [])] or api.recipe_names()]
    options = {"devices": devices, "strategy": strategy} if devices > 1 else {}
    splits = ("validation", "test") if evaluate == "both" else (evaluate,)
    tasks = suite.plan(recipes, _seeds(seeds), splits, mt.load(variant).variant, options)
    say(f"{sum(not suite.is_done(task, out) for task in tasks)} of {len(tasks)} runs to do", flush=True)
    workers = worker.run_locally if scheduler is None else partial(worker.run_on_cluster, scheduler=scheduler)
    if failures := _follow(suite.run(tasks, out, partial(workers, limit=limit)), tasks):
        say(f"error: {failures} of {len(tasks)} runs failed; see {out}/*.failure.json for the reasons", err=True)
        raise typer.Exit(1)


def _seeds(text):
    match = re.fullmatch(r"(?:(\d{1,9})-)?(\d{1,9})", text)
    seeds = range(int(match[1] or 0), int(match[2]) + (match[1] is not None)) if match else range(0)
    if not 0 < len(seeds) <= 1_000:
        raise typer.BadParameter(f"found {text}, expected 1 to 1,000, or seeds as 5-9", param_hint="'--seeds'")
    return seeds


def _follow(outcomes, tasks):
    """Show a progress bar, and a line for each finished run; returns the number of failures."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

    columns = *Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn()
    waiting, done, failures, console = dict.fromkeys(task.name for task in tasks), 0, 0, Console(highlight=False)
    # No bar in a log file. The default is to estimate from the last half minute only.
    with Progress(*columns, console=console, disable=not console.is_terminal, speed_estimate_period=1e6) as progress:
        bar = progress.add_task(tasks[0].name, total=len(tasks))
        for outcome in outcomes:
            waiting.pop(outcome.task.name, None)
            failures += outcome.error is not None
            done += bool(outcome.result or outcome.error)  # the others, done before, say nothing about the time
            name = next(iter(waiting), "done")
            progress.update(bar, description=name, completed=done, total=done + len(waiting))
            progress.print(printable(outcome.sentence), markup=False, soft_wrap=True)
    return failures


@benchmark.command(epilog=f"{EXAMPLE} benchmark reproduce results/cnn-*-test-seed0.json")
def reproduce(
    results: Annotated[list[Path], typer.Argument(metavar="RESULT...", help="result files")],
    limit: Annotated[int | None, LIMIT] = None,
) -> None:
    """Train the recipes and seeds of results again, and say whether the predictions are still the same.

    If they are, the present code is added to the result, which is then no longer stale; results of the recipe with
    other seeds count as reproduced, too. The exit code is 1 if predictions differ, and 2 if a result could not be
    trained again. A recipe of somebody else is run from its text in the result.
    """
    from mnist_tutorial.benchmark import reproduce, worker

    code = 0
    for path in results:
        try:
            with _waiting(f"training {path.name} again"):
                same, sentence = reproduce.reproduce(path, partial(worker.run_locally, limit=limit))
            say(f"{path}: {'identical' if same else 'different'}: {sentence}", flush=True)
            code = max(code, not same)
        except MNISTError as error:
            say(f"error: {error}", err=True)
            code = 2
    raise typer.Exit(code)


@benchmark.command(epilog=f"{EXAMPLE} benchmark report class --out report")
def report(
    folder: Annotated[Path | None, FOLDER] = None,
    out: Annotated[Path, typer.Option(help="The folder for index.html and report.md.")] = Path("report"),
    force: Force = False,
) -> None:
    """Write a report of FOLDER, or of results, or of the published ones, beside the literature: a page and Markdown.

    In a class, each folder is a person: what lies in it, or deeper, is theirs, and what lies beside it is nobody's. The
    report then has a column for the person, marks equal predictions under different names, and is shown here, too.
    Inconsistent files are refused, each with the reason; the exit code is then 1.
    """
    from mnist_tutorial.benchmark.report import page, table
    from mnist_tutorial.benchmark.result import Failure, Result
    from mnist_tutorial.benchmark.robustness import Robustness
    from mnist_tutorial.benchmark.store import read_all
    from mnist_tutorial.benchmark.summary import aggregate, person

    if folder is None and not RESULTS.is_dir():
        say(f"no folder {RESULTS} here, so this is the report of the published results")
    folder = folder or (RESULTS if RESULTS.is_dir() else api.published())
    with _waiting(f"reading {folder} and drawing"):
        found, refused = read_all(folder, kinds := (Result, Robustness, Failure))
        runs, measured, failed = ([pair for pair in found if isinstance(pair[1], kind)] for kind in kinds)
        if not (runs or refused or failed):
            raise MNISTError(f"{folder} holds no results; `benchmark run cnn --out {folder}` makes one")
        people = [person(path, folder) for path, _ in runs]
        failures = [(person(path, folder), failure) for path, failure in failed]
        tables = aggregate([result for _, result in runs], [value for _, value in measured], people)
        written = page.write(tables, refused, failures, out, force)
    say("\n".join(map(str, written)))
    if any(people):
        for summary in tables:
            show(table.terminal(summary))
    _refuse(refused)


@benchmark.command(epilog=f"{EXAMPLE} benchmark compare my-recipe cnn")
def compare(
    a: Annotated[str, typer.Argument(help="a result file, a recipe, or a folder with the results of one recipe")],
    b: Annotated[str, typer.Argument(help="the other one")],
    results: Annotated[Path | None, typer.Option(help="Look here only, not in results and the published ones.")] = None,
) -> None:
    """Test whether two models, or two recipes, differ by more than chance."""
    from mnist_tutorial.benchmark.compare import compare, table

    difference = compare(a, b, results)
    show(table(difference))
    say("\n".join([difference.sentence, *difference.remarks]))


@benchmark.command(epilog=f"{EXAMPLE} benchmark check results-of-last-week results")
def check(
    baseline: Annotated[Path, typer.Argument(help="the earlier results")],
    results: Annotated[Path, typer.Argument(help="the later results")] = RESULTS,
    reference: Annotated[str, typer.Option(help="The recipe whose time is the unit.")] = "train-mnist-fast",
) -> None:
    """Compare two folders of results; exit code 1 if a recipe got significantly worse, or over 20 % slower."""
    from mnist_tutorial.benchmark import regression

    changes, failures, remarks = regression.check(baseline, results, reference)
    show(regression.table(changes))
    for sentences, err in ((remarks, False), (failures, True)):
        for sentence in sentences:
            say(sentence, err=err)
    raise typer.Exit(int(bool(failures)))


@benchmark.command(epilog=f"{EXAMPLE} benchmark record 99.0")
def record(
    target: Annotated[float, typer.Argument(min=10, max=100, help="the test accuracy to exceed, in percent")],
    folder: Annotated[Path | None, FOLDER] = None,
) -> None:
    """List the recipes, by default the published ones, whose mean test accuracy exceeds TARGET, the fastest first.

    That is, with at least ten seeds, and p < 0.01 in a one-sided t-test. Seconds are the median of the uncontended
    runs; the ratio says how many times as long as train-mnist-fast they take on the same machine.
    """
    from mnist_tutorial.benchmark import records

    table, sentences, refused = records.listing(folder, target / 100)
    if table:
        show(table)
    say("\n".join(sentences))
    _refuse(refused)


@benchmark.command(epilog=f"{EXAMPLE} benchmark robustness cnn")
def robustness(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="a recipe, or your own as FILE.py:NAME")],
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The seed of the training.")] = 0,
    evaluate: Annotated[Literal["test", "validation"], EVALUATE] = "test",
    out: Annotated[Path, typer.Option(help="The folder for the JSON file and the picture.")] = RESULTS,
    variant: Variant = "full",
) -> None:
    """Measure a recipe on digits under twelve corruptions, each in five strengths, the same for everybody."""
    from mnist_tutorial.benchmark import robustness
    from mnist_tutorial.benchmark.execute import train
    from mnist_tutorial.benchmark.report.figures import draw_robustness, to_png
    from mnist_tutorial.benchmark.report.table import terminal_table
    from mnist_tutorial.benchmark.store import save

    task = api.Task(api.load_recipe(recipe), seed, evaluate, mt.load(variant).variant)
    out = out.absolute()  # a recipe may change the working folder
    out.mkdir(parents=True, exist_ok=True)
    with _waiting(f"training {task.recipe.name}"):
        training = train(task)
    measured = robustness.evaluate(training.run, training.network, task, task.recipe.code() | training.code)
    save(path := out / f"{measured.name}.json", measured)
    to_png(draw_robustness(measured), path.with_suffix(".png"))
    curves = [(name, [*curve, sum(curve) / len(curve)]) for name, curve in measured.accuracies.items()]
    rows = [(name, *(f"{100 * share:.1f}" for share in shares)) for name, shares in curves]
    title = f"Accuracy of {measured.recipe} on corrupted {measured.evaluated_on} digits (%)"
    show(terminal_table(title, ("corruption", *map(str, range(1, len(rows[0]) - 1)), "mean"), rows))
    say(f"clean: {measured.clean:.2%}; mean over all corrupted sets: {measured.mean:.2%}; {measured.seconds:.0f} s")
    say(f"{path}\n{path.with_suffix('.png')}")


def _waiting(words):
    """Show that something is being done, in a terminal only."""
    from rich.console import Console
    from rich.markup import escape

    return Console(stderr=True).status(escape(printable(words)))


def _refuse(refused):
    """List the files that were refused; exit code 1 if there are any."""
    for reason in refused:
        say(f"refused: {reason}", err=True)
    if refused:
        raise typer.Exit(1)
