"""Which rows of a file were left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field

_SHOWN = 5


@dataclass
class LeftOut:
    """How many rows were left out, and what is wrong with some, by their number: of the line, or what `unit` says."""

    unit: str = "line"
    count: int = 0
    _reasons: dict[int, str] = field(default_factory=dict)

    def add(self, reasons: Iterable[tuple[int, str]], count: int = 1) -> None:
        """Notes `count` rows, of which only the first reasons are taken."""
        self.count += count
        for _, (number, reason) in zip(range(_SHOWN), reasons, strict=False):
            self._reasons[number] = reason

    def __str__(self) -> str:
        shown = [f"{self.unit} {number} {self._reasons[number]}" for number in sorted(self._reasons)[:_SHOWN]]
        return "; ".join([*shown, "…"] if self.count > len(shown) else shown)
