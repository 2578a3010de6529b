"""Write into README.md and docs/ what results/ says: `make readme`."""

import json
import statistics
from functools import cache
from pathlib import Path

import mnist_tutorial as mt
from mnist_tutorial.benchmark.machine import line
from mnist_tutorial.benchmark.report.figures import draw_robustness, scatter, to_png
from mnist_tutorial.benchmark.report.table import cells, escape, markdown, notes, parts, percent, published, seconds
from mnist_tutorial.benchmark.robustness import Robustness
from mnist_tutorial.benchmark.store import read_all
from mnist_tutorial.benchmark.summary import aggregate
from mnist_tutorial.course.lesson import lessons

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "results"
RUNS = RESULTS / "cpu"
COLUMNS = "recipe", "parameters", "test accuracy, %", "n", "95 % interval", "seconds to train"
MORE_COLUMNS = *COLUMNS, "to 98 %, s", "to 99 %, s"
PICTURES = ROOT / "docs/pictures"
PEER_COLUMNS = "example", "test accuracy, %", "n", "seconds to train", "times as long as cnn", "versions"
PEER_CLOCK = (
    "Seconds to train: the median, for a peer of its call of `fit`, for ours of the whole recipe; † where other "
    "programs slowed all runs down."
)
SYSTEMS = {"linux": "Linux with CUDA", "macos": "macOS", "windows": "Windows"}
# Of the comparisons, what the README shows: which, against what, in its words.
COMPARED = (
    ("loading", "DeepTrack's tutorial", "loading an epoch / DeepTrack's own tutorial"),
    ("loading", "TensorDataset, DataLoader", "loading an epoch / tensors in torch's DataLoader"),
    ("augmentation", "DeepTrack's tutorial", "affine and elastic warps / DeepTrack's own tutorial"),
    ("augmentation", "kornia", "affine and elastic warps / kornia"),
    ("optics", "DeepTrack", "digits under a microscope / DeepTrack, one by one"),
    ("optics", "DeepTrack, DataLoader", "digits under a microscope / DeepTrack in a DataLoader"),
    ("overhead", "bare torch", "training the CNN / a bare loop of torch"),
    ("overhead", "deeplay's defaults", "training the CNN / deeplay's defaults"),
)


def read(name):
    return json.loads((RESULTS / f"{name}.json").read_text())


@cache
def benchmark():
    """Aggregate the committed runs; none of them may be damaged."""
    runs, refused = read_all(RUNS)
    if refused:
        raise refused[0]
    [table] = aggregate([result for _, result in runs], corrupted())
    return table


@cache
def corrupted():
    """Read what was measured on corrupted digits."""
    found, refused = read_all(RUNS, [Robustness])
    if refused:
        raise refused[0]
    return [measured for _, measured in found]


def peers(record):
    """Make the table of other libraries beside ours, or say what to run where nobody has measured them."""
    if record is None:
        return "Nobody has measured them yet: `make peers`."
    medians = {row["name"]: median_seconds(row) for row in record["rows"] if row.get("runs")}
    rows = []
    for row in record["rows"]:
        runs, versions = row.get("runs", []), [package.split("==")[0] for package in row["packages"]]
        accuracies = [run["accuracy"] for run in runs]
        quiet = sum(not run["contended"] for run in runs)
        ratio = medians[row["name"]] / medians["cnn"] if runs and "cnn" in medians else None
        rows.append(
            (
                row["title"],
                percent(statistics.mean(accuracies)) if runs else "–",
                str(len(runs)),
                f"{seconds(medians[row['name']])}{'' if quiet else ' †'}" if runs else "–",
                "–" if ratio is None else seconds(ratio),
                ", ".join(f"{name} {row['versions'][name]}" for name in versions) if runs else "–",
            )
        )
    table = markdown(PEER_COLUMNS, rows, left=(PEER_COLUMNS[0], PEER_COLUMNS[-1]))
    notes = [f"- [{row['title']}]({row['source']}): {row['differs']}.\n" for row in record["rows"] if "source" in row]
    failures = [f"{row['title']} failed: {row['failure']}" for row in record["rows"] if "failure" in row]
    notes += [f"- {escape(failure)}\n" for failure in failures]
    return f"{table}{''.join(notes)}- {PEER_CLOCK}\n\n{line(record['machine'])}."


def median_seconds(row):
    """Take the median over the runs that other programs did not slow down or, where there are none, over all."""
    runs = row["runs"]
    return statistics.median(run["seconds"] for run in [run for run in runs if not run["contended"]] or runs)


def tables(measured, table):
    """Make the tables of README.md and docs/, by the names of their places."""
    notebooks = ["| notebook | minutes in class | of them exercises | seconds to run |", "|---|---:|---:|---:|"]
    for lesson in lessons(ROOT):
        wall = measured["notebooks"][lesson.name.removesuffix(".ipynb")]["wall"]
        link = f"[{lesson.title}](notebooks/{lesson.name})"
        notebooks.append(f"| {link} | {lesson.minutes} | {lesson.exercise_minutes} | {wall:.0f} |")
    notebooks += ["", f"The seconds include the start of the kernel and all imports. {line(measured['machine'])}."]
    compared = ["| in one run, side by side | times as fast |", "|---|---|"]
    for name, other, words in COMPARED:
        [row] = [row for row in measured[name]["rows"] if row["name"] == other]
        compared.append(f"| {words} | {row['times_as_fast']:.{0 if row['times_as_fast'] > 20 else 2}f} |")
    load = 1000 * statistics.median(measured["load"])
    compared += [
        "",
        f"A cached `load()`, 70,000 digits verified, takes {load:.0f} ms.",
        "",
        f"{line(measured['machine'])}.",
    ]
    shown = [note for note in notes(table) if not note.startswith("To 97 %")]
    _, (_, *calibration), _ = parts(table)
    sizes = "; ".join(f"{SYSTEMS[name]}: {size / 1e6:,.0f} MB" for name, size in measured["kits"]["bytes"].items())
    return {
        "kits": f"A kit for Python {measured['kits']['python']}, MNIST included: {sizes}.",
        "notebooks": "\n".join(notebooks),
        "benchmark": markdown(*cells(table, COLUMNS), shown).rstrip(),
        "recipes": f"{markdown(*cells(table, MORE_COLUMNS), notes(table))}\n{markdown(*calibration)}".rstrip(),
        "measured": "\n".join(compared),
        "peers": peers(measured["peers"]),
    }


def measured():
    """Read what was measured, with the comparisons that tools/speed.py has written beside it."""
    others = read("peers") if (RESULTS / "peers.json").exists() else None
    return read("measured") | {"kits": read("kits"), "peers": others} | {name: read(name) for name, *_ in COMPARED}


def picture(path):
    """Draw accuracy against seconds."""
    to_png(scatter(benchmark(), "seconds", published()).figure, path)


def corruptions(path):
    """Draw the accuracy of `cnn` on corrupted digits."""
    [measured] = [one for one in corrupted() if (one.recipe, one.seed, one.evaluated_on) == ("cnn", 0, "test")]
    to_png(draw_robustness(measured), path, dpi=80)


def digits(path):
    """Draw some digits, in the shares that MNIST has of each."""
    mnist = mt.load("full")
    few = mnist.train.take(len(mnist.train) // 1000, seed=0)
    mt.plots.digits(few.images[:40], columns=20).savefig(path, dpi=60)


DRAWINGS = {"benchmark": picture, "digits": digits, "robustness": corruptions}


def pages(made):
    """Read the pages, with the tables put into their places."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = page.read_text(encoding="utf-8")
        for name, table in made.items():
            begin, end = f"<!-- {name}: written by make readme -->\n", f"\n<!-- end of {name} -->"
            if begin in text:
                head, rest = text.split(begin)
                text = f"{head}{begin}{table}{end}{rest.split(end)[1]}"
        yield page, text


if __name__ == "__main__":
    for page, text in pages(tables(measured(), benchmark())):
        page.write_text(text, encoding="utf-8")
    for name, draw in DRAWINGS.items():
        draw(PICTURES / f"{name}.png")
