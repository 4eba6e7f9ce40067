"""The Numenta Anomaly Benchmark: its scoring, and known methods to compare with."""
