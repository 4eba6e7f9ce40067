"""The ONNX graph of a table model: values in, log-odds and effects out.

Looking a value's bin up is counting the edges at or below it; a table of two features is looked up in all
tables laid end to end. Nothing is left to be done outside of the graph, unknown values included.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.agents.client_health.churn import METADATA, About
from mesh.agents.client_health.learning.binning import MOST_BINS, Bins
from mesh.agents.client_health.learning.tables import Tables

OPSET = 17
PLACES = MOST_BINS + 1


def graph(bins: Bins, tables: Tables, about: About) -> bytes:
    """The model as bytes; the same arguments give the same bytes."""
    from onnx import TensorProto, checker, helper

    features = bins.features
    values: dict[str, NDArray[Any]] = {
        "edges": bins.edges[None],
        "unknown": np.array(MOST_BINS, dtype=np.int64),
        "last_axis": np.array([2], dtype=np.int64),
        "one": np.array([1], dtype=np.int64),
        "main": tables.main.astype(np.float32).ravel(),
        "main_start": np.arange(features, dtype=np.int64)[None] * PLACES,
        "base": np.array(tables.base, dtype=np.float32),
    }
    nodes = [
        helper.make_node("Unsqueeze", ["features", "last_axis"], ["columns"]),
        helper.make_node("GreaterOrEqual", ["columns", "edges"], ["above"]),
        helper.make_node("Cast", ["above"], ["steps"], to=TensorProto.INT64),
        helper.make_node("ReduceSum", ["steps", "last_axis"], ["counted"], keepdims=0),
        helper.make_node("IsNaN", ["features"], ["gaps"]),
        helper.make_node("Where", ["gaps", "unknown", "counted"], ["bins"]),
        helper.make_node("Add", ["bins", "main_start"], ["main_places"]),
        helper.make_node("Gather", ["main", "main_places"], ["alone"]),
    ]
    if tables.pairs:
        nodes += _paired(tables, features, values)
    else:
        nodes.append(helper.make_node("Identity", ["alone"], ["effects"]))
    nodes += [
        helper.make_node("ReduceSum", ["effects", "one"], ["moved"], keepdims=0),
        helper.make_node("Add", ["moved", "base"], ["log_odds"]),
    ]
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "churn",
            [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["clients", features])],
            [
                helper.make_tensor_value_info("log_odds", TensorProto.FLOAT, ["clients"]),
                helper.make_tensor_value_info("effects", TensorProto.FLOAT, ["clients", features]),
            ],
            [_tensor(name, value) for name, value in values.items()],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
    )
    helper.set_model_props(model, {METADATA: about.model_dump_json()})
    checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _paired(tables: Tables, features: int, values: dict[str, NDArray[Any]]) -> list[Any]:
    """The nodes that add half of each pair's table to both of its features."""
    from onnx import helper

    pairs = sorted(tables.pairs)
    values["first"] = np.array([one for one, _ in pairs], dtype=np.int64)
    values["second"] = np.array([other for _, other in pairs], dtype=np.int64)
    values["across"] = np.array(PLACES, dtype=np.int64)
    values["pair_start"] = np.arange(len(pairs), dtype=np.int64)[None] * PLACES * PLACES
    values["pair"] = np.concatenate([tables.pairs[pair].ravel() for pair in pairs]).astype(np.float32)
    halves = np.zeros((len(pairs), features), dtype=np.float32)
    for place, pair in enumerate(pairs):
        halves[place, list(pair)] = 0.5
    values["halves"] = halves
    return [
        helper.make_node("Gather", ["bins", "first"], ["rows"], axis=1),
        helper.make_node("Gather", ["bins", "second"], ["places"], axis=1),
        helper.make_node("Mul", ["rows", "across"], ["row_starts"]),
        helper.make_node("Add", ["row_starts", "places"], ["inside"]),
        helper.make_node("Add", ["inside", "pair_start"], ["pair_places"]),
        helper.make_node("Gather", ["pair", "pair_places"], ["together"]),
        helper.make_node("MatMul", ["together", "halves"], ["shared"]),
        helper.make_node("Add", ["alone", "shared"], ["effects"]),
    ]


def _tensor(name: str, value: NDArray[Any]) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.ascontiguousarray(value), name)
