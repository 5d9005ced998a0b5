"""Faults of DELETE."""

from __future__ import annotations

from ..app import Origin
from ..target import Target
from .registry import fault


class DeleteKeeps(Origin):
    """Returns 204 for DELETE at `level` and removes nothing."""

    level: str

    def remove(self, target: Target) -> int:
        return len(self.archive.find(target)) if target.level == self.level else super().remove(target)


@fault("delete-keeps-instance", breaks=("SEED-DELETE-INSTANCE",), says="status is 200")
class DeleteKeepsInstance(DeleteKeeps):
    """Returns 204 for DELETE of an instance, and keeps the instance."""

    level = "instance"


@fault(
    "delete-keeps-series", breaks=("SEED-DELETE-SERIES",), says="status is 200", seen=("ImagingDataCommons/slim#303",)
)
class DeleteKeepsSeries(DeleteKeeps):
    """Returns 204 for DELETE of a series, and keeps the series."""

    level = "series"


@fault("delete-keeps-study", breaks=("SEED-DELETE-STUDY",), says="status is 200")
class DeleteKeepsStudy(DeleteKeeps):
    """Returns 204 for DELETE of a study, and keeps the study."""

    level = "study"


@fault("delete-instance-takes-series", breaks=("SEED-DELETE-INSTANCE",), says="status is 404")
class DeleteInstanceTakesSeries(Origin):
    """Removes the whole series on DELETE of an instance."""

    def remove(self, target: Target) -> int:
        return super().remove(target._replace(instance=None))


@fault("delete-series-takes-study", breaks=("SEED-DELETE-SERIES",), says="status is 404")
class DeleteSeriesTakesStudy(Origin):
    """Removes the whole study on DELETE of a series."""

    def remove(self, target: Target) -> int:
        return super().remove(Target(target.study) if target.level == "series" else target)


@fault("delete-again-succeeds", breaks=("SEED-DELETE-AGAIN",), says="status is 204")
class DeleteAgainSucceeds(Origin):
    """Returns 204 for DELETE of a resource that does not exist."""

    def remove(self, target: Target) -> int:
        return super().remove(target) or 1


@fault(
    "delete-leaves-the-index",
    breaks=("SEED-DELETE-INSTANCE", "SEED-DELETE-SERIES", "SEED-DELETE-STUDY"),
    says="of a match is",
    seen=("ImagingDataCommons/slim#303",),
)
class DeleteLeavesTheIndex(Origin):
    """Removes the files on DELETE, but still finds them in searches."""

    def remove(self, target: Target) -> int:
        kept = [instance for instance in self.archive.find(target) if instance.path.exists()]
        for instance in kept:
            instance.path.unlink()
        return len(kept)
