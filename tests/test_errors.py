import pytest

from mnist_tutorial.errors import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada, Zoë, علی‌رضا, 👩‍💻\nand\ta tab", None),
        ("\x9b2J\r\b\0\x7f", r"\x9b2J\r\x08\x00\x7f"),
        ("\u202eabc\u2066\u2028", r"\u202eabc\u2066\u2028"),
        ("caf\udce9 \uffff", r"caf\udce9 \uffff"),
        (OSError("\x1b[2J"), r"\x1b[2J"),
    ],
)
def test_what_others_write_cannot_steer_a_terminal(text, shown):
    assert printable(text) == (shown or text)
    assert printable("a\nb\tc", keep="") == r"a\nb\tc"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_checks_print_their_lines_whatever_the_output_can_show(encoding, run_python):
    program = "from mnist_tutorial.course.checks.claims import claim; claim('accuracy', 1, at_least=0.5)"
    done = run_python("-c", program, PYTHONIOENCODING=encoding)
    assert done.stdout.endswith(" accuracy: 1, at least 0.5\n")
    assert done.stdout.startswith("✓" if encoding == "utf-8" else "?")
