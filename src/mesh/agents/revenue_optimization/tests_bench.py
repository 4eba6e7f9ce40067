"""The bench of forecasts asks both sides about the same series, and says when the other side is missing."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import forecast
from bench.__main__ import main as bench

# Answers as the real peer does, with the last value again and a second for each series.
NAIVE = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    paths = [[values[-1]] * asked["steps"] for values in asked["series"]]
    print(json.dumps({"paths": paths, "seconds": float(len(paths))}), flush=True)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Four series by the month that go on as they were."""
    rows = [
        {"id": f"s{n}", "period": "MONTHLY", "train": [100.0 + n] * 36, "test": [100.0 + n] * 6}
        for n in range(4)
    ]
    path = tmp_path / "series.json"
    path.write_text(json.dumps(rows))
    return path


def test_both_forecast_the_same_series_and_are_scored_alike(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(forecast, "PEER", NAIVE)
    arguments = ["--peer", sys.executable, "--series", str(file), "--count", "3", "--rounds", "2", "--json"]
    assert forecast.main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["series"] == 3 and found["statsforecast_s"] == 3.0
    assert found["statsforecast_smape"] == 0.0 and found["ours_smape"] < 0.1
    assert found["times_faster"] == pytest.approx(3.0 / found["ours_s"])


def test_without_a_peer_ours_is_timed_alone_and_what_is_missing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    months = [{"period": "MONTHLY", "train": [100.0 + n % 12 for n in range(70)], "test": [101.0] * 6}]
    path = tmp_path / "series.json"
    path.write_text(json.dumps(months))
    assert bench(["forecast", "--series", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sixty_months_ms"] > 0 and "times_faster" not in found
    assert bench(["forecast", "--series", str(path), "--period", "HOURLY"]) == 2
    assert "has no hourly series" in capsys.readouterr().err
    assert bench(["forecast", "--series", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err


def test_a_peer_that_ends_is_an_error_and_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "PEER", "import sys; sys.stdin.readline()")
    peer = forecast.Peer(Path(sys.executable))
    with pytest.raises(OSError, match="no answer"):
        peer.ask([np.ones(24)], 12, 6)
    peer.close()
