"""Claims: one that holds is shown; one that does not informs a reader, and fails a test."""

import pytest

import mnist_tutorial as mt


def test_a_claim_that_holds_is_shown_with_its_bound_and_on_the_sample_it_is_not_tested(capsys):
    mt.checks.claim("accuracy", 0.9954, at_least=0.993)
    assert capsys.readouterr().out == "✓ accuracy: 0.9954, at least 0.993\n"
    mt.checks.claim("accuracy", 0.5, at_least=0.99, variant="sample")
    assert "is about all of MNIST" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "bounds"), [(0.98, {"at_least": 0.99}), (1.0, {"at_most": 0.9}), (float("nan"), {"at_most": 1})]
)
def test_a_claim_that_does_not_hold_fails_a_test_and_informs_a_student(value, bounds, monkeypatch, capsys):
    with pytest.raises(AssertionError, match=r"accuracy: found .*, expected at"):
        mt.checks.claim("accuracy", value, **bounds)
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    mt.checks.claim("accuracy", value, **bounds)
    assert "✗ accuracy: found" in capsys.readouterr().out


def test_a_claim_without_a_bound_is_refused():
    with pytest.raises(ValueError, match="cannot fail"):
        mt.checks.claim("accuracy", 0.5)
