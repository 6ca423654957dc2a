"""What the card finds below a folder of the course."""

from opsef_core.course.found import findings


def test_a_run_inside_a_run_is_a_part_of_it(tmp_path):
    for place in ("6/run", "6/run/stability/mirrored", "6/other"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "run.yml").touch()
    assert findings(tmp_path, {}) == ([], ["The run 6/other was not scored.", "The run 6/run was not scored."])
