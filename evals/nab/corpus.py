"""The benchmark's files: one parquet with the columns file, timestamp, value, anomaly_window."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.nab.scorer import Ruler, probation, ruler

COLUMNS = frozenset({"file", "timestamp", "value", "anomaly_window"})


@dataclass(frozen=True)
class Recording:
    """One file: `seconds` since 1970 and values, both (n,); `group` is its folder in the benchmark."""

    name: str
    seconds: NDArray[np.float64]
    values: NDArray[np.float64]
    ruler: Ruler

    @property
    def group(self) -> str:
        return self.name.rpartition("/")[0] or self.name

    @property
    def probation(self) -> int:
        return probation(self.values.size)


def load(path: Path) -> list[Recording]:
    """Every file of the corpus, in the parquet's order."""
    import pandas as pd

    table = pd.read_parquet(path, columns=sorted(COLUMNS))
    recordings = []
    for name, rows in table.groupby("file", sort=False):
        seconds = rows["timestamp"].to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
        values = rows["value"].to_numpy(dtype=np.float64)
        recordings.append(Recording(str(name), seconds, values, ruler(rows["anomaly_window"].to_numpy())))
    return recordings
