"""Own objects in a run: read before it begins, and described in its results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.harness.data.objects import NO_OBJECTS, Copier, Objects, of_any, read
from conformance.harness.endpoint.endpoints import Endpoint
from conformance.harness.endpoint.tables import ConfigurationError
from conformance.harness.run.plan import Plan
from conformance.harness.wire.client import Client
from conformance.reporting import record as model

__all__ = ["OBJECTS", "OF_OWN", "described", "given", "objects", "of_any", "own"]
OF_OWN = "test_own_objects.py"  # of a room: the checks of own objects
OBJECTS = pytest.StashKey[Objects]()


def objects(option: Any, endpoint: Endpoint) -> Objects:
    """The own objects of a run, by the options and the configuration. Raises ConfigurationError."""
    if not endpoint.settings.objects:
        return NO_OBJECTS
    if option.original_uids:
        raise ConfigurationError("--original-uids stores files as they are, and own objects are only copied: leave it")
    folder = endpoint.folder / endpoint.settings.objects
    if not folder.is_dir():
        raise ConfigurationError(f"{endpoint.sources.get('objects', 'objects')}: {folder} is not a folder")
    found = read(folder, option.objects_all)
    if not option.objects_with_identity:
        found.refuse_identities(endpoint.settings.url)
    return found


def given(option: Any) -> str | None:
    """The folder of --objects, wherever endpoints.toml is; None without the option."""
    return str(Path(option.objects).absolute()) if option.objects else None


def own(plan: Plan, client: Client) -> Copier | None:
    """What makes the copies for a run, which may then show what its reports say of them; None without own objects."""
    if not plan.objects.taken:
        return None
    copier = plan.objects.copier(plan.id, plan.patient_prefix)
    plan.foreign.shows(plan.objects.shown | copier.identifiers)
    client.expect(plan.objects.largest)
    return copier


def described(plan: Plan) -> model.OwnObjects | None:
    """The own objects as results have them: their paths only if foreign values are kept."""
    if not (found := plan.objects).number:
        return None
    return model.OwnObjects(
        files=found.number,
        skipped=found.skipped,
        taken=[
            model.OwnObject(
                name=name,
                number=item.file.number,
                file=item.file.path if plan.foreign.keeps else "",
                sha256=item.sha256,
                size=len(item.content),
                sop_class=item.sop_class,
                modality=item.modality,
                manufacturer=item.manufacturer,
                transfer_syntax=item.transfer_syntax,
                frames=item.frames,
            )
            for name, item in found.taken.items()
        ],
        left=[
            model.LeftOut(number=left.file.number, file=left.file.path if plan.foreign.keeps else "", why=left.why)
            for left in found.left
        ],
    )
