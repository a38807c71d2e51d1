"""Which rows of a file were skipped."""

from collections.abc import Iterable
from dataclasses import dataclass, field

_SHOWN = 5


@dataclass
class LeftOut:
    """How many rows were skipped, and the reasons for some, by the number of their line (or other `unit`)."""

    unit: str = "line"
    count: int = 0
    _reasons: dict[int, str] = field(default_factory=dict)

    def add(self, reasons: Iterable[tuple[int, str]], count: int = 1) -> None:
        """Adds `count` rows, of which only the first reasons are kept."""
        self.count += count
        for _, (number, reason) in zip(range(_SHOWN), reasons, strict=False):
            self._reasons[number] = reason

    def __str__(self) -> str:
        shown = [f"{self.unit} {number} {self._reasons[number]}" for number in sorted(self._reasons)[:_SHOWN]]
        return "; ".join([*shown, "…"] if self.count > len(shown) else shown)
