"""What becomes of a notebook on its way to the site, and what stops a build that would lie."""

import sys

import nbformat
import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import assemble
import reading
from reading import SiteError

TERMS = {
    "pooling": ("Making maps smaller, by <one> number.", "05_cnn.ipynb"),
    "max pooling": ("Pooling that keeps the largest.", "05_cnn.ipynb"),
    "batch": ("Several images.", "01_loading.ipynb"),
}


def notebook(*cells):
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    made.cells = [markdown("# 1. Title\n\n*Open in [Colab](https://example.org)*"), *cells]
    return made


def markdown(text, *kind):
    return nbformat.v4.new_markdown_cell(text, metadata={"tags": list(kind)})


def linked(text, name="06_failures.ipynb"):
    made = notebook(markdown(text))
    assemble.link_terms(made, name, TERMS)
    return made.cells[1].source


def test_a_term_leads_to_the_glossary_where_it_is_used_first():
    text = linked("Max pooling and pooling, and pooling again.")
    assert text.count("<a ") == 2
    assert text.startswith(
        '<a class="term" href="glossary.html#term-max-pooling" title="Pooling that keeps the largest.">Max'
    )
    assert "by &lt;one&gt; number" in text
    assert 'glossary.html#term-batch"' in linked("Batches: a batch is a stack.", "02_visualizing.ipynb")
    assert linked("pooling of a batch", "05_cnn.ipynb").startswith("pooling of a <a ")  # it explains pooling itself
    assert linked("The bias $b$.").startswith("The bias <math")  # which needs no script


@pytest.mark.parametrize(
    "text", ["`pooling`", "[pooling](x.ipynb)", "**pooling**", "## Max pooling", "```\npooling\n```", "spooling"]
)
def test_code_links_headings_and_other_words_stay(text):
    assert linked(text) == text


def test_links_of_the_readme_lead_to_pages_or_to_the_repository():
    kept = "[c](notebooks/01_loading.ipynb) [d](https://x.org/y) [e](#start)"
    assert assemble.with_links(f"[a](docs/start.md) [b](LICENSE) ![f](docs/pictures/draw.png) {kept}") == (
        f"[a](start.md) [b]({assemble.REPOSITORY}/LICENSE) ![f](pictures/draw.png) {kept}"
    )
    assert assemble.with_links("[a](../README.md) [b](../results)") == (
        f"[a](index.md) [b]({assemble.REPOSITORY}/results)"
    )


def test_people_read_no_notes_for_instructors_unfold_our_answer_and_get_pictures_described():
    code = [nbformat.v4.new_code_cell("f = 1", metadata={"tags": ["solution"]}), nbformat.v4.new_code_cell("draw()")]
    hidden = markdown("Hush", "notes"), markdown("So", "slide-only")
    made = notebook(*hidden, *code, markdown("*Figure. Ten `test` digits.*"))
    _, answer, picture, _ = reading.reading_form(made).cells
    assert (answer.source, answer.metadata["tags"]) == ("f = 1", ["hide-input"])
    assert picture.metadata["mystnb"]["image"]["alt"] == "Ten test digits."


def test_files_that_are_not_of_the_site_are_not_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SiteError, match="holds files that are not of the site"):
        assemble.main(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_notebooks_that_have_not_been_run_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(assemble, "EXECUTED", tmp_path)
    with pytest.raises(SiteError, match=r"01_loading\.ipynb, .*project\.ipynb; run make notebooks"):
        assemble.main(tmp_path / "site")
