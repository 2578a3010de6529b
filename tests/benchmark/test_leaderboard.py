from dataclasses import replace

import pytest
from conftest import made_code, made_result

from mnist_tutorial.benchmark.leaderboard import leaderboard, markdown
from mnist_tutorial.benchmark.result import write
from mnist_tutorial.errors import MNISTError


@pytest.fixture
def hand_in(tmp_path):
    """A class on a shared drive; the value is a function that hands in runs, of which no two start at the same time."""
    seconds = iter(range(60))

    def put(person, recipe, errors, **others):
        folder = tmp_path / person
        folder.mkdir(parents=True, exist_ok=True)
        for seed, wrong in enumerate(errors):
            started = f"2026-11-23T07:59:{next(seconds):02}+00:00"
            write(made_result(recipe, **({"seed": seed, "wrong": wrong, "started": started} | others)), folder)

    return put


def standings(folder, variant="full"):
    return [(rank, person, standing) for rank, person, *_, standing in leaderboard(folder).rows[variant]]


def test_people_are_ranked_by_their_means_and_marked_where_the_first_is_not_ahead(hand_in, tmp_path):
    hand_in("Ada/results/gpu", "cnn", (50, 56, 49))
    hand_in("Ben", "mlp", (130, 140, 128), wall=4.0)
    hand_in("Cem", "cnn", (51, 48, 58))
    hand_in("Dua", "cnn", (51, 49, 57), evaluated_on="validation")  # not looked at
    assert standings(tmp_path) == [("1", "Ada", "first"), ("2", "Cem", "tie"), ("3", "Ben", "behind")]
    row = [*("3", "Ben", "mlp", "3", "98.67 ± 0.06", "98.43 to 98.88", "132.7", "4.00", "70,794", "A", "behind")]
    assert leaderboard(tmp_path).rows["full"][2] == row


def test_one_run_is_compared_by_its_predictions(hand_in, tmp_path):
    hand_in("Ada", "cnn", (range(50),))
    hand_in("Ben", "cnn", (range(58),))  # all errors of Ada, and more
    hand_in("Cem", "cnn", (range(50, 109),))  # other ones
    assert standings(tmp_path) == [("1", "Ada", "first"), ("2", "Ben", "behind"), ("3", "Cem", "tie")]


def test_a_damaged_file_is_refused_by_name_and_costs_nobody_else_anything(hand_in, tmp_path):
    hand_in("Ada", "cnn", (50, 51))
    hand_in("Eve", "cnn", (90,))
    [path] = (tmp_path / "Eve").iterdir()
    path.write_text(path.read_text().replace("0.991", "0.999"))
    assert standings(tmp_path) == [("1", "Ada", "first")]
    [why] = leaderboard(tmp_path).refused
    assert why.startswith(f"{path}: ")
    assert "## Refused" in markdown(leaderboard(tmp_path))


@pytest.mark.parametrize(
    ("recipe", "second", "why"),
    [("cnn", "09", "the same code"), ("cnn", "00", "in the same second"), ("mine", "09", "different code")],
)
def test_predictions_that_two_people_share_are_marked_and_keep_their_rank(hand_in, tmp_path, recipe, second, why):
    hand_in("Ada", "cnn", (50,))
    hand_in("Ben", "cnn", (60,), seed=1)
    (tmp_path / "Eve").mkdir()
    code = {} if recipe == "cnn" else {"recipe": "mine", "code": made_code("mine")}  # a print is enough
    copied = replace(made_result("cnn", 0, 50), started=f"2026-11-23T07:59:{second}+00:00", **code)
    write(copied, tmp_path / "Eve")
    assert standings(tmp_path) == [("1", "Ada", "first ="), ("1", "Eve", "identical ="), ("3", "Ben", "tie")]
    [note] = [note for note in leaderboard(tmp_path).notes["full"] if note.startswith("=")]
    assert note.startswith(f"= Ada/cnn, Eve/{recipe}: ")
    assert why in note
    assert note in markdown(leaderboard(tmp_path))


def test_variants_have_tables_of_their_own_and_a_note_names_what_is_above_the_best_published_result(hand_in, tmp_path):
    hand_in("Eve", "cnn", (0,), wall=0.01)
    hand_in("Ben", "cnn", (50,), seed=7)
    hand_in("Cem", "cnn", (50, 30), variant="sample")
    assert standings(tmp_path) == [("1", "Eve", "first"), ("2", "Ben", "behind")]
    assert standings(tmp_path, "sample") == [("1", "Cem", "first")]
    notes = leaderboard(tmp_path).notes["full"]
    assert any(note.startswith("Eve/cnn: 100.00 % is above the best published result") for note in notes)
    assert any(note.startswith("Ben/cnn: seeds 7") for note in notes)  # selected ones


def test_an_empty_folder_has_no_results_and_a_missing_one_is_an_error(tmp_path):
    assert markdown(leaderboard(tmp_path)).endswith("No results.\n")
    with pytest.raises(MNISTError, match="no such folder"):
        leaderboard(tmp_path / "nowhere")
