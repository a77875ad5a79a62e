"""Checks of what Bedrock needs: credentials, role, model, bucket, batch API and free slots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from shotlog.domain.model import Mode, ModelCard
from shotlog.errors import AppError, Invalid, NotFound, Rejected, Unavailable
from shotlog.inference.access import AwsAccess, Identity
from shotlog.inference.catalog import DEFAULT_MODELS, Catalog
from shotlog.inference.policies import PolicyTarget, Role, documents, is_profile
from shotlog.inference.request_checks import check_folder_uri
from shotlog.services.examination import FAILED, OK, WARNING, Check, Look, Setup
from shotlog.services.machine_checks import chosen_model

_POLICIES = "`shotlog doctor --json` prints the exact policies."
#: Stand for what is not known yet, in documents that a person fills in.
_NO_ACCOUNT, _NO_BUCKET, _NEW_ROLE = "ACCOUNT-ID", "BUCKET-NAME", "shotlog-batch"


class BedrockChecks:
    """The looks at Bedrock and at what it works with; see ``Doctor`` for the arguments."""

    def __init__(self, setup: Setup, *, access: AwsAccess, catalog: Callable[[], Catalog]) -> None:
        self._setup = setup
        self._access = access
        self._catalog = catalog

    def looks(self) -> dict[str, Look]:
        """Return the checks by name, in the order in which one would mend them."""
        looks: dict[str, Look] = {
            "credentials": self.credentials,
            "role": self.role,
            "model": self.model,
            "model access": self.model_access,
            "bucket": self.bucket,
            "batch API": self.batch_api,
            "slots": self.slots,
        }
        if self._setup.bedrock_endpoint:
            del looks["model access"]
            return looks
        return {name: _with_policies(look) for name, look in looks.items()}

    def credentials(self) -> Check:
        """Ask AWS who calls; an endpoint of one's own knows no accounts."""
        if self._setup.bedrock_endpoint:
            detail = f"{self._setup.bedrock_endpoint} is an endpoint of your own: AWS is not asked."
            return Check("credentials", OK, detail)
        if isinstance(self._caller, Identity):
            detail = f"{self._caller.arn} calls, of account {self._caller.account}."
            return Check("credentials", OK, detail)
        raise self._caller or Unavailable("AWS was not asked who calls.")

    def role(self) -> Check:
        """Look whether there is a role that this account can pass to Bedrock."""
        arn = self._setup.role_arn
        if not arn:
            hint = "Make a role that Bedrock may assume, and set SHOTLOG_BATCH_ROLE_ARN to its ARN."
            state = FAILED if self._setup.mode == Mode.BATCH else WARNING
            return Check("role", state, "There is no role for batch jobs.", f"{hint} {_POLICIES}")
        role = Role.parse(arn)
        account = self._account()
        if account and account != role.account:
            detail = f"The role {role.name} is of account {role.account}, and account {account} calls."
            hint = "A role is passed within its own account: use its credentials or another role."
            return Check("role", FAILED, detail, f"{hint} {_POLICIES}")
        detail = f"{role.name} of account {role.account}; what it may do shows when a first job is validated."
        return Check("role", OK, detail)

    def model(self) -> Check:
        """Look whether the region reaches the model, and where its answers are computed."""
        card, invocation_id = self._resolved()
        if card.id == DEFAULT_MODELS["local"] and not self._setup.bedrock_endpoint:
            raise Invalid(f"AWS has no {card.name}.", hint="Set SHOTLOG_MODEL, such as to nova-2-lite.")
        if not card.batch and self._setup.mode == Mode.BATCH:
            hint = "Choose another model, or the mode on-demand (SHOTLOG_MODE)."
            return Check("model", FAILED, f"{card.name} has no batch jobs.", hint)
        asked = f"{card.name} is asked from {self._setup.region} as {invocation_id}"
        if self._setup.bedrock_endpoint or not is_profile(invocation_id, card.id):
            return Check("model", OK, f"{asked}.")
        leads = self._leads_to
        if isinstance(leads, NotFound):
            hint = "Choose another region (AWS_REGION) or another profile as the model."
            return Check("model", FAILED, leads.message, hint)
        if isinstance(leads, AppError):
            detail = f"{asked}; where it answers could not be looked up: {leads.message}"
            return Check("model", WARNING, detail, f"{leads.hint} {_POLICIES}".strip())
        regions = sorted({arn.split(":")[3] or "every commercial region" for arn in leads})
        return Check("model", OK, f"{asked}, and answers in {', '.join(regions)}.")

    def model_access(self) -> Check:
        """Ask AWS whether this account may use the model."""
        card, _ = self._resolved()
        try:
            missing = self._access.availability(card.id).missing()
        except NotFound as error:
            return Check("model access", WARNING, error.message, "Check the model and AWS_REGION.")
        except Rejected as error:
            hint = f"Allow bedrock:GetFoundationModelAvailability to see it here. {_POLICIES}"
            return Check("model access", WARNING, error.message, hint)
        if missing:
            hint = "Ask for access to the model in the Bedrock console, in this region."
            return Check("model access", WARNING, f"AWS says: {', '.join(missing)}.", hint)
        return Check("model access", OK, f"This account may use {card.name}.")

    def bucket(self) -> Check:
        """Look whether Bedrock can reach the store: a bucket with a legal name, in the same region."""
        setup = self._setup
        if not setup.bucket:
            if setup.bedrock_endpoint:
                return Check("bucket", OK, "The store is a directory, which your endpoint must serve.")
            hint = f"Set SHOTLOG_STORE to s3://bucket/prefix. {_POLICIES}"
            return Check("bucket", FAILED, "Bedrock reads and writes S3 only, and the store is none.", hint)
        # Staging makes folders of this form; see batch.names.
        folder = "/".join(filter(None, (setup.bucket, setup.prefix, "nova_batch/job_20260101_000000_001/")))
        check_folder_uri(f"s3://{folder}", "store")
        if setup.bedrock_endpoint:
            return Check("bucket", OK, f"{setup.bucket} is a legal name for batch jobs.")
        if setup.s3_endpoint:
            hint = "Unset SHOTLOG_S3_ENDPOINT, or set SHOTLOG_BEDROCK_ENDPOINT to what can reach it."
            return Check("bucket", FAILED, f"Bedrock cannot reach {setup.s3_endpoint}.", hint)
        region = self._access.bucket_region(setup.bucket)
        if region and region != setup.region:
            detail = f"{setup.bucket} is in {region}, and Bedrock is asked in {setup.region}."
            return Check("bucket", FAILED, detail, f"Set AWS_REGION to {region}, or use another bucket.")
        where = f"is in {region}" if region else "exists; its region is not told"
        return Check("bucket", OK, f"{setup.bucket} {where}, and its name is legal for batch jobs.")

    def batch_api(self) -> Check:
        """Ask for one page of the list of batch jobs."""
        newest = self._access.newest_job()
        known = f"the newest job is {newest.name} ({newest.state})" if newest else "there are no jobs yet"
        return Check("batch API", OK, f"It answers; {known}.")

    def slots(self) -> Check:
        """Count the jobs of the model that wait or run, of whomever they are."""
        card, invocation_id = self._resolved()
        active = Counter(self._access.active_models())
        used = sum(count for name, count in active.items() if self._is_model(name, card, invocation_id))
        detail = f"{used} of {card.max_active_jobs} slots of {card.name} are taken."
        if used < card.max_active_jobs:
            return Check("slots", OK, detail)
        hint = "New jobs wait until one ends; AWS raises the quota on request."
        return Check("slots", WARNING, detail, hint)

    def policies(self) -> dict[str, Any] | None:
        """Return the IAM documents for this installation; None where AWS has no part, or no model is known.

        What is not known yet stands in capitals, and the notes say so.
        """
        setup = self._setup
        notes: list[str] = []
        if setup.bedrock_endpoint:
            return None
        try:
            card, invocation_id = self._resolved()
        except AppError:
            return None
        role = _role(setup.role_arn)
        account = self._account() or (role.account if role else _NO_ACCOUNT)
        if account == _NO_ACCOUNT:
            notes.append(f"There are no credentials: put your account's number for {_NO_ACCOUNT}.")
        if not setup.bucket:
            notes.append(f"The store is no bucket: put your bucket's name for {_NO_BUCKET}.")
        models: Sequence[str] = ()
        if is_profile(invocation_id, card.id):
            leads = self._leads_to
            models = () if isinstance(leads, AppError) else leads
            if not models:
                notes.append("Bedrock could not be asked where the profile leads: that is as documented.")
        target = PolicyTarget(
            account=account,
            region=setup.region,
            bucket=setup.bucket or _NO_BUCKET,
            prefix=setup.prefix,
            role_name=role.name if role else _NEW_ROLE,
            role_arn=setup.role_arn if role else "",
            invocation_id=invocation_id,
            model_id=card.id,
            models=models,
        )
        return documents(target) | {"notes": notes}

    @cached_property
    def _caller(self) -> Identity | AppError | None:
        """Who calls, or why that is not known; None when AWS is not asked at all."""
        if self._setup.bedrock_endpoint:
            return None
        try:
            return self._access.identity()
        except AppError as error:
            return error

    @cached_property
    def _leads_to(self) -> tuple[str, ...] | AppError:
        """Where the model's inference profile leads, or why that is not known."""
        try:
            return self._access.profile_models(self._resolved()[1])
        except AppError as error:
            return error

    def _account(self) -> str:
        return self._caller.account if isinstance(self._caller, Identity) else ""

    def _resolved(self) -> tuple[ModelCard, str]:
        """Return the model and what Bedrock is asked with."""
        catalog = self._catalog()
        card = chosen_model(catalog, self._setup)
        return card, catalog.invocation_id(card, self._setup.region, self._setup.model)

    def _is_model(self, name: str, card: ModelCard, invocation_id: str) -> bool:
        """Tell whether a job's model is *card*; jobs of others may name models that no table has."""
        try:
            return name == invocation_id or self._catalog().find(name).id == card.id
        except NotFound:
            return False


def _role(arn: str) -> Role | None:
    try:
        return Role.parse(arn)
    except Invalid:
        return None


def _with_policies(look: Look) -> Look:
    """Say, where AWS refuses, that the policies can be had."""

    def looked() -> Check:
        try:
            return look()
        except Rejected as error:
            raise Rejected(error.message, hint=f"{error.hint} {_POLICIES}".strip()) from error

    return looked
