import pytest

from mnist_tutorial.data.redact import redact

TEXTS = {
    "https://example.org/a.zip": "https://example.org/a.zip",
    "https://anna@example.org/a.zip": "https://example.org/a.zip",
    "https://anna:p@ss@example.org:8000/a.zip": "https://example.org:8000/a.zip",
    "https://anna:p/ss@example.org/a.zip": "https://example.org/a.zip",
    "https://anna:p#s?s@example.org/a.zip": "https://example.org/a.zip",
    "x://anna:pass@example.org/a.zip": "x://example.org/a.zip",
    "git:/anna:pass@example.org/a.zip": "git:/example.org/a.zip",  # as a path
    "http://[::1]:80/@scope/a.zip": "http://[::1]:80/@scope/a.zip",
    "https://localhost:8000/@scope/a.zip": "https://localhost:8000/@scope/a.zip",
    "https://example.org/a.zip?token=a#b": "https://example.org/a.zip",
    "http://a:b@c/d: from https://e:f@g/?h=i; me@home": "http://c/d: from https://g/ me@home",
    "/data//me@home/a.zip": "/data//me@home/a.zip",
    "C:/me@home/a.zip": "C:/me@home/a.zip",
}


@pytest.mark.parametrize("text", TEXTS)
def test_only_secrets_are_removed(text):
    assert redact(text) == TEXTS[text]
