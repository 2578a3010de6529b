"""`workshop` writes the course, also for Colab; `lab` has a server that answers and a kernel that runs notebooks."""

import re
import shutil

import nbformat
import pytest
import requests
import urllib3
from conftest import ROOT
from jupyter_client import BlockingKernelClient
from lab_server import jupyter
from typer.testing import CliRunner

from mnist_tutorial import MNISTError
from mnist_tutorial.cli import app
from mnist_tutorial.course import teach
from mnist_tutorial.course.lesson import BRANCH, lessons, tags

NAMES = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}


def workshop(*arguments):
    return CliRunner().invoke(app, ["workshop", *map(str, arguments)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a workshop")
    done = workshop(folder)
    count = len([path for path in folder.rglob("*") if path.is_file()])
    assert f"{count} of {count} files" in done.stdout
    return folder


@pytest.fixture(scope="module")
def online(tmp_path_factory):
    folder = tmp_path_factory.mktemp("online")
    assert workshop(folder, "--online").exit_code == 0
    return folder


def links(path):
    """List where the links of a text or a notebook lead."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join(c.source for c in nbformat.reads(text, 4).cells if c.cell_type == "markdown")
    return re.findall(r"\]\(([^)]+)\)", text)


def test_the_server_answers_and_a_notebook_can_load_mnist(tmp_path, mnist):
    (tmp_path / "kernels/python3").mkdir(parents=True)  # a broken one, which hides ours from others
    (tmp_path / "kernels/python3/kernel.json").write_text("{")
    places = dict.fromkeys(("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_PATH"), str(tmp_path))
    with jupyter("mnist_tutorial", "lab", f"{tmp_path}/of mine", **places) as (address, token):
        session = requests.Session()  # with retries: Jupyter prints its address a moment before it listens there
        session.mount(address, requests.adapters.HTTPAdapter(max_retries=urllib3.Retry(connect=8, backoff_factor=0.1)))
        session.headers["Authorization"] = f"token {token}"
        assert session.get(f"{address}lab", timeout=60).status_code == 200
        entries = session.get(f"{address}api/contents", timeout=60).json()["content"]
        assert {entry["name"] for entry in entries} == {f"{name}.ipynb" for name in NAMES}
        kernel = session.post(f"{address}api/kernels", json={"name": "python3"}, timeout=60).json()["id"]
        client, printed = BlockingKernelClient(connection_file=f"{tmp_path}/kernel-{kernel}.json"), []
        client.load_connection_file()
        client.start_channels(hb=False)
        client.wait_for_ready(timeout=120)
        code = "import mnist_tutorial as mt\nprint(mt.load().variant)"
        client.execute_interactive(code, timeout=120, output_hook=lambda message: printed.append(message["content"]))
        client.stop_channels()
        assert {"name": "stdout", "text": "full\n"} in printed
    made = teach.files(ROOT)  # another process makes the same files
    assert {name: (tmp_path / "of mine" / name).read_bytes() for name in made} == made


def test_there_are_notebooks_for_both_and_solutions_and_a_schedule(folder):
    for kind in ("student", "instructor", "solutions"):
        assert {path.stem for path in (folder / kind).iterdir()} == NAMES
    for name, start in (("schedule", "09:00"), ("half-day", "09:00"), ("evenings", "18:00")):
        assert f"| {start} |" in (folder / f"{name}.md").read_text(encoding="utf-8")


def test_links_of_the_notebooks_and_of_the_solutions_lead_somewhere(folder):
    for path in [*folder.glob("*/*.ipynb"), *folder.glob("*.md")]:
        for target in links(path):
            assert ":" in target or (path.parent / target.partition("#")[0]).exists(), f"{path.name}: {target}"
    for path in folder.glob("solutions/*.html"):
        for target in re.findall(r'href="([^":#]+\.(?:html|ipynb))', path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_solutions_show_titles_code_hints_model_answers_and_formulas_and_fetch_nothing(folder):
    for lesson in lessons(ROOT):
        text = (folder / f"solutions/{lesson.name[:-6]}.html").read_text(encoding="utf-8")
        assert f"<title>{lesson.title}</title>" in text
        assert "# solution" in text
        assert not re.findall(r'(?:src|href)="https?://[^"]*\.(?:js|css)', text)
        assert re.search(r"<details><summary>Hint</summary>.*?<p>", text, re.DOTALL)
        models = sum("model" in tags(cell) for cell in lesson.notebook.cells)
        assert text.count("<details open") == models > 0
    page = (folder / "solutions/03_neuron.html").read_text(encoding="utf-8")
    formulas = re.findall(r"<math .*?</math>", page, re.DOTALL)
    assert len(formulas) >= 5
    assert any(formula.count("<mtr>") == 4 for formula in formulas)  # the gradient, on paper
    assert not re.search(r"\$|\\frac", re.sub(r"<(pre|style|script|math).*?</\1>", "", page, flags=re.DOTALL))


def test_badges_lead_students_and_readers_of_solutions_to_the_students_notebooks(online):
    badge = r"(?:colab[^)\"]+github|=https://github.com)/DeepTrackAI/mnist-tutorial/blob/course/(\w+)/(\w+\.ipynb)[)\"]"
    for folder, kind in (("student", "student"), ("instructor", "instructor"), ("solutions", "student")):
        for path in online.glob(f"{folder}/*"):
            leads = re.findall(badge, path.read_text(encoding="utf-8"))
            assert leads == [(kind, f"{path.stem}.ipynb")] * (0 if path.stem == "glossary" else 2), path


def test_online_links_between_the_notebooks_lead_to_the_repository_and_nothing_else_differs(online, folder):
    paths = {path.relative_to(folder) for path in folder.rglob("*")}
    assert {path.relative_to(online) for path in online.rglob("*")} == paths
    for path in (path for path in paths if path.suffix):
        text, kind = (online / path).read_bytes().decode(), path.parts[0]
        assert re.sub(rf"\]\({BRANCH}/{kind}/(\w+\.ipynb)\)", r"](\1)", text) == (folder / path).read_bytes().decode()
        if path.suffix == ".ipynb":
            assert links(online / path)
            assert all(target.startswith("https://") for target in links(online / path))
    assert f"{BRANCH}/student/glossary.ipynb" in links(online / "student/01_loading.ipynb")


def test_running_it_again_keeps_what_a_student_has_changed_and_says_so(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "student/01_loading.ipynb"
    ours, mine = path.read_text(), path.read_text().replace("import mnist_tutorial as mt", "import mnist_tutorial as m")
    path.write_text(mine)
    printed = workshop(tmp_path).stdout
    assert path.read_text() == mine
    (beside,) = path.parent.glob("01_loading.new-*.ipynb")
    assert beside.read_text() == ours
    assert str(path) in printed
    assert beside.name in printed
    again = workshop(tmp_path).stdout  # nothing newer: nothing about it
    assert ": 0 of " in again
    assert beside.name not in again


def test_a_folder_that_is_a_file_is_one_line(tmp_path):
    (tmp_path / "file").write_text("mine")
    done = workshop(tmp_path / "file")
    assert done.exit_code == 1
    assert re.fullmatch(r"error: .*/file: .*\n", done.stderr)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_notebook_that_does_not_run_is_named_with_its_error(tmp_path):
    (tmp_path / "notebooks").mkdir()
    path = tmp_path / "notebooks/01_loading.ipynb"
    text = (ROOT / "notebooks" / path.name).read_text(encoding="utf-8")
    path.write_text(text.replace("import mnist_tutorial as mt", "import mnist_of_mine"), encoding="utf-8")
    with pytest.raises(MNISTError, match=r"01_loading\.ipynb: .*No module named 'mnist_of_mine'"):
        teach.files(tmp_path, execute=True)
