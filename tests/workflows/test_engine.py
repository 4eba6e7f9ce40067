"""What becomes of a run: answers are passed on, and what fails does not take the rest with it."""

import threading
from typing import Any

import pytest

from mesh.kit.agent import Answered
from mesh.kit.problem import Invalid, NotFound, Unavailable
from mesh.workflows import engine
from mesh.workflows.performing import attempt
from tests.acting import BY, Question, Said, acting, failing
from tests.workflows.conftest import MSP, Stage, cast, not_known, playbook, said, step

ECHO = acting()
TWO = playbook(step("first"), step("second", text="Heard: {{ first.said }}"))


def test_each_step_is_asked_what_the_one_before_answered_so_that_another_input_has_another_end(
    stage: Stage,
) -> None:
    one, other = stage.play(TWO, [ECHO], {"text": "one"}), stage.play(TWO, [ECHO], {"text": "other"})
    assert (said(one), said(other)) == (["Heard: one"], ["Heard: other"])
    assert (one.answer["headline"], other.answer["headline"]) == ("one", "other")


def test_each_answer_is_stored_as_a_result_and_each_sentence_names_its_source(stage: Stage) -> None:
    ended = stage.play(TWO, [ECHO])
    results = stage.platform.ports(MSP).results
    steps = stage.steps(ended, TWO)
    assert steps["second"].questions == [{"text": "Heard: hello"}]
    kept = results.find(steps["second"].result_ids[0])
    assert kept and kept.agent == "echo" and kept.answer["said"] == "Heard: hello"
    (sentence,) = ended.answer["sections"][0]["sentences"]
    assert sentence["sources"] == [{"step": "second", "result_ids": steps["second"].result_ids}]
    assert results.find(ended.result_id) == ended


def test_a_step_without_its_agent_is_skipped_with_the_reason_and_so_is_what_needs_it(stage: Stage) -> None:
    book = playbook(
        step("gone", "nobody"),
        step("after", text="{{ gone.said }}", needs=["gone"]),
        step("anyway", text="still here {{ input.text }}"),
    )
    ended = stage.play(book, [ECHO])
    steps = stage.steps(ended, book)
    assert {name: one.state for name, one in steps.items()} == {
        "gone": "skipped", "after": "skipped", "anyway": "done"
    }  # fmt: skip
    assert steps["gone"].reason == "the agent nobody is not installed"
    assert "needs gone" in steps["after"].reason and "not installed" in steps["after"].reason
    assert said(ended) == ["still here hello"] and len(not_known(ended)) == 2


def test_a_step_whose_condition_does_not_hold_says_why_not(stage: Stage) -> None:
    book = playbook(step("first"), step("second", when="first.said == 'go'", otherwise="nobody said go"))
    assert not_known(stage.play(book, [ECHO])) == ["second: nobody said go"]
    assert said(stage.play(book, [ECHO], {"text": "go"})) == ["go"]


@pytest.mark.parametrize("error", [RuntimeError("a defect"), Unavailable("The model is not here.")])
def test_what_fails_is_tried_again_after_growing_pauses(stage: Stage, error: Exception) -> None:
    book = playbook(step("only", attempts=3))
    ended = stage.play(book, [failing(error, times=2)])
    state = stage.steps(ended, book)["only"]
    assert (state.state, state.attempts, len(state.failures)) == ("done", 3, 2)
    assert stage.pauses == [0.5, 1.0]


def test_what_fails_for_good_is_skipped_with_its_reason_and_the_rest_goes_on(stage: Stage) -> None:
    book = playbook(step("bad", "broken"), step("good"))
    ended = stage.play(book, [failing(Unavailable("The model is not here."), name="broken"), ECHO])
    steps = stage.steps(ended, book)
    assert (steps["bad"].state, steps["bad"].attempts) == ("skipped", 2)
    assert steps["bad"].reason == "The model is not here. (after 2 attempts)"
    assert steps["good"].state == "done" and said(ended) == ["hello"]


def test_a_refused_question_is_not_asked_again(stage: Stage) -> None:
    book = playbook(step("bad", "broken", attempts=5), step("empty", text=""), step("good"))
    ended = stage.play(book, [failing(Invalid("No."), name="broken"), ECHO])
    steps = stage.steps(ended, book)
    assert (steps["bad"].attempts, steps["bad"].reason) == (1, "No.")
    assert steps["empty"].reason.startswith("Check text.") and stage.pauses == []


def test_a_defect_tells_nothing_of_itself_in_the_reason(stage: Stage) -> None:
    book = playbook(step("only"))
    ended = stage.play(book, [failing(RuntimeError("password=hunter2"))])
    assert "hunter2" not in ended.model_dump_json()


def test_steps_that_do_not_wait_for_each_other_run_side_by_side(stage: Stage) -> None:
    together = threading.Barrier(2)

    def meet(ask: Question, ports: Any) -> Answered[Said]:
        together.wait(10)
        return Answered(Said(said=ask.text, total=0), BY)

    book = playbook(step("left", "meeting"), step("right", "meeting"))
    assert [len(stage_) for stage_ in book.stages] == [2]
    ended = stage.play(book, [acting(meet, "meeting")])
    assert {one.state for one in stage.steps(ended, book).values()} == {"done"}


def test_what_takes_too_long_is_left_behind_and_cannot_speak_up_later(stage: Stage) -> None:
    go, ended_late = threading.Event(), threading.Event()

    def wait(ask: Question, ports: Any) -> Answered[Said]:
        go.wait(10)
        return Answered(Said(said=ask.text, total=0), BY)

    book = playbook(step("slow", "slow", timeout_s=0.05, attempts=1), step("quick"))
    ended = stage.play(book, [acting(wait, "slow"), ECHO])
    before = stage.steps(ended, book)
    assert before["slow"].state == "skipped" and "longer" in before["slow"].reason
    assert before["quick"].state == "done"
    late = next(thread for thread in threading.enumerate() if thread.name == "step-slow")
    go.set()
    late.join(10)
    ended_late.set()
    assert stage.steps(ended, book) == before


def test_when_the_time_of_the_whole_run_is_over_the_rest_is_skipped(stage: Stage) -> None:
    def wait(ask: Question, ports: Any) -> Answered[Said]:
        threading.Event().wait(0.2)
        return Answered(Said(said=ask.text, total=0), BY)

    book = playbook(step("slow", "slow"), step("late", text="{{ slow.said }}"), deadline_s=0.05)
    ended = stage.play(book, [acting(wait, "slow"), ECHO])
    steps = stage.steps(ended, book)
    assert "were over" in steps["slow"].reason and steps["late"].state == "skipped"


def test_a_step_can_be_done_for_each_of_several_things(stage: Stage) -> None:
    book = playbook(
        step("all", each="input.texts", most=3, text="{{ item }}!"),
        input={"texts": {"type": "names", "about": "Several"}},
        headline="All",
        report=[{"title": "All", "lines": [{"each": "all", "text": "{{ item.said }}"}]}],
    )
    ended = stage.play(book, [ECHO], {"texts": ["a", "b", "", "d"]})
    state = stage.steps(ended, book)["all"]
    assert said(ended) == ["a!", "b!", "!"] and len(set(state.result_ids)) == 3
    none = stage.play(book, [ECHO], {"texts": []})
    assert stage.steps(none, book)["all"].reason == "there is nothing to do it for"


def test_a_stored_answer_is_taken_instead_of_asking_again(stage: Stage) -> None:
    first = stage.play(playbook(step("only")), [ECHO], {"text": "said before"})
    stored = f"{first.result_id}.only"
    book = playbook(step("only", instead="{{ input.text }}"))
    ended = stage.play(book, [], {"text": stored})
    assert stage.steps(ended, book)["only"].state == "skipped", "even so, its agent must be there"
    ended = stage.play(book, [failing(RuntimeError("must not be asked"))], {"text": stored})
    assert said(ended) == ["said before"]
    assert stage.steps(ended, book)["only"].result_ids == [stored]


def test_a_run_that_was_cut_short_goes_on_where_it_was(stage: Stage) -> None:
    asked: list[str] = []

    def answer(ask: Question, ports: Any) -> Answered[Said]:
        asked.append(ask.text)
        return Answered(Said(said=ask.text, total=0), BY)

    agents = [acting(answer)]
    job = stage.open(TWO)
    run = stage.run(job.job_id, TWO)
    attempt(TWO.steps[0], run, stage.platform, cast(agents))
    ended = stage.go_on(job, TWO, agents)
    assert asked == ["hello", "Heard: hello"] and said(ended) == ["Heard: hello"]
    assert {one.attempts for one in stage.steps(ended, TWO).values()} == {1}


def test_an_answer_whose_step_could_not_be_noted_any_more_is_not_asked_for_twice(stage: Stage) -> None:
    job = stage.open(TWO)
    run = stage.run(job.job_id, TWO)
    first = attempt(TWO.steps[0], run, stage.platform, cast([ECHO]))
    run.keep(first.model_copy(update={"state": "running", "result_ids": [], "ended_at": None}))
    stage.go_on(job, TWO, [ECHO])
    kept = stage.platform.ports(MSP).results.page(agent="echo").items
    assert sorted(one.result_id for one in kept) == [f"{job.job_id}.first", f"{job.job_id}.second"]


def test_a_step_that_ends_the_process_each_time_is_given_up(stage: Stage) -> None:
    job = stage.open(TWO)
    run = stage.run(job.job_id, TWO)
    dying = run.step(TWO.steps[0]).model_copy(update={"state": "running", "attempts": 2})
    run.keep(dying)
    ended = stage.go_on(job, TWO, [ECHO])
    assert "ended with the process" in stage.steps(ended, TWO)["first"].reason


def test_progress_is_announced_step_by_step_without_a_word_of_any_answer(stage: Stage) -> None:
    stage.play(TWO, [ECHO], {"text": "secret words"})
    told = [kind for topic, kind in stage.events() if topic == "workflows"]
    assert told == [
        "workflow.started", "step.started", "step.done", "step.started", "step.done", "workflow.finished"
    ]  # fmt: skip
    events = stage.platform.outbox.after(MSP, None)
    assert not any("secret" in event.model_dump_json() for event in events)


def test_a_run_ends_its_job_and_leaves_one_report(stage: Stage) -> None:
    job = stage.open(TWO)
    ended = stage.go_on(job, TWO, [ECHO])
    found = stage.platform.jobs.find(MSP, job.job_id)
    assert found and (found.state, found.result_id) == ("done", job.job_id)
    again = engine.finish(stage.run(job.job_id, TWO), stage.platform, job)
    assert again == ended


def test_a_playbook_that_is_gone_is_a_problem(stage: Stage) -> None:
    job = stage.open(TWO)
    with pytest.raises(NotFound):
        engine.perform(job, stage.platform, cast([ECHO]))
