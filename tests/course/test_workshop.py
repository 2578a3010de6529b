"""`lab`: the files of a workshop, a server that answers, and a kernel that has what the notebooks need."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import requests
import urllib3
from conftest import ROOT
from jupyter_client import BlockingKernelClient
from typer.testing import CliRunner

from mnist_tutorial import MNISTError
from mnist_tutorial.cli import app
from mnist_tutorial.course import teach
from mnist_tutorial.course.lesson import lessons, tags


@pytest.fixture(scope="module")
def lab(tmp_path_factory, mnist):
    """Start `lab` while its port is taken.

    The value has the folder, the contents that were written into it, the printed lines, the address and the token of
    the server, its port, and the port that was taken.
    """
    folder, config = tmp_path_factory.mktemp("a workshop"), str(tmp_path_factory.mktemp("config"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "mnist_tutorial", "lab", str(folder), "--no-browser", f"--port={port}"],
            cwd=ROOT,
            env=os.environ | {"JUPYTER_CONFIG_DIR": config, "JUPYTER_RUNTIME_DIR": config},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        printed = ""
        try:
            for line in process.stdout:
                printed += line
                if match := re.search(r"(http://127\.0\.0\.1:(\d+)/)lab\S*\?token=(\w+)", line):
                    break
            else:
                pytest.fail(f"lab ended without an address:\n{printed}")
            contents = {
                path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
            }
            yield SimpleNamespace(
                folder=folder,
                contents=contents,
                printed=printed,
                address=match[1],
                token=match[3],
                port=int(match[2]),
                taken_port=port,
                runtime=Path(config),
            )
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.stdout.read()  # until the server has closed it
            process.wait(30)


def session(address):
    """Connect with retries: Jupyter prints its address a moment before it listens there."""
    connection = requests.Session()
    connection.mount(address, requests.adapters.HTTPAdapter(max_retries=urllib3.Retry(connect=8, backoff_factor=0.1)))
    return connection


def execute(lab, code):
    """Run a cell in a kernel of the server; returns the text that it prints."""
    headers, printed = {"Authorization": f"token {lab.token}"}, []
    kernel = requests.post(f"{lab.address}api/kernels", headers=headers, json={"name": "python3"}, timeout=60).json()
    client = BlockingKernelClient(connection_file=str(lab.runtime / f"kernel-{kernel['id']}.json"))
    client.load_connection_file()
    client.start_channels(hb=False)
    client.wait_for_ready(timeout=120)
    show = lambda message: printed.append(message["content"].get("text", ""))  # noqa: E731
    reply = client.execute_interactive(code, timeout=120, output_hook=show)
    client.stop_channels()
    requests.delete(f"{lab.address}api/kernels/{kernel['id']}", headers=headers, timeout=60)
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(printed)


def test_the_server_answers_on_the_next_port_and_a_notebook_can_load_mnist(lab):
    assert lab.port != lab.taken_port
    headers = {"Authorization": f"token {lab.token}"}
    contents = session(lab.address).get(f"{lab.address}api/contents", headers=headers, timeout=60).json()
    assert "01_loading.ipynb" in {entry["name"] for entry in contents["content"]}
    assert requests.get(f"{lab.address}lab", params={"token": lab.token}, timeout=60).status_code == 200
    assert execute(lab, "import mnist_tutorial as mt\nprint(mt.load().variant)") == "full\n"


def test_there_are_notebooks_for_both_and_solutions_and_a_schedule(lab):
    names = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    for kind in ("student", "instructor"):
        assert {path.name for path in (lab.folder / kind).iterdir()} == names
    assert {path.stem for path in (lab.folder / "solutions").iterdir()} == {name[:-6] for name in names}
    for name, start in (("schedule", "09:00"), ("half-day", "09:00"), ("evenings", "18:00")):
        assert f"| {start} |" in lab.contents[f"{name}.md"].decode()
    assert f"{len(lab.contents)} of {len(lab.contents)} files" in lab.printed


def test_links_of_the_notebooks_and_of_the_solutions_lead_somewhere(lab):
    for path in [*lab.folder.glob("*/*.ipynb"), *lab.folder.glob("*.md")]:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            text = "\n".join(c.source for c in nbformat.reads(text, 4).cells if c.cell_type == "markdown")
        for target in re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", text):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
    for path in lab.folder.glob("solutions/*.html"):
        for target in re.findall(r'href="([^":#]+\.(?:html|ipynb))', path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_solutions_show_formulas_without_a_script(lab):
    page = (lab.folder / "solutions/03_neuron.html").read_text(encoding="utf-8")
    formulas = re.findall(r"<math .*?</math>", page, re.DOTALL)
    assert len(formulas) >= 5
    assert any(formula.count("<mtr>") == 4 for formula in formulas)  # the gradient, on paper
    text = re.sub(r"<(pre|style|script|math).*?</\1>", "", page, flags=re.DOTALL)
    assert "$" not in text
    assert "\\frac" not in text


def test_the_solutions_show_titles_code_hints_and_model_answers_and_fetch_nothing(lab):
    for lesson in lessons(ROOT):
        text = (lab.folder / f"solutions/{lesson.name[:-6]}.html").read_text(encoding="utf-8")
        assert f"<title>{lesson.title}</title>" in text
        assert "# solution" in text
        assert not re.findall(r'(?:src|href)="https?://[^"]*\.(?:js|css)', text)
        assert re.search(r"<details><summary>Hint</summary>.*?<p>", text, re.DOTALL)
        models = sum("model" in tags(cell) for cell in lesson.notebook.cells)
        assert text.count("<details open") == models > 0


def test_running_it_again_keeps_what_a_student_has_changed_and_says_so(lab):
    path = lab.folder / "student/01_loading.ipynb"
    path.write_text(path.read_text().replace("import mnist_tutorial as mt", "import mnist_tutorial as mine"))
    mine = path.read_bytes()
    printed = CliRunner().invoke(app, ["workshop", str(lab.folder)]).stdout
    assert path.read_bytes() == mine
    (ours,) = path.parent.glob("01_loading.new-*.ipynb")
    assert ours.read_bytes() == lab.contents["student/01_loading.ipynb"]
    assert str(path) in printed
    assert ours.name in printed
    again = CliRunner().invoke(app, ["workshop", str(lab.folder)]).stdout  # nothing newer: nothing about it
    assert f"0 of {len(lab.contents)} files" in again
    assert ours.name not in again


def test_what_is_wrong_with_the_folder_is_one_line(tmp_path):
    (tmp_path / "file").write_text("mine")
    done = CliRunner().invoke(app, ["workshop", "write", str(tmp_path / "file")])
    assert done.exit_code == 1
    assert re.fullmatch(r"error: .*/file: .*\n", done.stderr)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("arguments", [["grade"], ["one", "two"], ["write", "one", "two"]])
def test_what_is_not_one_folder_is_a_wrong_use_and_writes_nothing(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["workshop", *arguments])
    assert done.exit_code == 2
    assert "expected one folder" in done.stderr
    assert not [*tmp_path.iterdir()]


def test_another_process_makes_the_same_files(lab):
    made = teach.files(ROOT)
    assert {name: lab.contents[name] for name in made} == made


def test_a_notebook_that_does_not_run_is_named_with_its_error(tmp_path):
    (tmp_path / "notebooks").mkdir()
    path = tmp_path / "notebooks/01_loading.ipynb"
    text = (ROOT / "notebooks" / path.name).read_text(encoding="utf-8")
    path.write_text(text.replace("import mnist_tutorial as mt", "import mnist_of_mine"), encoding="utf-8")
    with pytest.raises(MNISTError, match=r"01_loading\.ipynb: .*No module named 'mnist_of_mine'"):
        teach.files(tmp_path, execute=True)
