from sessions import changed, made_session, written

from mnist_tutorial.benchmark.record.history import markdown, records, verdicts


def test_the_history_holds_what_was_a_record_on_its_day_and_the_table_what_a_claim_needs(tmp_path):
    for target, name, day, wall, wrong in (
        ("99.0", "earliest", 1, 5.0, 80),
        ("99.0", "slower", 2, 6.0, 80),
        ("99.0", "faster", 3, 2.5, 80),
        ("99.7", "accurate", 1, 90.0, 15),
        ("99.0", "careless", 4, 1.0, 120),
    ):
        results = made_session(lambda seed, wrong=wrong: wrong + seed % 3, wall=wall)
        for result in results:
            started = result.started.replace("11-26", f"12-0{day}")
            results = changed(results, lambda other, result=result: other is result, started=started)
        written(results, tmp_path / target / name)
    (tmp_path / "99.0/faster/reason.txt").write_text("Fewer | pixels,\nand so on", encoding="utf-8")

    found = [(verdict.entry.folder.name, verdict.accepted) for verdict in verdicts(tmp_path, "99.0")]
    assert found == [("faster", True), ("earliest", True), ("slower", True), ("careless", False)]
    assert verdicts(tmp_path, "99.5") == []
    assert [verdict.entry.folder.name for verdict in records(tmp_path)] == ["earliest", "faster", "accurate"]
    assert (
        markdown(records(tmp_path)).splitlines()[3].startswith("| 99.0 % | 2026-12-03 | cnn-1s | 2.50 | 0.250 | 10 |")
    )
    cells = markdown(records(tmp_path)).splitlines()[3].replace("\\|", "/").split(" | ")
    assert (cells[6], cells[9], cells[10]) == ("99.19 ± 0.01", "cccccccccc", "Fewer / pixels, |")
    assert float(cells[7]) < 0.01
