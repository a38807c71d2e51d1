from pathlib import Path

import pytest

from algorhythms_assets.sample.__main__ import main


def test_it_tells_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tmp_path / "a" / "b"), "--playlists", "5", "--slice-size", "2", "--seed", "1"])
    assert len(list((tmp_path / "a" / "b" / "playlists").iterdir())) == 3
    printed = capsys.readouterr().out
    assert "5 playlists in 3 files" in printed
    assert "audio_features.csv" in printed


def test_help_states_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    printed = capsys.readouterr().out
    assert all(word in printed for word in ("FOLDER", "2000", "500", "mpd.slice", "audio_features.csv"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "FOLDER"),
        (["x", "--playlists", "0"], "--playlists: must be at least 1, not 0"),
        (["x", "--playlists", "many"], "--playlists: 'many' is not a whole number"),
        (["x", "--slice-size", "-3"], "--slice-size: must be at least 1, not -3"),
        (["x", "--seed", "-1"], "--seed: must be at least 0, not -1"),
        (["x", "--unknown"], "--unknown"),
    ],
)
def test_a_bad_argument_is_told_in_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in failure(arguments, capsys)


def test_a_folder_that_cannot_be_written_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    assert str(file) in failure([str(file), "--playlists", "2"], capsys)


def test_a_folder_with_another_set_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "playlists").mkdir()
    (tmp_path / "playlists" / "mpd.slice.0-999.json").touch()
    assert "mpd.slice.0-999.json" in failure([str(tmp_path), "--playlists", "2"], capsys)


def failure(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err
