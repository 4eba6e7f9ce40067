"""Which provider of sentiment answers: MESH_SENTIMENT is `local` (the default) or `comprehend`."""

import os
from collections.abc import Callable, Mapping

from mesh.adapters.models.breaker import Breaker
from mesh.adapters.models.build_sentiment import NAME as HEARING
from mesh.adapters.models.comprehend import BY, ComprehendClient, ComprehendSentiment
from mesh.adapters.models.embedder import OnnxEmbedder
from mesh.adapters.models.sentiment import FirstOf, LocalSentiment
from mesh.adapters.models.settings import number
from mesh.adapters.models.spending import CHARACTERS, Price, TenantMeter
from mesh.kit.platform import Commons
from mesh.kit.ports import Clock, Models, Sentiment
from mesh.kit.trace import Observer

VARIABLE, REGION, PRICE = "MESH_SENTIMENT", "MESH_COMPREHEND_REGION", "MESH_COMPREHEND_PRICE"
CHARACTERS_A_DAY = "MESH_COMPREHEND_CHARACTERS_A_DAY"
ALLOWANCE = 5_000_000
# Dollars for a million characters, as a third party listed it in November 2026.
LISTED = 1.0


def chosen_sentiment(
    models: Models,
    commons: Commons,
    clock: Clock,
    observer: Observer,
    environment: Mapping[str, str] | None = None,
) -> Callable[[str], Sentiment]:
    """Of each tenant, by its id: the local classifier, or Comprehend with the local one behind it.

    An unknown name is the local one. What a tenant spends on Comprehend is counted; past its day's allowance
    the local one answers.
    """
    told = os.environ if environment is None else environment
    local = LocalSentiment(models, OnnxEmbedder(models, name=HEARING))
    if told.get(VARIABLE, "").strip().lower() != "comprehend":
        return lambda _: local
    client, breaker = ComprehendClient(region=told.get(REGION) or None), Breaker("Comprehend")
    prices = {BY.name: Price(number(told, PRICE, LISTED))}
    allowance = int(number(told, CHARACTERS_A_DAY, ALLOWANCE))

    def of(msp_id: str) -> Sentiment:
        meter = TenantMeter(msp_id, commons, clock, observer, prices, allowance, CHARACTERS)
        return FirstOf("comprehend", ComprehendSentiment(client, breaker=breaker, meter=meter), local)

    return of
