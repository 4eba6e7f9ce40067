"""The ports over models that are chosen by the environment, made when they are first asked something."""

from collections.abc import Callable
from functools import cache

from mesh.kit.late import late
from mesh.kit.platform import Commons
from mesh.kit.ports import Clock, Generator, Models, Sentiment
from mesh.kit.trace import Observer


def sentiments(
    models: Models, commons: Commons, clock: Clock, observer: Observer
) -> Callable[[str], Sentiment]:
    """The provider of sentiment of each tenant, by its id; see `sentiment_choice`."""

    @cache
    def chosen() -> Callable[[str], Sentiment]:
        from mesh.adapters.models.sentiment_choice import chosen_sentiment

        return chosen_sentiment(models, commons, clock, observer)

    return lambda msp_id: late(lambda: chosen()(msp_id))


def generators(
    models: Models, commons: Commons, clock: Clock, observer: Observer
) -> Callable[[str], Generator]:
    """The generator of each tenant, by its id; see `generator_choice`."""

    @cache
    def chosen() -> Callable[[str], Generator]:
        from mesh.adapters.models.generator_choice import chosen_generator

        return chosen_generator(models, commons, clock, observer)

    return lambda msp_id: late(lambda: chosen()(msp_id))
