"""The bench of cold starts speaks Lambda's Runtime API, and says what became of a function that fails."""

import sys
from pathlib import Path
from typing import Any

import pytest

from bench.coldstart import Start, told
from bench.runtime_api import FunctionFailed, started

# Stands for AWS's runtime client: one module that asks for events and answers them.
CLIENT = """
import http.client, importlib, json, os, sys
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
def call(method, path, body=None):
    line = http.client.HTTPConnection(api)
    line.request(method, "/2018-06-01/runtime" + path, body)
    answer = line.getresponse()
    return answer.headers, answer.read()
module, _, name = sys.argv[1].rpartition(".")
try:
    handler = getattr(importlib.import_module(module), name)
except Exception as error:
    call("POST", "/init/error", json.dumps({"errorMessage": str(error)}))
    sys.exit(1)
while True:
    headers, event = call("GET", "/invocation/next")
    place = "/invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        call("POST", place + "/response", json.dumps(handler(json.loads(event), None)))
    except Exception as error:
        call("POST", place + "/error", json.dumps({"errorMessage": repr(error)}))
"""
HANDLERS = """
import os
def echo(event, context): return {"heard": event, "told": os.environ["TOLD"]}
def broken(event, context): raise ValueError("no such thing")
def dying(event, context): print("out of memory", flush=True); os._exit(9)
"""


@pytest.fixture
def path(tmp_path: Path) -> list[Path]:
    (tmp_path / "awslambdaric.py").write_text(CLIENT)
    (tmp_path / "made.py").write_text(HANDLERS)
    return [tmp_path]


def run(handler: str, path: list[Path], **event: Any) -> Any:
    with started(Path(sys.executable), handler, path, {"TOLD": "yes"}, path[0] / "log") as function:
        return function.init_ms, function.invoke(event), function.invoke(event)


def test_a_function_is_started_once_and_answers_each_event(path: list[Path]) -> None:
    init, first, second = run("made.echo", path, n=1)
    assert init > 0 and first[0] > 0
    assert first[2] == second[2] == {"heard": {"n": 1}, "told": "yes"}


@pytest.mark.parametrize(
    ("handler", "said"),
    [("made.broken", "no such thing"), ("made.dying", "out of memory"), ("nowhere.handler", "nowhere")],
)
def test_a_function_that_fails_is_told_with_its_reason(handler: str, said: str, path: list[Path]) -> None:
    with pytest.raises(FunctionFailed, match=said):
        run(handler, path)


def test_of_several_starts_the_least_disturbed_counts() -> None:
    start = Start()
    for init in (310.0, 290.0, 900.0):
        start.note(init=init)
    assert start.least() == {"init": 290.0} and start.median() == {"init": 310.0}


def test_the_table_shows_what_the_framework_adds_and_the_ratio_to_an_empty_function() -> None:
    def times(cpu: float) -> Any:
        return {"least": {"init": 2 * cpu, "init_cpu": cpu, "first": 10, "first_cpu": 5}}

    warm = {
        "ms": {"agent": 1.0, "ask": 1.5, "mesh": 2.0, "fastapi": 4.0},
        "cpu_ms": {"agent": 0.9, "ask": 1.2, "mesh": 1.5, "fastapi": 3.0},
    }
    row = {"empty": times(40), "mesh": times(200), "fastapi": times(395), "warm": warm}
    text = told({"anomaly-detection": row}, 3)
    line = text.splitlines()[-3].split()
    warm_cells = ["1.00", "(0.90)", "0.50", "(0.30)", "2.50", "(1.80)"]
    assert line == ["anomaly-detection", "5.0", "0.51", *warm_cells]
