"""Libraries that have forgotten a job, and what tests of adoption do with them."""

from backup import Backup
from run_stage import NO_STOP
from shotlog.store.tables.findings import AnnotationRow
from shotlog.store.tables.runs import RunRow


class Counting:
    """A provider in front of another, which counts what is asked and may fail instead."""

    def __init__(self, provider, *, after_create=None, lists=()):
        self._provider, self._after_create, self._lists = provider, after_create, list(lists)
        self.creates = self.listed = 0

    def __getattr__(self, name):
        return getattr(self._provider, name)

    def create(self, request):
        self.creates += 1
        arn = self._provider.create(request)
        if self._after_create:
            raise self._after_create
        return arn

    def list(self, **given):
        self.listed += 1
        if self._lists and (error := self._lists.pop(0)):
            raise error
        return self._provider.list(**given)


def submitted(stage, served, rules=None, **changes):
    """Take a run as far as its jobs; return their ARNs."""
    terms = stage.staged(rules, **changes)
    ids = [job.id for job in stage.jobs(terms.run.id)]
    for id_ in ids:
        stage.submitter(served.batch).submit(id_, terms, stop=NO_STOP)
    return [stage.job(id_).job_arn for id_ in ids]


def lost(stage, served, count=2, recipe="summary", **facts):
    """Make a library that has forgotten its one job; return the job's ARN."""
    stage.assets(count, **facts)
    before = Backup(stage.database)
    (arn,) = submitted(stage, served, recipe=stage.recipes.get(recipe))
    before.restore()
    assert stage.rows(RunRow) == []
    return arn


def ended(served, arn):
    return served.until(lambda: served.batch.get(arn).state.terminal)


def finish(stage, follower, served, run_id):
    """See a run through as the workflows do; return the account of its outcomes."""
    terms = stage.terms(run_id)
    stage.planner.cut(terms)
    for job in stage.jobs(run_id):
        follower(served.batch).follow(job.id, stop=NO_STOP)
        stage.collector.collect(job.id, terms)
    assert stage.planner.finish(run_id)
    return stage.account(run_id)


def said_of(stage, asset_id):
    (row,) = stage.rows(AnnotationRow, AnnotationRow.asset_id == asset_id)
    return row.body["text"]
