"""`make lab`: a server that answers, and a kernel behind it that has what the notebooks need."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import uuid

import pytest
import requests
import urllib3
import websocket
from conftest import ROOT


@pytest.fixture
def lab(tmp_path, mnist):
    """Start `make lab` while its port is taken; the value is the address and the token, and the port that was taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        process = subprocess.Popen(
            [shutil.which("make"), "lab", f"LAB_ARGS=--no-browser --port={port}"],
            cwd=ROOT,
            env=environment | {"JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            for line in process.stdout:
                if found := re.search(r"(http://127\.0\.0\.1:(\d+)/)lab\S*\?token=(\w+)", line):
                    yield found[1], found[3], port, int(found[2])
                    break
            else:
                pytest.fail("make lab ended without an address")
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.stdout.read()  # until the server has closed it
            process.wait(30)


def session(address):
    """Connect again for a while: Jupyter prints its address a moment before it listens there."""
    made = requests.Session()
    made.mount(address, requests.adapters.HTTPAdapter(max_retries=urllib3.Retry(connect=8, backoff_factor=0.1)))
    return made


def execute(address, token, cells):
    """Run cells in a kernel of the server as a browser does; gives the text that they print."""
    headers = {"Authorization": f"token {token}"}
    kernel = requests.post(f"{address}api/kernels", headers=headers, json={"name": "python3"}, timeout=60).json()["id"]
    url = f"{address.replace('http', 'ws')}api/kernels/{kernel}/channels"
    channel = websocket.create_connection(url, header=headers, timeout=120)
    printed = ""
    for cell in cells:
        message = str(uuid.uuid4())
        header = {"msg_id": message, "msg_type": "execute_request", "username": "", "session": "s", "version": "5.3"}
        content = {"code": cell, "silent": False, "store_history": True, "allow_stdin": False}
        request = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        channel.send(json.dumps(request))
        done = set()
        while done < {"reply", "idle"}:
            answer = json.loads(channel.recv())
            if answer["parent_header"].get("msg_id") != message:
                continue
            if answer["msg_type"] == "stream":
                printed += answer["content"]["text"]
            elif answer["msg_type"] == "execute_reply":
                assert answer["content"]["status"] == "ok", answer["content"]
                done.add("reply")
            elif answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
                done.add("idle")
    channel.close()
    requests.delete(f"{address}api/kernels/{kernel}", headers=headers, timeout=60)
    return printed


def test_the_server_answers_on_the_next_port_and_a_notebook_can_load_mnist(lab):
    address, token, wanted, port = lab
    assert port != wanted
    headers = {"Authorization": f"token {token}"}
    contents = session(address).get(f"{address}api/contents", headers=headers, timeout=60).json()
    assert "01_loading.ipynb" in {entry["name"] for entry in contents["content"]}
    assert requests.get(f"{address}lab", params={"token": token}, timeout=60).status_code == 200
    assert execute(address, token, ["import mnist_tutorial as mt", "print(mt.load().variant)"]) == "full\n"
