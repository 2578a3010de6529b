import hashlib
import json
from dataclasses import asdict, replace

import pytest
from conftest import made_code, made_result
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from mnist_tutorial.benchmark.compare.leaderboard import leaderboard, markdown, tables
from mnist_tutorial.benchmark.results import files
from mnist_tutorial.benchmark.results.files import write
from mnist_tutorial.errors import MNISTError, printable


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
    "code": made_code("mine"),
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, "in the same second"),
        (MINE, "from different code"),
        (MINE | {"started": "2026-11-23T09:00:00+00:00", "wall": 3.0, "machine": {}, "seed": 5}, "from different code"),
    ],
)
def test_both_people_with_one_run_are_disputed_and_neither_is_removed(hand_in, tmp_path, change, why):
    copied = made_result("cnn", 0, 50)
    hand_in("Cem", "cnn", (60,), seed=1)
    for person, run in (("Ada", copied), ("Eve", replace(copied, **change))):
        (tmp_path / person).mkdir(exist_ok=True)
        write(run, tmp_path / person)
    board = leaderboard(tmp_path)
    assert board.refused == []
    assert [(entry.rank, entry.person, entry.standing) for entry in board.entries["full"]] == [
        (1, "Cem", "first"),
        (None, "Ada", "disputed"),
        (None, "Eve", "disputed"),
    ]
    [note] = [note for note in board.notes["full"] if "identical predictions" in note]
    assert note.startswith(f"Ada/cnn, Eve/{copied.recipe if not change else 'mine'}: disputed")
    assert why in note
    assert "disputed" in shown(board)
    assert note in markdown(board)


def test_the_same_recipe_on_the_same_machine_is_noted_and_no_dispute(hand_in, tmp_path):
    hand_in("Ada", "cnn", (50, 52))
    hand_in("Ben", "cnn", (50, 52))
    board = leaderboard(tmp_path)
    assert [(entry.person, entry.standing) for entry in board.entries["full"]] == [
        ("Ada", "first"),
        ("Ben", "identical"),
    ]
    [note] = [note for note in board.notes["full"] if "identical predictions" in note]
    assert note.startswith("Ada/cnn, Ben/cnn: identical predictions, as the same code")


def test_what_is_above_the_best_published_result_is_disputed(hand_in, tmp_path):
    hand_in("Eve", "cnn", (0,), wall=0.01)
    hand_in("Ben", "cnn", (50,))
    hand_in("Cem", "cnn", (0, 30), variant="sample")
    board = leaderboard(tmp_path)
    assert [(entry.rank, entry.person, entry.standing) for entry in board.entries["full"]] == [
        (1, "Ben", "first"),
        (None, "Eve", "disputed"),
    ]
    [note] = [note for note in board.notes["full"] if "above the best published" in note]
    assert note.startswith("Eve/cnn: disputed, since 100.00 %")
    assert [entry.standing for entry in board.entries["sample"]] == ["disputed"]  # one run is enough


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


def test_names_cannot_steer_the_terminal(hand_in, tmp_path):
    hand_in("Eve\x1b]0;title\x07\nrefused: Ada/x.json\u202e", "cnn", (50,))
    board = leaderboard(tmp_path)
    for text in (shown(board), markdown(board)):
        assert not set(text) & set("\x1b\x07\u202e")
    [entry] = board.entries["full"]
    assert entry.person == r"Eve\x1b]0;title\x07\nrefused: Ada"  # the folder's name ends at the slash


CHEATS = {  # of a class of thirty: each with what must be said of it
    "03": lambda path: path.write_bytes(path.read_bytes()[:900]),
    "08": lambda path: path.write_bytes(b"[" * 10_000),
    "13": lambda path: sign(path, json.loads(path.read_text()) | {"wall": 10**400}),
    "21": lambda path: sign(path, json.loads(path.read_text()) | {"test_accuracy": 0.9999}),
    "27": lambda path: path.write_text((path.parent.parent / "02/x.json").read_text().replace("of-02", "of-27")),
}


def sign(path, content):
    del content["sha256"]
    path.write_text(json.dumps(content | {"sha256": files.checksum(content)}))


def test_a_class_of_thirty_with_five_damaged_or_forged(tmp_path):
    for number in range(30):
        folder = tmp_path / f"{number:02}"
        folder.mkdir()
        made = made_result(f"of-{number:02}", number, 50 + number, started=f"2026-11-23T08:00:{number:02}+00:00")
        write(made, folder).rename(folder / "x.json")
    for person, damage in CHEATS.items():
        damage(tmp_path / person / "x.json")
    board = leaderboard(tmp_path)
    people = [f"{number:02}" for number in range(30) if f"{number:02}" not in CHEATS]
    assert [entry.person for entry in board.entries["full"]] == people
    assert [why.split("/x.json: ")[0] for why in board.refused] == [str(tmp_path / person) for person in CHEATS]
    text = markdown(board)
    assert all(f"/{person}/x.json" in text for person in CHEATS)


KEYS = st.sampled_from(["recipe", "seed", "wall", "machine", "versions", "images", "\x1b", "", "a"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\0", "\x1b[2J", "\ud800", "[/]", "|", "test", "full"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def damaged(draw):
    """Make a valid result, and replace or remove one value in it, at any depth."""
    content = tree = json.loads(json.dumps(GOOD))
    while True:
        key = draw(st.sampled_from(sorted(tree) if isinstance(tree, dict) else range(len(tree))))
        if not isinstance(tree[key], dict | list) or not tree[key] or draw(st.booleans()):
            break
        tree = tree[key]
    if draw(st.integers(0, 9)):
        tree[key] = draw(VALUES)
    else:
        del tree[key]
    return content


GOOD = {"kind": "run", "format": 2, **asdict(made_result("cnn", 2, 70)), "sha256": ""}


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """Two honest people, and the folder of a third one."""
    folder = tmp_path_factory.mktemp("honest")
    for person in ("Ada", "Ben", "Eve"):
        (folder / person).mkdir()
    write(made_result("cnn", 0, 50), folder / "Ada")
    write(made_result("cnn", 1, 60), folder / "Ben")
    return folder


@settings(max_examples=25, deadline=None)
@given(content=damaged(), signed=st.booleans())
def test_one_damaged_field_anywhere_is_refused_by_name_or_changes_nothing_for_others(honest, content, signed):
    path = honest / "Eve/x.json"
    if signed:
        content.pop("sha256", None)
        content["sha256"] = files.checksum(content)
    path.write_text(json.dumps(content))
    board = leaderboard(honest)
    rows = {entry.person: entry.cells for entry in board.entries["full"]}
    assert set(rows) >= {"Ada", "Ben"}
    assert (rows["Ada"][2:6], rows["Ben"][2:6]) == (
        ["cnn", "1", "99.50", "99.34 to 99.62"],
        ["cnn", "1", "99.40", "99.23 to 99.53"],
    )
    assert all(why.startswith(f"{path}: ") for why in board.refused)
    if not signed:
        assert "Eve" not in rows
        assert len(board.refused) >= (content.get("kind") == "run")
    assert printable(markdown(board)) == markdown(board)
    shown(board)


def test_an_empty_folder_has_no_results_and_a_missing_one_is_an_error(tmp_path):
    assert markdown(leaderboard(tmp_path)).endswith("No results.\n")
    with pytest.raises(MNISTError, match="no such folder"):
        leaderboard(tmp_path / "nowhere")
