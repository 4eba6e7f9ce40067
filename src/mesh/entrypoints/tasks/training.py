"""What a training's task runs: one attempt of one job, brought to its end."""

import logging
import os
import sys
from collections.abc import Mapping

from mesh.adapters.aws.trainings import JOB, TrainingJob
from mesh.entrypoints.lambdas.process import Process, process
from mesh.entrypoints.work import perform
from mesh.kit.problem import Unavailable
from mesh.kit.trace import know

log = logging.getLogger("mesh.tasks")


def main(environment: Mapping[str, str]) -> int:
    """0 when the attempt was brought to its end, whatever the answer; or was another's already."""
    return work(asked(environment), process())


def asked(environment: Mapping[str, str]) -> TrainingJob:
    """Raises Unavailable where nobody said what for."""
    told = environment.get(JOB)
    if not told:
        raise Unavailable(f"Nothing to do: {JOB} does not say for which job this task is.")
    return TrainingJob.model_validate_json(told)


def work(of: TrainingJob, at: Process) -> int:
    """Whoever started the task took the attempt; one that is not this task's any more is left alone."""
    know(msp_id=of.msp_id)
    job = at.jobs.find(of.msp_id, of.job_id)
    if job is None or job.state != "running" or job.attempts != of.attempt:
        log.warning("job %s is not at attempt %d any more", of.job_id, of.attempt)
        return 0
    perform(job, at.platform)
    log.info("job %s: the attempt has ended", of.job_id)
    return 0


if __name__ == "__main__":
    code = main(os.environ)
    process().platform.close()
    sys.exit(code)
