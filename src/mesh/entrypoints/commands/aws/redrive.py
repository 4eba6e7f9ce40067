"""./mesh aws redrive: what was given up on, once more: dead jobs, and batches of events with --events."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from mesh.adapters.aws.deployment.account import Account, plainly
from mesh.adapters.aws.deployment.found import find
from mesh.adapters.aws.jobs import DynamoJobs
from mesh.entrypoints.commands.aws.place import account_of, add_place, deployed
from mesh.entrypoints.commands.aws.replay import replayed
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.lambdas.queue import Message
from mesh.kit.platform import Jobs

# Long enough to work through what was received, so that none of it comes twice.
HIDDEN_S = 120
# A function that is brought a batch again may take a minute over it.
REPLAY_HIDDEN_S = 900


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    redrive = commands.add_parser(
        "redrive", help="put jobs from the dead-letter queue back in line, or replay events"
    )
    add_place(redrive)
    which = redrive.add_mutually_exclusive_group()
    which.add_argument("--job", metavar="JOB_ID", help="only this one")
    which.add_argument(
        "--events", action="store_true", help="batches of events that streams gave up on, instead of jobs"
    )
    redrive.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.events:
        return _events(options)
    with deployed(options) as here:
        url = here.found.output("DeadLettersUrl")
        lines = list(redriven(url, here.account, here.platform.jobs, options.job))
        for line in lines:
            say(line)
        events = here.found.optional("FailedEventsUrl")
        if events and (left := waiting(events, here.account)):
            say(f"{left} batches of events were given up on: ./mesh aws redrive --events brings them again.")
    if not lines:
        say(
            "There are no dead letters."
            if not options.job
            else f"{options.job} is not among the dead letters."
        )
    return 0


def _events(options: argparse.Namespace) -> int:
    """1 while some of them stay."""
    with account_of(options) as account:
        url = find(account).output("FailedEventsUrl")
        lines = list(replayed(url, account, REPLAY_HIDDEN_S))
        for line in lines:
            say(line)
        left = waiting(url, account)
    if not lines:
        say("No batch of events was given up on.")
    return 1 if left else 0


def redriven(url: str, account: Account, jobs: Jobs, only: str | None) -> Iterator[str]:
    """Brings back job after job; what was done, a line each. Messages that are none of ours stay."""
    sqs, seen = account.client("sqs"), set[str]()
    with plainly("reading the dead letters"):
        while got := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN_S
        ).get("Messages"):
            fresh = [message for message in got if message["MessageId"] not in seen]
            if not fresh:
                return
            for letter in fresh:
                seen.add(letter["MessageId"])
                told = _redriven(letter, jobs, only)
                if told is None:
                    sqs.change_message_visibility(
                        QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"], VisibilityTimeout=0
                    )
                    continue
                done, line = told
                if done:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
                yield line


def waiting(url: str, account: Account) -> int:
    """About how many messages a queue holds."""
    with plainly("counting what waits"):
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=wanted)
    return sum(int(number) for number in found["Attributes"].values())


def taken_away(url: str, account: Account, job_id: str) -> bool:
    """Removes the letter of one job, if it is among those that can be had now; whether it was."""
    sqs, found = account.client("sqs"), False
    with plainly("reading the dead letters"):
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=5).get(
            "Messages", []
        )
        for letter in got:
            if job_id in letter["Body"]:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
                found = True
    return found


def _redriven(letter: Mapping[str, Any], jobs: Jobs, only: str | None) -> tuple[bool, str] | None:
    """Whether the letter is settled, and what to say; None where it is not the one that was meant."""
    try:
        message = Message.model_validate_json(letter["Body"])
    except ValidationError:
        return None if only else (False, f"{letter['MessageId']} is no job's message: it stays")
    if only and message.job_id != only:
        return None
    job = jobs.find(message.msp_id, message.job_id)
    if job is None or job.state == "done":
        return True, f"{message.job_id} is {'done' if job else 'gone'}: its letter is taken away"
    if job.state == "dead":
        jobs.redrive(message.msp_id, message.job_id)
        return True, f"{message.job_id} of {message.msp_id} is back in line"
    # The function died over it, again and again, before it could say so.
    assert isinstance(jobs, DynamoJobs)
    jobs.remind(job)
    return True, f"{message.job_id} of {message.msp_id} was never ended: it is sent again"
