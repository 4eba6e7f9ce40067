"""What each kind of function may do, written from what its code calls. No action has a wildcard.

Resources are named in full, but for two kinds: objects of a bucket (`bodies/*`), whose names are made when
they are stored, and the services that know no resources (X-Ray; Comprehend; `dynamodb:ListStreams`).
"""

from infra.grants.admin import administer, fetch_when_asked, note_keys
from infra.grants.allowing import Statements, allow, bodies, items
from infra.grants.events import count_events, follow_events, follow_table, pass_events_on
from infra.grants.federation import start_trainings, train
from infra.grants.jobs import hand_on_jobs, queue_jobs, receive, remind_of_jobs, work_off_jobs
from infra.grants.models import ask_model, ask_services, read_models, refresh_feeds
from infra.grants.running import have_network_interfaces, read_secret, write_logs
from infra.grants.runs import run_steps, start_runs
from infra.grants.sockets import broadcast, close_socket, end_sockets, hear_socket, open_socket
from infra.grants.tenants import (
    answer,
    every_tenants_rows,
    look_up_keys,
    meet_partners,
    refresh_benchmarks,
    see_partners,
    serve_platform,
    share,
)

__all__ = [
    "Statements",
    "administer",
    "allow",
    "answer",
    "ask_model",
    "ask_services",
    "bodies",
    "broadcast",
    "close_socket",
    "count_events",
    "end_sockets",
    "every_tenants_rows",
    "fetch_when_asked",
    "follow_events",
    "follow_table",
    "hand_on_jobs",
    "have_network_interfaces",
    "hear_socket",
    "items",
    "look_up_keys",
    "meet_partners",
    "note_keys",
    "open_socket",
    "pass_events_on",
    "queue_jobs",
    "read_models",
    "read_secret",
    "receive",
    "refresh_benchmarks",
    "refresh_feeds",
    "remind_of_jobs",
    "run_steps",
    "see_partners",
    "serve_platform",
    "share",
    "start_runs",
    "start_trainings",
    "train",
    "work_off_jobs",
    "write_logs",
]
