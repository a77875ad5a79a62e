"""An intent whose process was killed: it finds its job by name, and asks only where there is none."""

import pytest

from adoption_stage import Counting
from run_stage import NO_STOP
from shotlog.errors import Interrupted, Throttled, Unavailable


def test_an_intent_whose_answer_was_lost_finds_its_job_by_name(stage, service):
    served = service()
    stage.assets(1)
    terms = stage.staged()
    (job,) = stage.jobs(terms.run.id)
    with pytest.raises(KeyboardInterrupt):
        stage.submitter(Counting(served.batch, after_create=KeyboardInterrupt())).submit(
            job.id, terms, stop=NO_STOP
        )
    assert stage.job(job.id).state == "submitting"

    provider = Counting(served.batch)
    stage.submitter(provider).submit(job.id, terms, stop=NO_STOP)
    (only,) = served.jobs()
    assert (stage.job(job.id).state, stage.job(job.id).job_arn) == ("submitted", only.arn)
    assert (provider.listed, provider.creates) == (1, 0)
    assert stage.run(terms.run.id).state == "running"


def test_an_intent_that_never_reached_the_provider_is_asked_for_once(stage, service):
    served = service({"quota": True})
    stage.assets(1)
    terms = stage.staged()
    (job,) = stage.jobs(terms.run.id)
    stop = type(NO_STOP)()
    stop.set()
    with pytest.raises(Interrupted):
        stage.submitter(served.batch).submit(job.id, terms, stop=stop)
    served.faults()

    provider = Counting(served.batch)
    stage.submitter(provider).submit(job.id, terms, stop=NO_STOP)
    assert (provider.listed, provider.creates, len(served.jobs())) == (1, 1, 1)


def test_a_first_try_looks_for_nothing(stage, service):
    served = service()
    stage.assets(1)
    terms = stage.staged()
    provider = Counting(served.batch)
    stage.submitter(provider).submit(stage.jobs(terms.run.id)[0].id, terms, stop=NO_STOP)
    assert (provider.listed, provider.creates) == (0, 1)


def test_trouble_with_looking_is_waited_for_like_a_quota(stage, service):
    served = service()
    stage.assets(1)
    terms = stage.staged()
    (job,) = stage.jobs(terms.run.id)
    with pytest.raises(KeyboardInterrupt):
        stage.submitter(Counting(served.batch, after_create=KeyboardInterrupt())).submit(
            job.id, terms, stop=NO_STOP
        )

    stop = type(NO_STOP)()
    stop.set()
    with pytest.raises(Interrupted):
        stage.submitter(Counting(served.batch, lists=[Unavailable()])).submit(job.id, terms, stop=stop)
    assert stage.job(job.id).state == "submitting"

    provider = Counting(served.batch, lists=[Throttled(), Unavailable()])
    stage.submitter(provider).submit(job.id, terms, stop=NO_STOP)
    assert (provider.listed, provider.creates, len(served.jobs())) == (3, 0, 1)
