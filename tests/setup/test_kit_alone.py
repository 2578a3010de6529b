"""A whole kit, with all its wheels, and nothing else: no network, and an empty home."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def verify(folder):
    subprocess.run([sys.executable, "-m", "mnist_tutorial", "kit", str(folder), "--verify"], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are a thing of Linux")
@pytest.mark.full
@pytest.mark.timeout(3_600)
def test_a_kit_alone_leads_to_the_first_notebook(tmp_path):
    """The kit in the folder KIT, written if it is not there, on a machine with no network and an empty home."""
    folder, home = Path(os.environ.get("KIT", "build/kit")).absolute(), tmp_path / "home"
    subprocess.run([sys.executable, "-m", "mnist_tutorial", "kit", str(folder)], check=True)
    verify(folder)
    home.mkdir()
    alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHON": sys.executable}
    done = subprocess.run([*alone, "sh", str(folder / "start.sh"), "my course", "--version"], cwd=home, env=environment)
    assert done.returncode == 0
    python = str(home / "my course/environment/bin/python")
    # The server, a client of it, and the notebook, all in one place without a network.
    code = """if True:
        import subprocess, sys, requests, urllib3
        lab = [*sys.argv[1:], "--no-browser", "--port", "18888", "--ServerApp.port_retries=0"]
        server = subprocess.Popen(lab, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            assert any("is running at" in line for line in server.stdout)
            # Jupyter prints its address a moment before it listens there.
            retries = requests.adapters.HTTPAdapter(max_retries=urllib3.Retry(connect=8, backoff_factor=0.1))
            connection = requests.Session()
            connection.mount("http://", retries)
            print(connection.get("http://127.0.0.1:18888/api", timeout=60).text)
        finally:
            server.terminate()
            server.communicate()
    """
    start_again = ["sh", str(folder / "start.sh"), "my course"]
    done = subprocess.run(
        [*alone, python, "-c", code, *start_again], cwd=home, env=environment, text=True, capture_output=True
    )
    assert "version" in done.stdout, done.stderr
    notebook = home / "my course/course/student/01_loading.ipynb"
    execute = [python, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", "--output-dir", str(home)]
    subprocess.run([*alone, *execute, str(notebook)], cwd=notebook.parent, env=environment, check=True)
    cells = json.loads((home / notebook.name).read_text(encoding="utf-8"))["cells"]
    assert any(cell.get("outputs") for cell in cells)
    verify(folder)  # nothing was written to the stick
