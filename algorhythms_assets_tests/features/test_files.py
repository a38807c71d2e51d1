"""Files of features as programs and people write them: what is taken, what is left out, and what is said of it."""

import bz2
import gzip
import json
import lzma
import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from algorhythms_ask.features import FEATURES

from algorhythms_assets.contracts import AUDIO_FEATURES
from algorhythms_assets.features.files import read_features
from algorhythms_assets.resources.store import InputError
from algorhythms_assets_tests.features.conftest import made, run_payload, snapshot_of

GOOD = dict.fromkeys(FEATURES, 0.5) | {
    "loudness": -7.5,
    "tempo": 120.0,
    "duration_ms": 200_000,
    "key": 3,
    "mode": 1,
    "time_signature": 4,
}
BARE = "0VjIjW4GlUZAMYd2vXMi3b"
OTHER = "0VjIjW4GlUZAMYd2vXMi3c"
URI, OTHER_URI = f"spotify:track:{BARE}", f"spotify:track:{OTHER}"
HEAD = ",".join(["id", *FEATURES])
ROW = ",".join(map(str, [BARE, *GOOD.values()]))


def write(path, *rows, **options):
    table = pd.DataFrame(rows)
    table.to_parquet(path) if path.suffix == ".parquet" else table.to_csv(path, index=False, **options)
    return path


def text(path, content, encoding="utf-8"):
    path.write_bytes(content.encode(encoding))
    return path


def taken(path, known=()):
    """What a file gives of one track, missing features as None."""
    read = read_features(path, known)
    [row] = read.features.to_dict("records")
    assert list(read.features.columns) == list(FEATURES)
    return {name: None if pd.isna(value) else value for name, value in row.items()}


def refusal(path):
    with pytest.raises(InputError) as raised:
        read_features(path)
    said = str(raised.value)
    assert str(path) in said
    assert "\n" not in said
    return said


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("key", ["track_uri", "uri", "track_id", "id", "Track URI", "Spotify ID", "track.id", "url"])
@pytest.mark.parametrize(
    "identifier", [BARE, URI, f"https://open.spotify.com/intl-de/track/{BARE}?si=x", f"open.spotify.com/track/{BARE}"]
)
def test_any_form_of_identifier_under_any_of_its_headings(tmp_path, suffix, key, identifier):
    read = read_features(write(tmp_path / f"f{suffix}", {"note": "x", key: identifier} | GOOD))
    assert read.features.index.tolist() == [URI]
    assert read.features.iloc[0].to_dict() == GOOD
    assert (read.refused, read.repeated, read.missing, read.warnings) == (0, 0, [], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_in_any_encoding_whatever_names_hold(tmp_path, encoding, delimiter):
    row = {"title": 'Un "été", à; la | mer', "uri": BARE} | GOOD
    path = write(tmp_path / "f.tsv", row, {"title": "Ein Lied\nin zwei Zeilen"} | row, sep=delimiter, encoding=encoding)
    assert read_features(path).features.index.tolist() == [URI]
    assert taken(path) == GOOD


@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_do_anywhere_and_may_be_empty(tmp_path, line):
    assert taken(text(tmp_path / "f.csv", f" {line}{line * 30}{HEAD}{line}{line}{ROW}{line}{line}")) == GOOD


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_what_spreadsheets_write_before_the_headings(tmp_path, delimiter):
    content = f"sep={delimiter}\r\n{HEAD}\r\n{ROW}\r\n".replace(",", delimiter).replace(".", ",")
    assert taken(text(tmp_path / "f.csv", content, "utf-16")) == GOOD


def test_names_of_rows_without_a_heading(tmp_path):
    assert taken(text(tmp_path / "f.csv", f'{HEAD}\n"1",{ROW}\n')) == GOOD


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_decimal_commas_where_the_delimiter_is_another(tmp_path, delimiter):
    row = {"uri": BARE} | GOOD | {"loudness": -6.746, "instrumentalness": 1.01e-06}
    path = write(tmp_path / "f.csv", row, sep=delimiter, decimal=",")
    assert taken(path)["loudness"] == -6.746


def test_a_comma_in_quotes_is_no_decimal_comma_where_commas_delimit(tmp_path):
    read = read_features(
        write(tmp_path / "f.csv", {"uri": BARE} | GOOD | {"energy": "0,5"}, {"uri": OTHER} | GOOD | {"energy": 0.5})
    )
    assert read.features.index.tolist() == [OTHER_URI]


def test_json_lines(tmp_path):
    lines = [
        json.dumps({"uri": URI, "title": "\ud83d", "audio": {"nested": [1]}} | GOOD),
        json.dumps({"uri": OTHER_URI} | GOOD | {"mode": True}),
        '{"uri": "spotify:tra',
    ]
    read = read_features(text(tmp_path / "f.jsonl", "\n".join(lines)))
    assert read.features.index.tolist() == [URI]
    assert read.refused == 2
    assert read.warnings == [
        f"{tmp_path / 'f.jsonl'}: 2 rows skipped: line 2 has no number for mode; line 3 is not a JSON object"
    ]


@pytest.mark.parametrize("content", ['[{"id": "x"}]', '{\n"audio_features": [\n{}]\n}', "[1]\n[2]", "{}"])
def test_other_json_is_told_what_it_should_be(tmp_path, content):
    assert "one object per line" in refusal(text(tmp_path / "f.json", content))


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, bz2.compress, lzma.compress, lambda content: pa.compress(content, "zstd", asbytes=True)],
    ids=["gzip", "bzip2", "xz", "zstd"],
)
def test_what_is_packed(tmp_path, pack):
    path = tmp_path / "f.packed"
    path.write_bytes(pack(f"{HEAD}\n{ROW}\n".encode()))
    assert taken(path) == GOOD
    path.write_bytes(path.read_bytes()[:-12])
    assert "cannot be read" in refusal(path)


def test_an_archive_of_one_file_is_read_and_of_several_is_to_be_unpacked(tmp_path):
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/tracks.csv", f"{HEAD}\n{ROW}\n")
    assert taken(path) == GOOD
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("readme.txt", "x")
    assert "2 files: unpack it" in refusal(path)


def test_columns_of_parquet_may_be_of_any_type(tmp_path):
    table = pa.table(
        {
            "nested": pa.array([[1]]),
            "id": pa.array([BARE]).dictionary_encode(),
            **{name: pa.array([value]) for name, value in GOOD.items()},
            "tempo": pa.array(["120,0"]),
            "energy": pa.array([0.5]).cast(pa.decimal128(5, 3)),
            "valence": pa.array([0.5], pa.float16()) if hasattr(pa, "float16") else [0.5],
            "mode": pa.array([True]),
            "key": pa.array(["D#"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "f.parquet")
    assert taken(tmp_path / "f.parquet") == GOOD | {"mode": None}


def test_columns_of_parquet_may_have_one_name_or_dots_in_it(tmp_path):
    columns = {"track.id": BARE, "id": 7.0} | GOOD
    table = pa.Table.from_arrays([pa.array([value]) for value in (*columns.values(), 0.9)], names=[*columns, "energy"])
    pq.write_table(table, tmp_path / "f.parquet")
    assert taken(tmp_path / "f.parquet") == GOOD


EXPORTIFY = (
    "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,Explicit,Added By,Added At,"
    "Genres,Record Label,Danceability,Energy,Key,Loudness,Mode,Speechiness,Acousticness,Instrumentalness,Liveness,"
    "Valence,Tempo,Time Signature\n"
)


def test_an_export_of_a_playlist_with_features(tmp_path):
    row = f'{URI},"A, B",C,"D;E",2005-07-18,268979,1,false,x,2023-09-20T18:56:33Z,"","L",0.4,0.1,9,-11.1,1,0.07,0.9,0,'
    found = taken(text(tmp_path / "f.csv", f"{EXPORTIFY}{row}0.19,0.09,121.1,4\n", "utf-8-sig"))
    assert (found["duration_ms"], found["key"], found["time_signature"]) == (268_979, 9, 4)


def test_an_export_of_a_playlist_without_features_says_where_to_ask_for_them(tmp_path):
    said = refusal(text(tmp_path / "f.csv", f"Track URI,Track Name,Duration (ms)\n{URI},A,200000\n"))
    assert "has no audio features: no column for danceability" in said
    assert "Exportify" in said


@pytest.mark.parametrize(
    ("heading", "value"), [("duration_min", 3.5), ("Duration (seconds)", 210), ("Duration (ms)", 210_000)]
)
def test_lengths_in_their_unit(tmp_path, heading, value):
    rest = {name: value for name, value in GOOD.items() if name != "duration_ms"}
    assert taken(write(tmp_path / "f.csv", {"id": BARE, heading: value} | rest))["duration_ms"] == 210_000


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *zip(["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"], range(12), strict=True),
        *[("Db", 1), ("e♭", 3), ("F♯", 6), ("G sharp", 8), ("B flat", 10), ("C#/Db", 1), ("A minor", 9), ("Bbm", 10)],
        *[("Cb", 11), ("B#", 0), ("7", 7), ("7.0", 7), ("-1", -1)],
    ],
)
def test_keys_by_name(tmp_path, name, number):
    assert taken(write(tmp_path / "f.csv", {"uri": BARE} | GOOD | {"key": name}))["key"] == number


@pytest.mark.parametrize(("name", "number"), [("Major", 1), ("minor", 0), ("MAJ", 1), ("1", 1), ("0.0", 0)])
def test_modes_by_name(tmp_path, name, number):
    assert taken(write(tmp_path / "f.csv", {"uri": BARE} | GOOD | {"mode": name}))["mode"] == number


@pytest.mark.parametrize(("name", "number"), [("4/4", 4), ("3 / 4", 3), ("5", 5)])
def test_time_signatures_by_name(tmp_path, name, number):
    path = write(tmp_path / "f.csv", {"uri": BARE} | GOOD | {"time_signature": name})
    assert taken(path)["time_signature"] == number


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"energy": 1.5}, "has 1.5 for energy, which must be 0 to 1"),
        ({"key": 12}, "has 12 for key, which must be -1 to 11"),
        ({"key": "H"}, "has no number for key"),
        ({"key": 3.5}, "has 3.5 for key, which must be a whole number"),
        ({"tempo": None}, "has no number for tempo"),
        ({"danceability": "NaN"}, "has no number for danceability"),
        ({"mode": "dorian"}, "has no number for mode"),
        ({"valence": float("inf")}, "has inf for valence, which must be 0 to 1"),
        ({"valence": "9" * 400}, "has inf for valence, which must be 0 to 1"),
    ],
)
def test_a_row_with_impossible_features_is_refused_and_the_others_stay(tmp_path, wrong, why):
    path = write(
        tmp_path / "f.csv", {"uri": "a"} | GOOD | wrong, {"uri": "b"} | GOOD, {"uri": "spotify:album:x"} | GOOD
    )
    read = read_features(path, known=["a", "b"])
    assert read.features.index.tolist() == ["b"]
    assert read.refused == 2
    assert read.warnings == [f"{path}: 2 rows skipped: line 2 {why}; line 4 names no track, but 'spotify:album:x'"]


def test_a_row_of_too_many_cells_would_be_shifted_and_is_refused(tmp_path):
    path = text(tmp_path / "f.csv", f"title,{HEAD}\nOne, two,{ROW}\nOne,{ROW},,\n")
    read = read_features(path)
    assert (len(read.features), read.refused) == (1, 1)
    assert "line 2 has 16 cells for 15 headings" in read.warnings[0]


def test_a_repeated_track_counts_once_and_is_not_called_invalid(tmp_path):
    read = read_features(write(tmp_path / "f.csv", {"uri": BARE} | GOOD, {"uri": URI} | GOOD | {"tempo": 90}))
    assert (len(read.features), read.refused, read.repeated) == (1, 0, 1)
    assert read.features["tempo"].tolist() == [120]
    assert read.warnings == [
        f"{tmp_path / 'f.csv'}: 1 row skipped as duplicates: the first valid row of a track is used"
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_a_valid_row_wins_over_an_invalid_one_whichever_comes_first(tmp_path, order):
    rows = [{"uri": BARE} | GOOD, {"uri": BARE} | GOOD | {"tempo": None}]
    read = read_features(write(tmp_path / "f.csv", *rows[::order]))
    assert read.features["tempo"].tolist() == [120]
    assert (read.refused, read.repeated) == (1, 0)


def test_a_column_that_is_missing_empty_or_not_understood_is_a_missing_feature_and_said_once(tmp_path):
    rest = {name: value for name, value in GOOD.items() if name != "time_signature"}
    odd = {"Key": "8B", "liveness": ""}
    rows = [
        {"uri": uri} | {name: value for name, value in rest.items() if name != "key"} | odd for uri in (BARE, OTHER)
    ]
    path = write(tmp_path / "f.csv", *rows)
    read = read_features(path)
    assert read.missing == ["liveness", "key", "time_signature"]
    assert read.features[read.missing].isna().all(axis=None)
    assert read.warnings == [
        f"{path}: features missing, which the model does without: no column for time_signature; "
        "the column 'liveness' is empty; the column 'Key' has '8B', which is not understood"
    ]
    store = snapshot_of(tmp_path, [URI, OTHER_URI])
    told = made(store, str(path))
    assert told["features missing"] == "liveness, key, time_signature"
    table = pq.read_table(store.path(AUDIO_FEATURES))
    assert table["key"].null_count == table["time_signature"].null_count == 2
    assert table["tempo"].null_count == 0


def test_the_column_that_names_tracks_is_found_beside_numbers_of_rows(tmp_path):
    path = write(tmp_path / "f.csv", {"id": 0, "track_url": f"https://open.spotify.com/track/{BARE}"} | GOOD)
    assert taken(path) == GOOD


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_numbers_of_rows_are_no_tracks(tmp_path, suffix):
    path = write(tmp_path / f"f{suffix}", *({"id": number} | GOOD for number in range(9)))
    said = refusal(path)
    assert f"the column 'id' of {path} names no tracks" in said
    assert "URI" in said
    assert taken(path, known=["4"]) == GOOD


@pytest.mark.parametrize("wrong", [{"danceability": 67, "energy": 40}, {"danceability": "67%", "energy": "1%"}])
def test_percent_stop_the_file(tmp_path, wrong):
    path = write(tmp_path / "f.csv", *({"id": uri} | GOOD | wrong for uri in (BARE, OTHER)))
    assert refusal(path).endswith(
        "values of danceability, energy look like percentages, but must be 0 to 1: divide them by 100"
    )


def test_lengths_in_seconds_that_say_milliseconds_stop_the_file(tmp_path):
    assert "duration_s" in refusal(write(tmp_path / "f.csv", {"id": BARE} | GOOD | {"duration_ms": 215.3}))


def test_what_cannot_be_taken_says_why(tmp_path):
    assert "lies" not in refusal(tmp_path / "missing.csv")
    assert "is a folder" in refusal(tmp_path)
    assert "is empty" in refusal(text(tmp_path / "empty.csv", ""))
    assert "is empty" in refusal(text(tmp_path / "blank.csv", "\n \n"))
    assert "no readable rows" in refusal(text(tmp_path / "head.csv", f"{HEAD}\n"))
    assert "Its headings are: danceability, energy" in refusal(write(tmp_path / "g.csv", GOOD))
    assert "no row has valid features: line 2 has no number for tempo" in refusal(
        write(
            tmp_path / "h.csv",
            {"id": BARE} | GOOD | {"tempo": ""},
            {"id": OTHER} | GOOD | {"energy": -1},
        )
    )
    assert "neither text nor Parquet" in refusal(text(tmp_path / "f.db", "SQLite format 3\0 and more"))
    assert "line 1, is longer than 1,000,000 characters" in refusal(text(tmp_path / "long.csv", "x" * 1_100_000))
    quoted = refusal(text(tmp_path / "quote.csv", f'title,{HEAD}\n"A,{ROW}\n' + f"B,{ROW}\n" * 5000))
    assert "line " in quoted
    assert "quotation mark" in quoted


def test_a_damaged_parquet_file_is_told(tmp_path):
    path = write(tmp_path / "f.parquet", {"id": BARE} | GOOD)
    path.write_bytes(path.read_bytes()[:-20])
    assert "cannot be read" in refusal(path)


def test_a_file_of_many_parts(tmp_path):
    content = "".join(f"{number:022},{ROW.split(',', 1)[1]}\n" for number in range(45_000))
    read = read_features(text(tmp_path / "f.csv", f"{HEAD}\n{content}"))
    assert len(read.features) == 45_000


def test_a_track_of_many_hours_is_kept(tmp_path):
    store = snapshot_of(tmp_path, ["a"])
    made(store, str(write(tmp_path / "f.csv", {"uri": "a"} | GOOD | {"duration_ms": 20_000_001})))
    [row] = pq.read_table(store.path(AUDIO_FEATURES)).to_pylist()
    assert row["duration_ms"] == pytest.approx(20_000_001)


def test_on_a_terminal_a_file_that_cannot_be_taken_is_a_line(tmp_path):
    done = run_payload(snapshot_of(tmp_path, [URI]), str(write(tmp_path / "f.csv", {"id": 0} | GOOD)))
    assert done.returncode == 1
    assert done.stderr.startswith("audio_features: the column 'id' of ")
    assert done.stderr.count("\n") == 1
