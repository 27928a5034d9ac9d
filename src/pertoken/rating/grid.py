"""Grid: contracts by windows in which pools are drawn."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.distinct import first_of
from pertoken.core.period import Instants
from pertoken.rating.contract import Contracts
from pertoken.rating.during import Window
from pertoken.rating.windows import Windows


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Contracts by windows in which pools are drawn, in order of time.

    Args:
        grain: Length of the windows.
        name: Name of the windows' key.
        labels: Labels of the windows.
        begin: When they begin, shape `(window,)`.
        end: When they end, shape `(window,)`.
        contracts: The contracts.
        own: For each contract and window, the contract's own window then; its first before that. Contracts whose
            periods begin on days of their own share one list of windows. Shape `(contract, window)`.
    """

    grain: Window
    name: str
    labels: tuple[str, ...]
    begin: Instants
    end: Instants
    contracts: Contracts
    own: NDArray[np.int32]

    @classmethod
    def of(cls, contracts: Contracts, grain: Window) -> "Grid":
        """List the windows of the books."""
        found = contracts.every(grain)
        at = first_of(found.key.codes, len(found.key.labels))
        begin, own = found.begin[at], _own(len(contracts), found)
        return cls(grain, found.name, found.key.labels, begin, found.end[at], contracts, own)

    def at(self, moments: Any) -> Any:  # noqa: ANN401  one time, or an array of them
        """Find the window in which a moment lies; the first for what was before."""
        return np.maximum(np.searchsorted(self.begin, moments, side="right") - 1, 0)

    def in_run(self, windows: NDArray[np.intp], who: NDArray[np.intp]) -> NDArray[np.intp]:
        """Move windows into the time in which their contracts run; -1 stays, for what has none."""
        run = self.at(self.contracts.first), self.at(self.contracts.last - np.timedelta64(1, "s"))
        return np.where(windows < 0, windows, np.clip(windows, run[0][who], run[1][who]))

    @property
    def shared(self) -> bool:
        """Whether all contracts have all windows."""
        return self.own.strides[0] == 0

    @property
    def shape(self) -> tuple[int, int]:
        """Number of contracts and of windows."""
        return len(self.contracts), len(self.begin)


def _own(contracts: int, found: Windows) -> NDArray[np.int32]:
    """Find each contract's own window at each window of all."""
    which, windows = found.key.codes, len(found.key.labels)
    if len(which) == contracts * windows:
        return np.broadcast_to(np.arange(windows, dtype=np.int32), (contracts, windows))
    mine = np.full((contracts, windows), -1, dtype=np.int32)
    mine[found.contract, which] = which
    first = np.where((mine >= 0).any(axis=1), (mine >= 0).argmax(axis=1), 0) if windows else 0
    own: NDArray[np.int32] = np.maximum(np.maximum.accumulate(mine, axis=1), np.reshape(first, (-1, 1)))
    return own.astype(np.int32)
