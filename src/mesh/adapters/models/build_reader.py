"""Builds the local reader, FLAN-T5-small, from the package that ships its weights, without torch.

The package's graphs (T5 of version 1.1, eight layers a side, tuned to write titles; Raffel et al., 2020;
Chung et al., 2022) quantise every activation as one range, which costs them most of their sense, and decode
without a cache. Two graphs are written here instead over the same 8-bit weights, taken bit for bit:
`encoder.onnx` (a text once) and `decoder.onnx` (a word piece at a time, keys and values handed back in).
"""

import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh.adapters.models.building import SourceMissing, weights_of, whole
from mesh.adapters.models.store import Card, digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME = "flan-t5-small"
SOURCE_MODULE = "traceforge_title_model"
SOURCE_PACKAGE = "traceforge-title-model 0.2.0"
TOOLS = ("numpy", "onnx", "onnxruntime")
LAYERS, HEADS, PER_HEAD, WIDTH, BLOCK = 8, 6, 64, 512, 32
PARTS = ("encoder.onnx", "decoder.onnx", "tokenizer.json")
_NODE = re.compile(r"/(?:m/)?(enc|decoder|lm_head)(?:/block\.(\d+)/layer\.\d/\w+/(\w+))?/MatMul_quant")
_ATTENTION = {"SelfAttention": "self", "EncDecAttention": "cross"}


def build(target: Path, say: Callable[[str], None]) -> None:
    """Writes encoder.onnx, decoder.onnx (94 MB together), tokenizer.json and card.json into `target`.

    The same weights and the same versions of the tools give the same bytes. The folder appears whole or
    not at all; one that is there already stays. Raises SourceMissing when a package is not installed.
    """
    folder = source()
    with whole(target) as made:
        say(f"writing {NAME} anew from the weights in the package {SOURCE_PACKAGE}")
        weights = Weights(folder)
        (made / PARTS[0]).write_bytes(encoder(weights).SerializeToString())
        (made / PARTS[1]).write_bytes(decoder(weights).SerializeToString())
        (made / PARTS[2]).write_bytes((folder / PARTS[2]).read_bytes())
        _card(made, folder).write(made)
    size = sum((target / part).stat().st_size for part in PARTS) / 1e6
    say(f"{NAME} is ready: {size:.1f} MB in {target}")


def source() -> Path:
    """The folder with the package's graphs. Raises SourceMissing."""
    return weights_of(NAME, TOOLS, SOURCE_MODULE, SOURCE_PACKAGE, "data/span", PARTS)


def _card(made: Path, folder: Path) -> Card:
    first, *others = PARTS
    return Card(
        name=NAME,
        version="1",
        file=first,
        sha256=digest(made / first),
        also={part: digest(made / part) for part in others},
        source=f"{SOURCE_PACKAGE}, encoder {digest(folder / first)}, decoder {digest(folder / others[0])}",
        licence="Apache-2.0 (FLAN-T5), MIT (package and its tuning)",
        built_with=", ".join(f"{tool} {version(tool)}" for tool in TOOLS),
    )


class Weights:
    """The package's weights by their names in T5: 8-bit matrices with one scale and zero point, and norms."""

    def __init__(self, folder: Path) -> None:
        import onnx
        from onnx import numpy_helper

        self._held: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        for part in PARTS[:2]:
            body = onnx.load(folder / part).graph
            self._held |= {each.name: numpy_helper.to_array(each) for each in body.initializer}
            for node in body.node:
                if node.op_type == "MatMulInteger":
                    self._names[_place(node.name)] = node.input[1].removesuffix("_quantized")

    def norm(self, name: str) -> "NDArray[np.float32]":
        prefix = "enc" if name.startswith("enc") else "m.decoder"
        held: NDArray[np.float32] = self._held[f"{prefix}{name[name.index('.') :]}.weight"]
        return held

    def table(self, name: str) -> "tuple[NDArray[np.uint8], float, int]":
        """An embedding: bytes, their scale and their zero."""
        return self._integers(name)

    def matrix(self, place: str) -> "tuple[NDArray[np.uint8], float, int]":
        """A matrix (in, out) of the layers as bytes, their scale and their zero."""
        return self._integers(self._names[place])

    def _integers(self, name: str) -> "tuple[NDArray[np.uint8], float, int]":
        import numpy as np

        held, zero = self._held[f"{name}_quantized"], self._held[f"{name}_zero_point"]
        shift = 128 if held.dtype == np.int8 else 0
        whole = (held.astype(np.int16) + shift).astype(np.uint8)
        return whole, float(self._held[f"{name}_scale"]), int(zero) + shift


def _place(node: str) -> str:
    """Where a matrix stands: `encoder.0.self.q`, `decoder.3.cross.k`, `decoder.7.wo`, `lm_head`."""
    found = _NODE.fullmatch(node)
    if found is None:
        raise SourceMissing(f"the package {SOURCE_PACKAGE} holds a graph of another form ({node})")
    if found[1] == "lm_head":
        return "lm_head"
    kind = next((_ATTENTION[part] for part in node.split("/") if part in _ATTENTION), "")
    stack = "encoder" if found[1] == "enc" else "decoder"
    return ".".join(filter(None, (stack, found[2], kind, found[3])))


class _Graph:
    """Collects nodes and constants. Every method returns the name of its output. There is no batch axis."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def constant(self, name: str, value: Any, kind: str = "float32") -> str:
        import numpy as np
        from onnx import numpy_helper

        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value, dtype=kind), name)
        return name

    def add(self, operator: str, output: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=output, **attributes))
        return output

    def linear(self, place: str, x: str) -> str:
        """x (rows, in) times a matrix (in, out), whose bytes keep their one scale in every block of 32."""
        import numpy as np

        bytes_, scale, zero = self.weights.matrix(place)
        inner, outer = bytes_.shape
        blocks = inner // BLOCK
        packed = self.constant(f"{place}.bytes", bytes_.T.reshape(outer, blocks, BLOCK), "uint8")
        scales = self.constant(f"{place}.scale", np.full(outer * blocks, scale))
        zeros = self.constant(f"{place}.zero", np.full((outer, blocks), zero), "uint8")
        return self.add("MatMulNBits", f"{place}.out", x, packed, scales, zeros, domain="com.microsoft",
                        K=inner, N=outer, bits=8, block_size=BLOCK, accuracy_level=4)  # fmt: skip

    def looked_up(self, name: str, table: str, ids: str) -> str:
        bytes_, scale, zero = self.weights.table(table)
        rows = self.add("Gather", f"{name}.bytes.out", self.constant(f"{name}.bytes", bytes_, "uint8"), ids)
        return self.add("DequantizeLinear", f"{name}.out", rows, self.constant(f"{name}.scale", scale),
                        self.constant(f"{name}.zero", zero, "uint8"))  # fmt: skip

    def normalise(self, name: str, x: str) -> str:
        """T5's norm: by the root of the mean square, with neither mean nor shift."""
        weight = self.constant(f"{name}.weight", self.weights.norm(name))
        return self.add("SimplifiedLayerNormalization", f"{name}.out", x, weight, axis=-1, epsilon=1e-6)

    def heads(self, x: str) -> str:
        """(rows, heads * 64) as (heads, rows, 64)."""
        shape = self.constant("by_head", [-1, HEADS, PER_HEAD], "int64")
        return self.add(
            "Transpose", f"{x}.heads", self.add("Reshape", f"{x}.parts", x, shape), perm=[1, 0, 2]
        )

    def attended(self, place: str, query: str, key: str, value: str, bias: str | None) -> str:
        """Of heads (6, rows, 64) over keys and values (6, seen, 64): (rows, 384). T5 does not scale."""
        turned = self.add("Transpose", f"{place}.turned", key, perm=[0, 2, 1])
        scores = self.add("MatMul", f"{place}.scores", query, turned)
        if bias:
            scores = self.add("Add", f"{place}.biased", scores, bias)
        shares = self.add("Softmax", f"{place}.shares", scores, axis=-1)
        mixed = self.add("MatMul", f"{place}.mixed", shares, value)
        rows = self.add("Transpose", f"{place}.rows", mixed, perm=[1, 0, 2])
        shape = self.constant("joined", [-1, HEADS * PER_HEAD], "int64")
        return self.add("Reshape", f"{place}.joined", rows, shape)

    def near(self, stack: str, table: str) -> str:
        """How far apart two places are, as a bias for each head: (heads, rows, seen)."""
        rows = self.looked_up(f"{stack}.near", table, "buckets")
        return self.add("Transpose", f"{stack}.bias", rows, perm=[2, 0, 1])

    def fed(self, place: str, norm: str, x: str) -> str:
        """The gated feed-forward part, added to what came in."""
        plain = self.normalise(norm, x)
        gate = self.add(
            "FastGelu", f"{place}.gate", self.linear(f"{place}.wi_0", plain), domain="com.microsoft"
        )
        wide = self.add("Mul", f"{place}.gated", gate, self.linear(f"{place}.wi_1", plain))
        return self.add("Add", f"{place}.fed", x, self.linear(f"{place}.wo", wide))

    def stacked(self, name: str, parts: list[str]) -> str:
        first = self.constant("first", [0], "int64")
        return self.add(
            "Concat",
            name,
            *(self.add("Unsqueeze", f"{part}.one", part, first) for part in parts),
            axis=0,
        )

    def model(self, inputs: dict[str, tuple[str, list[Any]]], outputs: dict[str, list[Any]]) -> Any:
        from onnx import TensorProto, helper

        kinds = {"int64": TensorProto.INT64, "float32": TensorProto.FLOAT}
        given = [
            helper.make_tensor_value_info(name, kinds[kind], shape) for name, (kind, shape) in inputs.items()
        ]
        told = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()
        ]
        body = helper.make_graph(self.nodes, NAME, given, told, list(self.constants.values()))
        dialects = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(body, opset_imports=dialects, ir_version=9, producer_name="mesh")


def encoder(weights: Weights) -> Any:
    """Inputs: ids (n,) and buckets (n, n), int64. Output: cross (16, 6, n, 64), float32: what each layer of
    the decoder attends to, keys and values by turns.
    """
    g = _Graph(weights)
    x = g.looked_up("words", "enc.embed_tokens.weight", "ids")
    bias = g.near("enc", "enc.block.0.layer.0.SelfAttention.relative_attention_bias.weight")
    for layer in range(LAYERS):
        place = f"encoder.{layer}"
        plain = g.normalise(f"enc.block.{layer}.layer.0.layer_norm", x)
        q, k, v = (g.heads(g.linear(f"{place}.self.{part}", plain)) for part in "qkv")
        mixed = g.attended(f"{place}.self", q, k, v, bias)
        x = g.add("Add", f"{place}.summed", x, g.linear(f"{place}.self.o", mixed))
        x = g.fed(place, f"enc.block.{layer}.layer.1.layer_norm", x)
    x = g.normalise("enc.final_layer_norm", x)
    parts = [
        g.heads(g.linear(f"decoder.{layer}.cross.{part}", x)) for layer in range(LAYERS) for part in "kv"
    ]
    g.stacked("cross", parts)
    return g.model(
        {"ids": ("int64", ["n"]), "buckets": ("int64", ["n", "n"])},
        {"cross": [2 * LAYERS, HEADS, "n", PER_HEAD]},
    )


def decoder(weights: Weights) -> Any:
    """Inputs: ids (1,), buckets (1, seen + 1), past (16, 6, seen, 64) and the encoder's cross. Outputs:
    logits (1, 32128) of the next word piece, and present (16, 6, seen + 1, 64), the next call's past.
    """
    from onnx import helper

    g = _Graph(weights)
    split = {name: [f"{name}.{i}" for i in range(2 * LAYERS)] for name in ("past", "cross")}
    for name, parts in split.items():
        g.nodes.append(helper.make_node("Split", [name], parts, name=f"{name}.parts", axis=0))
    first = g.constant("first", [0], "int64")

    def part(name: str, place: int) -> str:
        return g.add("Squeeze", f"{name}.{place}.held", f"{name}.{place}", first)

    x = g.looked_up("words", "m.shared.weight", "ids")
    bias = g.near("dec", "m.decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight")
    present = []
    for layer in range(LAYERS):
        place = f"decoder.{layer}"
        plain = g.normalise(f"dec.block.{layer}.layer.0.layer_norm", x)
        q, k, v = (g.heads(g.linear(f"{place}.self.{each}", plain)) for each in "qkv")
        held = [
            g.add("Concat", f"{new}.all", part("past", 2 * layer + at), new, axis=1)
            for at, new in enumerate((k, v))
        ]
        present += held
        mixed = g.attended(f"{place}.self", q, held[0], held[1], bias)
        x = g.add("Add", f"{place}.summed", x, g.linear(f"{place}.self.o", mixed))
        plain = g.normalise(f"dec.block.{layer}.layer.1.layer_norm", x)
        q = g.heads(g.linear(f"{place}.cross.q", plain))
        mixed = g.attended(f"{place}.cross", q, part("cross", 2 * layer), part("cross", 2 * layer + 1), None)
        x = g.add("Add", f"{place}.crossed", x, g.linear(f"{place}.cross.o", mixed))
        x = g.fed(place, f"dec.block.{layer}.layer.2.layer_norm", x)
    g.add("Identity", "logits", g.linear("lm_head", g.normalise("dec.final_layer_norm", x)))
    g.stacked("present", present)
    seen = [2 * LAYERS, HEADS, "seen", PER_HEAD]
    return g.model(
        {"ids": ("int64", [1]), "buckets": ("int64", [1, "all"]), "past": ("float32", seen),
         "cross": ("float32", [2 * LAYERS, HEADS, "n", PER_HEAD])},
        {"logits": [1, "pieces"], "present": [2 * LAYERS, HEADS, "all", PER_HEAD]},
    )  # fmt: skip
