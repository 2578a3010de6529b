import re
from html.parser import HTMLParser

import pytest
from conftest import made_result

from mnist_tutorial.benchmark.report import page
from mnist_tutorial.benchmark.report.literature import published
from mnist_tutorial.errors import MNISTError

EVIL = "<script>alert('me')</script>"


class Seen(HTMLParser):
    """Collects tags, attributes, and the text below each heading."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.images, self.texts = [], [], [], [], {}
        self._heading, self._inside = "", None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [(tag, attributes[name]) for name in ("href", "src", "xlink:href") if name in attributes]
        self.images += [attributes] if attributes.get("role") == "img" else []
        self._inside = tag
        if tag in {"h1", "h2"}:
            self._heading = ""

    def handle_data(self, data):
        if self._inside in {"h1", "h2"} and not self._heading:
            self._heading = data.strip()
        self.texts[self._heading] = self.texts.get(self._heading, "") + data + " "


def report(tmp_path, *results, refused=(), failures=()):
    html, markdown = page.write(list(results), list(refused), list(failures), tmp_path / "new" / "site")
    return Seen(html.read_text(encoding="utf-8")), markdown.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made():
    runs = [made_result("cnn", seed, 50 + seed, wall=5.0 + seed) for seed in range(3)]
    runs += [made_result("cnn", seed, 20, evaluated_on="validation") for seed in range(2)]
    return [*runs, made_result("linear", 0, 780, wall=1.0, other_cpu_seconds=30.0)]


@pytest.fixture(scope="module")
def usual(made, tmp_path_factory):
    return report(tmp_path_factory.mktemp("usual"), *made)


def test_it_asks_for_nothing_outside(tmp_path):
    seen, _ = report(tmp_path, made_result())
    assert not {tag for tag, _ in seen.tags} & {"script", "link", "img", "iframe", "object", "embed", "audio", "video"}
    sources = {one.url for one in published()}
    for tag, link in seen.links:
        assert link.startswith("#") or (tag == "a" and link in sources)
    assert {link for _, link in seen.links if not link.startswith("#")} == sources
    [style] = re.findall(r"<style>.*?</style>", (tmp_path / "new/site/index.html").read_text(), re.DOTALL)
    assert "@import" not in style
    assert "url(" not in style
    assert "prefers-color-scheme: dark" in style


def test_ids_are_unique_and_links_lead_somewhere(tmp_path, made):
    seen, _ = report(tmp_path, *made, made_result("cnn", variant="sample", wrong=5))
    assert len(seen.images) == 5 + 3
    assert len(set(seen.ids)) == len(seen.ids)
    assert {link[1:] for _, link in seen.links if link.startswith("#")} <= set(seen.ids)


def test_each_figure_has_a_text_with_numbers_from_the_data(usual):
    seen, _ = usual
    alts = [image["aria-label"] for image in seen.images]
    assert len(alts) == 5
    assert "cnn: 6.00 s, 99.49 %" in alts[0]
    assert "cnn: 70,794 parameters, 99.49 %" in alts[1]
    assert "cnn: 99.60 % after 10.0 s" in alts[2]
    assert "most for" in alts[3]
    assert "linear: 92.20 %" in alts[4]


def test_names_docstrings_and_sources_are_text(tmp_path):
    evil = made_result("x", docstring=f"About {EVIL}.\n\nSource: 1 & 2.", source=f"def x(run): '''{EVIL}'''")
    seen, markdown = report(tmp_path, evil, made_result(EVIL.replace("/", ""), evaluated_on="validation"))
    assert "script" not in {tag for tag, _ in seen.tags}
    assert f"About {EVIL}." in seen.texts["Recipes"]
    assert f"def x(run): '''{EVIL}'''" in seen.texts["Recipes"]
    assert "<script" not in markdown


def test_every_run_is_listed_with_its_seed_times_and_looks(usual):
    seen, _ = usual
    text = " ".join(seen.texts["Recipes"].split())
    for seed in range(3):
        assert f"for the record {seed} {99.5 - seed / 100:.2f} {50 + seed} {5 + seed}.00" in text
    assert "validation 0 99.60 20" in text
    assert text.count("disturbed") == 1
    assert text.count("test, 10000 digits, 2026-11-23 08:00:00 UTC") == 4
    assert "A network of nobody." in text


def test_sample_and_full_have_sections_of_their_own(tmp_path):
    full, sample = made_result("of-all", wrong=50), made_result("of-some", wrong=5, variant="sample")
    seen, markdown = report(tmp_path, full, sample)
    assert "of-all" in seen.texts["Results on MNIST"]
    assert "of-some" not in seen.texts["Results on MNIST"]
    assert "of-some" in seen.texts["Results on the sample of MNIST"]
    assert "of-all" not in seen.texts["Results on the sample of MNIST"]
    before, after = markdown.split("## Results on the sample of MNIST")
    assert "| of-all |" in before
    assert "| of-some |" in after
    assert "| of-some |" not in before


def test_the_headline_counts(usual):
    seen, markdown = usual
    said = "2 recipes, 6 runs (4 for the record, 2 for validation), 2026-11-23. In 1 run other processes disturbed"
    assert said in seen.texts["MNIST benchmark"]
    assert said in markdown


def test_failures_and_refused_files_are_listed(tmp_path, usual):
    error = f"Traceback (most recent call last):\n  File 'my.py'\nValueError: {EVIL}"
    failure = {"kind": "failure", "recipe": "mine", "seed": 3, "evaluated_on": "test", "error": error}
    refused = [MNISTError("results/x.json: cut short | delete it")]
    seen, markdown = report(tmp_path, refused=refused, failures=[failure, {"kind": "failure", "error": ""}])
    problems = seen.texts["Problems"]
    assert "mine, seed 3, test" in problems
    assert f"ValueError: {EVIL}" in problems
    assert "File 'my.py'" in problems
    assert "results/x.json: cut short | delete it" in problems
    assert "script" not in {tag for tag, _ in seen.tags}
    assert "- mine, seed 3, test: ValueError: &lt;script&gt;" in markdown
    assert "cut short \\| delete it" in markdown
    assert "Problems" not in usual[0].texts


def test_the_protocol_has_the_numbers_of_the_package(usual):
    seen, markdown = usual
    for text in (seen.texts["Protocol"], markdown):
        assert "55,000 of the 60,000 training digits" in text
        assert "more than 5 % of the processor time" in text
        assert "0.14 percentage points" in text
    assert dict(page.protocol())["Interval"].startswith("Wilson's 95 %")


def test_the_literature_is_a_table_with_sources(usual):
    seen, _ = usual
    for one in published():
        assert one.model in seen.texts["Literature"]
        assert one.source in seen.texts["Literature"]


def test_nothing_to_report_is_a_report(tmp_path):
    seen, markdown = report(tmp_path)
    assert "No runs yet." in seen.texts["MNIST benchmark"]
    assert "No runs yet." in markdown
    assert not seen.images


def test_an_old_report_is_replaced_and_nothing_is_left_behind(tmp_path):
    report(tmp_path)
    _, markdown = report(tmp_path, made_result("cnn"))
    assert "| cnn |" in markdown
    assert sorted(path.name for path in (tmp_path / "new" / "site").iterdir()) == ["index.html", "report.md"]


def test_without_space_the_old_report_stays(tmp_path, monkeypatch):
    report(tmp_path)
    before = (tmp_path / "new/site/index.html").read_text(encoding="utf-8")

    def full(path, text, **others):
        path.write_bytes(text[:100].encode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(page.Path, "write_text", full)
    with pytest.raises(MNISTError, match="No space left"):
        page.write([made_result()], [], [], tmp_path / "new" / "site")
    assert (tmp_path / "new/site/index.html").read_text(encoding="utf-8") == before
    assert len(list((tmp_path / "new/site").iterdir())) == 2


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MNISTError, match=r"file.site: the report cannot be written .*--out"):
        page.write([], [], [], tmp_path / "file" / "site")
