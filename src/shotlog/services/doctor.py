"""The doctor: looks at all that an installation needs, and says how each is and how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shotlog.domain.clock import Clock, utc_now
from shotlog.domain.ports import BlobStore, VisionModel
from shotlog.inference.access import AwsAccess
from shotlog.inference.catalog import Catalog
from shotlog.inference.recipe_book import RecipeBook
from shotlog.media.tool import MediaTool
from shotlog.services.bedrock_checks import BedrockChecks
from shotlog.services.examination import Check, Look, Setup, carry_out
from shotlog.services.machine_checks import MachineChecks
from shotlog.store.database import Database
from shotlog.vision.endpoint_models import EndpointModels

__all__ = ["Check", "Doctor", "Setup"]


class Doctor:
    """Examines one installation; what is broken in one place never hides another.

    Nothing is changed but a few small objects that are taken away again, and nothing costs money.

    Args:
        setup: what the installation is set to.
        database, store, recipes, catalog: open or load these; called inside a check, so that what they
            raise is that check's finding. Whoever gives them closes what they open.
        media: opens media files in child processes.
        vision: the local engine, where it is the one in use.
        endpoint: the vision endpoint that takes its place, where one is set.
        access: AWS, where ``engine`` is ``bedrock``.
        patience_s: the longest that one check may take.
        free_bytes: tells the free space of a folder's disk; by default the disk is asked.
    """

    def __init__(
        self,
        setup: Setup,
        *,
        database: Callable[[], Database],
        store: Callable[[], BlobStore],
        recipes: Callable[[], RecipeBook],
        catalog: Callable[[], Catalog],
        media: MediaTool,
        vision: VisionModel | None = None,
        endpoint: EndpointModels | None = None,
        access: AwsAccess | None = None,
        clock: Clock = utc_now,
        patience_s: float = 120.0,
        free_bytes: Callable[[Path], int] | None = None,
    ) -> None:
        self._patience_s = patience_s
        self._machine = MachineChecks(
            setup,
            database=database,
            store=store,
            media=media,
            vision=vision,
            endpoint=endpoint,
            recipes=recipes,
            catalog=catalog,
            clock=clock,
            free_bytes=free_bytes,
        )
        self._bedrock = None
        if setup.engine == "bedrock" and access is not None:
            self._bedrock = BedrockChecks(setup, access=access, catalog=catalog)

    def examine(self) -> list[Check]:
        """Carry out all checks, one after another, and return what each found."""
        looks: dict[str, Look] = self._machine.looks()
        if self._bedrock is not None:
            looks |= self._bedrock.looks()
        return [carry_out(name, look, patience_s=self._patience_s) for name, look in looks.items()]

    def policies(self) -> dict[str, Any] | None:
        """Return the IAM documents that this installation needs; None where AWS has no part in it.

        Keys: ``role_name``, ``role_arn``, ``trust_policy``, ``role_policy``, ``caller_policy`` and
        ``notes``, which say what could not be known and stands in capitals.
        """
        return None if self._bedrock is None else self._bedrock.policies()
