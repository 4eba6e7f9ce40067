"""Which provider of sentiment answers: MESH_SENTIMENT is `local` (the default) or `comprehend`."""

import os
from collections.abc import Mapping

from mesh.adapters.models.build_sentiment import NAME as HEARING
from mesh.adapters.models.comprehend import ComprehendSentiment
from mesh.adapters.models.embedder import OnnxEmbedder
from mesh.adapters.models.sentiment import FirstOf, LocalSentiment
from mesh.kit.ports import Models, Sentiment

VARIABLE, REGION = "MESH_SENTIMENT", "MESH_COMPREHEND_REGION"


def chosen_sentiment(models: Models, environment: Mapping[str, str] | None = None) -> Sentiment:
    """The local classifier, or Comprehend with the local one behind it. An unknown name is the local one."""
    told = os.environ if environment is None else environment
    local = LocalSentiment(models, OnnxEmbedder(models, name=HEARING))
    if told.get(VARIABLE, "").strip().lower() != "comprehend":
        return local
    return FirstOf("comprehend", ComprehendSentiment(region=told.get(REGION) or None), local)
