"""Faults of DELETE."""

from __future__ import annotations

from ..app import Origin
from ..target import Target
from .registry import fault


class DeleteKeeps(Origin):
    """DELETE at `level` is answered 204 and removes nothing."""

    level: str

    def remove(self, target: Target) -> int:
        return len(self.archive.find(target)) if target.level == self.level else super().remove(target)


@fault("delete-keeps-instance", breaks=("SEED-DELETE-INSTANCE",), says="status is 200")
class DeleteKeepsInstance(DeleteKeeps):
    """DELETE of an instance is answered 204, and the instance stays."""

    level = "instance"


@fault(
    "delete-keeps-series", breaks=("SEED-DELETE-SERIES",), says="status is 200", seen=("ImagingDataCommons/slim#303",)
)
class DeleteKeepsSeries(DeleteKeeps):
    """DELETE of a series is answered 204, and the series stays."""

    level = "series"


@fault("delete-keeps-study", breaks=("SEED-DELETE-STUDY",), says="status is 200")
class DeleteKeepsStudy(DeleteKeeps):
    """DELETE of a study is answered 204, and the study stays."""

    level = "study"


@fault("delete-instance-takes-series", breaks=("SEED-DELETE-INSTANCE",), says="status is 404")
class DeleteInstanceTakesSeries(Origin):
    """DELETE of an instance removes its whole series."""

    def remove(self, target: Target) -> int:
        return super().remove(target._replace(instance=None))


@fault("delete-series-takes-study", breaks=("SEED-DELETE-SERIES",), says="status is 404")
class DeleteSeriesTakesStudy(Origin):
    """DELETE of a series removes its whole study."""

    def remove(self, target: Target) -> int:
        return super().remove(Target(target.study) if target.level == "series" else target)


@fault("delete-again-succeeds", breaks=("SEED-DELETE-AGAIN",), says="status is 204")
class DeleteAgainSucceeds(Origin):
    """DELETE of what is not there is answered 204."""

    def remove(self, target: Target) -> int:
        return super().remove(target) or 1


@fault(
    "delete-leaves-the-index",
    breaks=("SEED-DELETE-INSTANCE", "SEED-DELETE-SERIES", "SEED-DELETE-STUDY"),
    says="of a match is",
    seen=("ImagingDataCommons/slim#303",),
)
class DeleteLeavesTheIndex(Origin):
    """DELETE removes the files; searches still find what they held."""

    def remove(self, target: Target) -> int:
        kept = [instance for instance in self.archive.find(target) if instance.path.exists()]
        for instance in kept:
            instance.path.unlink()
        return len(kept)
