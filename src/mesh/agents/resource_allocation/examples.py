"""Two questions that can be sent as they are."""

from typing import Any

from mesh.kit.agent import Example

MONDAY = "2026-03-02T"
TECHNICIANS: list[dict[str, Any]] = [
    {"id": "ann", "name": "Ann Lindqvist", "skills": {"network": 8, "firewall": 6}, "shift_start": "08:00",
     "shift_end": "16:00", "breaks": [{"start": "12:00", "end": "12:30"}], "latitude": 52.52,
     "longitude": 13.40, "hourly_cost": 48},
    {"id": "bo", "name": "Bo Okafor", "skills": {"network": 4, "m365": 7}, "shift_start": "09:00",
     "shift_end": "17:00", "breaks": [{"start": "12:30", "end": "13:00"}], "latitude": 52.49,
     "longitude": 13.45, "hourly_cost": 39, "overtime_hours": 1},
    {"id": "cleo", "name": "Cleo Marsh", "skills": ["m365", "backup"], "shift_start": "09:00",
     "shift_end": "17:00", "latitude": 52.55, "longitude": 13.35, "hourly_cost": 41},
]  # fmt: skip
TASKS: list[dict[str, Any]] = [
    {"id": "T1", "title": "Switch down at the clinic", "client_id": "c1", "skills": ["network"], "hours": 2,
     "priority": "critical", "due_at": MONDAY + "12:00Z", "on_site": True, "latitude": 52.51,
     "longitude": 13.38},
    {"id": "T2", "title": "VPN for the new branch", "client_id": "c2", "skills": ["network", "firewall"],
     "hours": 1.5, "priority": "high", "due_at": MONDAY + "15:00Z"},
    {"id": "T3", "title": "Mailbox migration", "client_id": "c3", "skills": ["m365"], "hours": 3,
     "due_at": MONDAY + "16:00Z"},
    {"id": "T4", "title": "Restore last night's backup", "client_id": "c1", "skills": ["backup"], "hours": 1,
     "priority": "high", "due_at": MONDAY + "10:30Z"},
    {"id": "T5", "title": "Check what was restored", "client_id": "c1", "skills": ["m365"], "hours": 0.5,
     "priority": "high", "depends_on": ["T4"], "due_at": MONDAY + "14:00Z"},
    {"id": "T6", "title": "Access point at the law firm", "client_id": "c4", "skills": ["network"],
     "hours": 1, "priority": "low", "on_site": True, "latitude": 52.47, "longitude": 13.44},
    {"id": "T7", "title": "PBX move", "client_id": "c5", "skills": ["voice"], "hours": 2},
]  # fmt: skip

EXAMPLES = (
    Example(
        "A Monday for three technicians",
        {
            "tasks": TASKS,
            "technicians": TECHNICIANS,
            "starts_at": MONDAY + "07:00:00Z",
            "time_window_hours": 12,
            "priority_mode": "sla",
        },
    ),
    Example(
        "The same Monday after Bo has called in sick",
        {
            "tasks": TASKS[:6],
            "technicians": [
                TECHNICIANS[0],
                {**TECHNICIANS[1], "away": [{"start": MONDAY + "00:00Z", "end": MONDAY + "23:59Z"}]},
                TECHNICIANS[2],
            ],
            "starts_at": MONDAY + "07:00:00Z",
            "time_window_hours": 12,
            "previous_plan": [
                {"task_id": "T1", "technician_id": "ann", "start_at": MONDAY + "08:09Z"},
                {"task_id": "T2", "technician_id": "ann", "start_at": MONDAY + "10:09Z"},
                {"task_id": "T3", "technician_id": "bo", "start_at": MONDAY + "09:00Z"},
                {"task_id": "T4", "technician_id": "cleo", "start_at": MONDAY + "09:00Z"},
                {"task_id": "T5", "technician_id": "cleo", "start_at": MONDAY + "10:00Z"},
                {"task_id": "T6", "technician_id": "bo", "start_at": MONDAY + "13:20Z"},
            ],
        },
    ),
)
