import hashlib
from dataclasses import replace

import pytest
from conftest import made_result
from rich.console import Console

from mnist_tutorial.benchmark.compare.leaderboard import leaderboard, markdown, tables
from mnist_tutorial.benchmark.results.files import write
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


def shown(board):
    console = Console(width=118)
    with console.capture() as capture:
        console.print(*tables(board))
    return capture.get()


def test_entries_are_ranked_by_their_means_and_marked_where_the_first_is_not_ahead(hand_in, tmp_path):
    hand_in("Ada", "cnn", (50, 56, 49))
    hand_in("Ben", "mlp", (130, 140, 128), wall=4.0)
    hand_in("Cem", "cnn", (51, 48, 58))
    [entries] = leaderboard(tmp_path).entries.values()
    assert [(entry.rank, entry.person, entry.recipe, entry.standing) for entry in entries] == [
        (1, "Ada", "cnn", "first"),
        (2, "Cem", "cnn", "tie"),
        (3, "Ben", "mlp", "behind"),
    ]
    assert entries[2].cells == [
        *("3", "Ben", "mlp", "3", "98.67 ± 0.06", "98.43 to 98.88", "132.7", "4.00", "70,794", "A", "behind"),
    ]


def test_one_run_is_compared_by_its_predictions(hand_in, tmp_path):
    hand_in("Ada", "cnn", (range(50),))
    hand_in("Ben", "cnn", (range(58),))  # all errors of Ada, and more
    hand_in("Cem", "cnn", (range(50, 109),))  # other ones
    [entries] = leaderboard(tmp_path).entries.values()
    assert [(entry.person, entry.standing) for entry in entries] == [
        ("Ada", "first"),
        ("Ben", "behind"),
        ("Cem", "tie"),
    ]


def test_equal_means_share_a_rank(hand_in, tmp_path):
    for person in ("Ada", "Ben", "Cem"):
        hand_in(person, "cnn", (50 + (person == "Cem"), 52))
    [entries] = leaderboard(tmp_path).entries.values()
    assert [entry.rank for entry in entries] == [1, 1, 3]


def test_files_of_nobody_belong_to_nobody_and_names_come_from_the_first_folder(hand_in, tmp_path):
    hand_in("", "cnn", (50, 51))
    hand_in("Ada/results/gpu", "cnn", (60, 61))
    [entries] = leaderboard(tmp_path).entries.values()
    assert [entry.person for entry in entries] == ["-", "Ada"]


def test_what_does_not_check_out_is_refused_by_name(hand_in, tmp_path):
    hand_in("Ada", "cnn", (50, 51))
    hand_in("Eve", "cnn", (90,))
    [claimed] = (tmp_path / "Eve").iterdir()
    claimed.write_text(claimed.read_text().replace("0.991", "0.999"))
    board = leaderboard(tmp_path)
    assert [entry.person for entry in board.entries["full"]] == ["Ada"]
    [why] = board.refused
    assert why.startswith(f"{claimed}: edited after it was written")
    assert "## Refused" in markdown(board)


MINE = {
    "recipe": "mine",
    "source": "def mine(run): ...",
    "source_sha256": hashlib.sha256(b"def mine(run): ...").hexdigest(),
}


@pytest.mark.parametrize("change", [{}, MINE])
def test_a_run_that_two_people_hand_in_counts_for_neither(hand_in, tmp_path, change):
    copied = made_result("cnn", 0, 50)
    hand_in("Ada", "cnn", (60,), seed=1)
    for person, run in (("Ada", copied), ("Eve", replace(copied, **change))):
        (tmp_path / person).mkdir(exist_ok=True)
        write(run, tmp_path / person)
    board = leaderboard(tmp_path)
    assert [(entry.person, entry.summary.n) for entry in board.entries["full"]] == [("Ada", 1)]
    [why] = board.refused
    assert "one run, handed in by Ada and Eve" in why
    assert str(tmp_path / "Ada" / copied.name) in why
    assert str(tmp_path / "Eve") in why


def test_the_same_recipe_on_the_same_machine_is_no_copy(hand_in, tmp_path):
    hand_in("Ada", "cnn", (50,))
    hand_in("Ben", "cnn", (50,))
    board = leaderboard(tmp_path)
    assert board.refused == []
    assert [(entry.person, entry.standing) for entry in board.entries["full"]] == [
        ("Ada", "first"),
        ("Ben", "identical"),
    ]


def test_a_run_that_one_person_has_twice_counts_once(hand_in, tmp_path):
    run = made_result("cnn", 0, 50)
    for folder in ("Ada/a", "Ada/b"):
        (tmp_path / folder).mkdir(parents=True)
        write(run, tmp_path / folder)
    board = leaderboard(tmp_path)
    assert board.refused == []
    assert [entry.summary.n for entry in board.entries["full"]] == [1]


def test_variants_have_tables_of_their_own_and_validation_has_none(hand_in, tmp_path):
    hand_in("Ada", "cnn", (50, 51))
    hand_in("Ada", "mlp", (5, 6), variant="sample")
    hand_in("Ben", "mlp", (5, 6), evaluated_on="validation")
    board = leaderboard(tmp_path)
    assert {variant: [entry.recipe for entry in entries] for variant, entries in board.entries.items()} == {
        "full": ["cnn"],
        "sample": ["mlp"],
    }
    assert [table.title for table in tables(board)] == ["Leaderboard, MNIST full", "Leaderboard, MNIST sample"]


def test_selected_seeds_are_noted(hand_in, tmp_path):
    for seed in (3, 17):
        hand_in("Ada", "cnn", (50,), seed=seed)
    hand_in("Ben", "cnn", (50, 51))
    [note] = [note for note in leaderboard(tmp_path).notes["full"] if "seeds 3, 17" in note]
    assert note.startswith("Ada/cnn")


def test_the_table_fits_a_terminal(hand_in, tmp_path):
    hand_in("Ada", "linear", (800, 810), parameters=7_850, wall=1234.0)
    hand_in("Ben", "cnn-augmented", (range(50),) * 2)
    [row] = [line for line in shown(leaderboard(tmp_path)).splitlines() if "Ada" in line]
    assert " ".join(row.split()[3:]) == "2 91.95 ± 0.07 91.40 to 92.47 805.0 1,234 7,850 A behind"


def test_both_tables_show_names_that_look_like_markup(hand_in, tmp_path):
    hand_in("[red]a|b", "<b>cnn", (50, 51))
    board = leaderboard(tmp_path)
    assert "[red]a|b" in shown(board)
    assert "<b>cnn" in shown(board)
    text = markdown(board)
    row = next(line for line in text.splitlines() if "cnn" in line)
    assert row.startswith(r"| 1 | \[red\]a\|b | &lt;b&gt;cnn | 2 |")
    assert row.endswith("| A | first |")
    assert "- Machine A: " in text


def test_an_empty_folder_has_no_results_and_a_missing_one_is_an_error(tmp_path):
    assert markdown(leaderboard(tmp_path)) == "No results.\n"
    with pytest.raises(MNISTError, match="no such folder"):
        leaderboard(tmp_path / "nowhere")
