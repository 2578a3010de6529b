import pytest

from mnist_tutorial.benchmark.robustness import CORRUPTIONS, read_all


@pytest.mark.full
def test_a_recipe_is_trained_and_measured_on_all_corruptions(run_python, quick_file, tmp_path):
    name, out = f"{quick_file}:quick", tmp_path / "out"
    done = run_python(
        *("-m", "mnist_tutorial", "benchmark", "robustness", name, "--variant", "sample", "--out", str(out))
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no bar where there is no terminal
    [found], refused = read_all(out)
    assert refused == []
    assert (found.recipe, found.evaluated_on, found.variant, found.seed) == ("quick", "test", "sample", 0)
    assert found.clean > 0.75
    assert found.accuracies["rotate"][4] < found.accuracies["rotate"][0] < found.clean + 0.02
    assert all(corruption in done.stdout for corruption in CORRUPTIONS)
    assert f"{found.mean:.2%}" in done.stdout
    assert sorted(path.suffix for path in out.iterdir()) == [".json", ".png"]
