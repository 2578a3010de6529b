import base64
import re
from dataclasses import replace

import numpy as np
import pytest
from bs4 import BeautifulSoup  # which nbconvert needs, too
from conftest import made_probabilities, made_result

from mnist_tutorial.benchmark.clock import CONTENDED
from mnist_tutorial.benchmark.report import page
from mnist_tutorial.benchmark.report.table import published
from mnist_tutorial.benchmark.result import Failure
from mnist_tutorial.benchmark.splits import true_labels
from mnist_tutorial.benchmark.summary import aggregate
from mnist_tutorial.data.reference import COUNTS
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.stats import wilson_interval


def report(folder, *results, refused=(), failures=()):
    """Write a report; returns the page, the text below each of its headings, and the Markdown."""
    html, markdown = page.write(aggregate(results), list(refused), list(failures), folder / "new" / "site")
    seen, texts, heading = BeautifulSoup(html.read_text(encoding="utf-8"), "html.parser"), {}, ""
    for part in seen.main.find_all(recursive=False):
        heading = part.text if part.name in ("h1", "h2") else heading
        texts[heading] = f"{texts.get(heading, '')} {part.get_text(' ')}"
    return seen, {heading: " ".join(text.split()) for heading, text in texts.items()}, markdown.read_text("utf-8")


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """A report with runs of both kinds on both variants, some of them contended."""
    runs = [made_result("cnn", seed, 50 + seed, wall=5.0 + seed) for seed in range(3)]
    runs += [made_result("cnn", seed, 20, evaluated_on="validation") for seed in range(2)]
    runs += [made_result("linear", 0, 780, wall=1.0, other_cpu_seconds=30.0)]
    return report(tmp_path_factory.mktemp("site"), *runs, made_result("small", variant="sample", wrong=5))


def test_it_asks_for_nothing_outside(usual):
    seen, _, _ = usual
    assert not seen.find_all(["script", "link", "iframe", "object", "embed", "audio", "video", "svg"])
    sources = {result.url for result in published()}
    assert {link["href"] for link in seen.select("a[href]") if not link["href"].startswith("#")} == sources
    assert all(seen.find(id=link["href"][1:]) for link in seen.select("a[href^='#']"))
    assert all(thing["src"].startswith("data:image/svg+xml;base64,") for thing in seen.select("[src]"))
    assert not re.search(r"@import|url\(", seen.style.text)
    assert "prefers-color-scheme: dark" in seen.style.text


def test_each_figure_is_an_image_with_a_text_and_its_numbers_stand_in_tables(usual):
    seen, texts, _ = usual
    images = seen.find_all("img")
    assert len(images) == 3 + 2
    assert all("all numbers are in the table" in image["alt"] for image in images)
    assert "cnn 120,000 10.0 99.60 99.60 99.60" in texts["Results on MNIST"]  # a point of the learning curve
    assert "linear 70,794 92.20" in texts["Results on MNIST"]
    shaded = seen.find(id="full-errors").find_next("table").select("td[style*=' 45%']")  # the worst of each recipe
    assert len({cell.parent.a.text for cell in shaded}) == 2
    for image in images:  # each is a picture that asks for nothing outside; nobody fetches a namespace
        svg = base64.b64decode(image["src"].split(",")[1]).decode()
        assert all(link.startswith(("#", "data:")) for link in re.findall(r'href="([^"]+)"', svg))


def test_the_headline_counts_and_the_protocol_has_the_numbers_of_the_package(usual):
    _, texts, markdown = usual
    held_out, (low, high) = len(true_labels("full", "validation")), wilson_interval(9_950, COUNTS["test"])
    for headline, rules in ((texts["MNIST benchmark"], texts["Protocol"]), (markdown, markdown)):
        assert "3 recipes, 5 test runs, 2 validation runs, 2026-11-23." in headline
        assert re.search(r"Contended runs.*: 1\.", headline)
        assert f"{COUNTS['train'] - held_out:,} of the {COUNTS['train']:,} training digits" in rules
        assert f"more than {100 * CONTENDED:g} % of the processor time" in rules
        assert f"{50 * (high - low):.2f} percentage points" in rules
    assert "Problems" not in texts


def test_every_run_is_listed_with_its_seed_and_times(usual):
    text = usual[1]["Recipes"]
    for seed in range(3):
        assert f"test {seed} {99.5 - seed / 100:.2f} {50 + seed} {5 + seed}.00" in text
    assert "validation 0 99.60 20" in text
    assert text.count("contended") == 1
    assert text.count("2026-11-23 07:59:00 UTC") == 6
    assert made_result().docstring.splitlines()[0] in text


def test_a_reviewer_sees_what_ran_and_failed_and_what_looks_like_markup_is_text(tmp_path):
    error = "Traceback (most recent call last):\n  File 'my.py'\nValueError: 1 <b> 2"
    failures = [("Ada", Failure("mine", 3, "test", error, "2026-11-23")), ("", Failure("x", 0, "test", "", ""))]
    refused = [MNISTError("results/x.json: cut short | delete it")]
    run = made_result("x", docstring="If a <b> c.\n\nSource: 1 & 2.", source="import numpy\n\ndef x(run): '''<b>'''")
    run = made_probabilities(replace(run, code=run.code | {"beside_it": "2" * 16}), 5.0 * np.eye(10)[run.predicted])
    sample = made_result(variant="sample")
    seen, texts, markdown = report(tmp_path, run, sample, refused=refused, failures=failures)
    for words in ("Ada/mine, seed 3, test", "ValueError: 1 <b> 2", "File 'my.py'", "x.json: cut short | delete it"):
        assert words in texts["Problems"]
    for words in ("If a <b> c.", "import numpy def x(run): '''<b>'''", "not kept here: beside_it"):
        assert words in texts["Recipes"]
    assert not seen.find("b")
    assert "- Ada/mine, seed 3, test: ValueError: 1 &lt;b&gt; 2" in markdown
    assert "cut short \\| delete it" in markdown
    assert "| x | 1 | 0.50 | " in markdown
    assert seen.find(id="full-calibration")
    assert not seen.find(id="sample-calibration")


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MNISTError, match=r"file.site: cannot write the report .*--out"):
        page.write([], [], [], tmp_path / "file" / "site")
