"""Observations as lines of a log, for a mesh on one machine."""

import json
import logging

from mesh.kit.trace import Work, origin

log = logging.getLogger("mesh.work")


class Lines:
    """One line of JSON for each piece of work."""

    def worked(self, work: Work) -> None:
        who = origin()
        line = {"msp_id": who.msp_id, "work": work.kind, "what": work.what, "outcome": work.outcome}
        told = {**line, "took_ms": round(work.took_ms, 2), **work.counts}
        if who.correlation_id:
            told["correlation_id"] = who.correlation_id
        log.info(json.dumps(told))
