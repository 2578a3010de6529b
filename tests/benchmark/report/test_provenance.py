from conftest import made_result

from mnist_tutorial.benchmark.report.provenance import describe, differences

MACHINE = {
    "processor": "A processor",
    "cores": 2,
    "device": "CPU, 2 threads, float32",
    "system": "Linux x86_64",
    "python": "3.12.1",
    "versions": {"torch": "2.15.0"},
    "commit": "a" * 40,
    "dirty": False,
}


def run(seed=0, fields=(), **machine):
    return made_result(seed=seed, machine=MACHINE | machine, **dict(fields))


def test_differences_between_runs_are_listed():
    assert list(differences([run(0), run(1)])) == []
    found = list(differences([run(0), run(1, commit="b" * 40, dirty=True, versions={"torch": "2.16.0"})]))
    assert found == [
        "runs from 2 commits: aaaaaaaaaa, bbbbbbbbbb",
        "1 of 2 runs with uncommitted changes",
        "runs with torch 2.15.0 and 2.16.0",
    ]
    assert list(differences([run(0), run(1, {"precision": "bf16-mixed"})])) == [
        "runs with precision 32-true and bf16-mixed"
    ]


def test_the_description_names_hardware_packages_dates_and_all_commits():
    later = run(1, {"started": "2026-11-25T08:00:00+00:00"}, commit="b" * 40, versions={"torch": "2.16.0"})
    assert describe([later, run(0)]) == (
        "A processor, 2 cores, CPU, 2 threads, float32, Linux x86_64; Python 3.12.1, torch 2.16.0; "
        "2026-11-23 to 2026-11-25; commits aaaaaaaaaa, bbbbbbbbbb"
    )
