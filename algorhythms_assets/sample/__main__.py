"""The command line: python -m algorhythms_assets.sample FOLDER."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from algorhythms_assets.sample.slices import write_sample


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the sample that the arguments describe; on an error prints one line to stderr and exits with code 2."""
    parser = _Parser(
        prog="python -m algorhythms_assets.sample",
        description=(
            "Writes invented playlists in the format of the Million Playlist Dataset, and audio features of their "
            "tracks. The same numbers give the same files."
        ),
        epilog="Writes FOLDER/playlists/mpd.slice.*.json and FOLDER/audio_features.csv.",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where to write; created if it does not exist")
    parser.add_argument(
        "--playlists", metavar="N", type=_at_least(1), default=2000, help="how many (default: %(default)s)"
    )
    parser.add_argument(
        "--slice-size", metavar="N", type=_at_least(1), default=500, help="playlists per file (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", metavar="N", type=_at_least(0), default=7, help="another seed, another sample (default: %(default)s)"
    )
    chosen = parser.parse_args(arguments)
    try:
        write_sample(chosen.folder, chosen.playlists, chosen.slice_size, chosen.seed)
    except OSError as error:
        parser.error(f"cannot write the sample: {error}")
    files = -(-chosen.playlists // chosen.slice_size)
    print(
        f"Wrote {chosen.playlists} playlists in {files} {'file' if files == 1 else 'files'} to "
        f"{chosen.folder / 'playlists'}\nWrote audio features to {chosen.folder / 'audio_features.csv'}"
    )


def _at_least(lowest: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if number < lowest:
            raise argparse.ArgumentTypeError(f"must be at least {lowest}, not {number}")
        return number

    return whole_number


if __name__ == "__main__":
    main()
