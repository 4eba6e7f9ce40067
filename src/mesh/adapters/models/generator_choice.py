"""Which provider of text answers: MESH_GENERATOR is `local` (the default), `bedrock` or `none`."""

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mesh.adapters.models.bedrock import MODEL, READ_S, BedrockClient, BedrockGenerator
from mesh.adapters.models.breaker import Breaker
from mesh.adapters.models.local_reader import LocalReader
from mesh.adapters.models.settings import number
from mesh.adapters.models.spending import Price, TenantMeter
from mesh.kit.absent import NoGenerator
from mesh.kit.platform import Commons
from mesh.kit.ports import Clock, Generator, Models, Provided, Row
from mesh.kit.problem import Unanswered, Unavailable
from mesh.kit.trace import Observer

T = TypeVar("T")
VARIABLE = "MESH_GENERATOR"
BEDROCK_MODEL, BEDROCK_REGION, BEDROCK_PRICE = (
    "MESH_BEDROCK_MODEL",
    "MESH_BEDROCK_REGION",
    "MESH_BEDROCK_PRICE",
)
TIMEOUT_S, TOKENS_A_DAY = "MESH_GENERATOR_TIMEOUT_S", "MESH_GENERATOR_TOKENS_A_DAY"
ALLOWANCE = 500_000
# As third parties listed them in November 2026; MESH_BEDROCK_PRICE ("0.33,2.75") has the last word.
PRICES = {MODEL: Price(0.33, 2.75)}


class FirstGenerator:
    """Asks `first`; where it cannot answer, `then`, and says why in `instead_of`."""

    def __init__(self, name: str, first: Generator, then: Generator):
        self._name, self._first, self._then = name, first, then

    def answer(self, question: str, data: str) -> Provided[str | None]:
        return self._either(lambda one: one.answer(question, data))

    def write(self, task: str, data: str, *, most_words: int = 150) -> Provided[str]:
        return self._either(lambda one: one.write(task, data, most_words=most_words))

    def propose(self, task: str, question: str, form: Mapping[str, Any]) -> Provided[Row | None]:
        return self._either(lambda one: one.propose(task, question, form))

    def _either(self, ask: Callable[[Generator], Provided[T]]) -> Provided[T]:
        try:
            return ask(self._first)
        except Unavailable as problem:
            failed = f"{self._name}: {problem.detail}"
        try:
            told = ask(self._then)
        except Unavailable as problem:
            raise Unanswered(f"{failed} {problem.detail}") from problem
        return Provided(told.value, told.by, failed)


def chosen_generator(
    models: Models,
    commons: Commons,
    clock: Clock,
    observer: Observer,
    environment: Mapping[str, str] | None = None,
) -> Callable[[str], Generator]:
    """The generator of each tenant, by its id. An unknown name is the local one.

    What a tenant spends on Bedrock is counted; past its day's allowance the local one answers.
    """
    told = os.environ if environment is None else environment
    name = told.get(VARIABLE, "").strip().lower()
    local: Generator = NoGenerator() if name == "none" else LocalReader(models)
    if name != "bedrock":
        return lambda _: local
    model = told.get(BEDROCK_MODEL, "").strip() or MODEL
    client = BedrockClient(
        model, region=told.get(BEDROCK_REGION) or None, read_s=number(told, TIMEOUT_S, READ_S)
    )
    breaker = Breaker("Bedrock")
    prices = {**PRICES, **_price(model, told.get(BEDROCK_PRICE, ""))}
    allowance = int(number(told, TOKENS_A_DAY, ALLOWANCE))

    def of(msp_id: str) -> Generator:
        meter = TenantMeter(msp_id, commons, clock, observer, prices, allowance)
        return FirstGenerator("bedrock", BedrockGenerator(client, breaker=breaker, meter=meter), local)

    return of


def _price(model: str, text: str) -> dict[str, Price]:
    try:
        read, written = (float(part) for part in text.split(","))
    except ValueError:
        return {}
    return {model: Price(read, written)}
