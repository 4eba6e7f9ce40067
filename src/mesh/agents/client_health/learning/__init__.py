"""How a churn model is made: snapshots, binning, boosting, two-way tables, calibration, and the ONNX graph.

Needs scikit-learn and onnx, which nothing else of the agent does; they are imported where they are used.
"""
