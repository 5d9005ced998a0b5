"""Resources that are missing or fail: no request for them succeeds."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..app import FRAMES, INSTANCE, SERIES, STUDY, Origin
from ..capabilities import Handler
from ..faults.altered import Altered, refused
from .registry import cause

RENDERED = (INSTANCE + "/rendered", FRAMES + "/rendered")
THUMBNAILS = (STUDY + "/thumbnail", SERIES + "/thumbnail", INSTANCE + "/thumbnail", FRAMES + "/thumbnail")
RELATIONAL = ("/series", "/instances", STUDY + "/instances")
SEARCHES = ("/studies", STUDY + "/series", SERIES + "/instances", *RELATIONAL)
METADATA = (STUDY + "/metadata", SERIES + "/metadata", INSTANCE + "/metadata")


class Failing(Origin):
    """Some resources return one status to a method, whatever they are asked for."""

    resource: tuple[str, ...]
    method = "GET"
    status = 404

    def resources(self) -> dict[str, dict[str, Handler]]:
        every = super().resources()
        for path in self.resource:
            every[path] = every[path] | {self.method: self.failed}
        return every

    def failed(self, request: Request) -> Response:
        """Raises the status."""
        allowed = {"Allow": "GET, HEAD, OPTIONS"} if self.status == 405 else None
        raise HTTPException(self.status, f"seeded here: {self.status}", allowed)


@cause("no-frames")
class NoFrames(Failing):
    """Frames return 404."""

    resource = (INSTANCE + "/frames/", FRAMES)


@cause("frames-are-501")
class FramesAre501(Failing):
    """Frames return 501."""

    resource, status = (INSTANCE + "/frames/", FRAMES), 501


@cause("no-rendered-instances")
class NoRenderedInstances(Failing):
    """Rendered instances and frames return 404."""

    resource = RENDERED


@cause("no-rendered-frames")
class NoRenderedFrames(Failing):
    """Rendered frames return 404."""

    resource = (FRAMES + "/rendered",)


@cause("no-rendered-series")
class NoRenderedSeries(Failing):
    """Rendered series and studies return 404."""

    resource = (STUDY + "/rendered", SERIES + "/rendered")


@cause("thumbnails-are-501")
class ThumbnailsAre501(Failing):
    """Thumbnails return 501."""

    resource, status = THUMBNAILS, 501


@cause("no-study-metadata")
class NoStudyMetadata(Failing):
    """The metadata of a study return 404."""

    resource = METADATA[:1]


@cause("no-series-metadata")
class NoSeriesMetadata(Failing):
    """The metadata of a series return 404."""

    resource = METADATA[1:2]


@cause("no-instance-metadata")
class NoInstanceMetadata(Failing):
    """The metadata of an instance return 404."""

    resource = METADATA[2:]


@cause("metadata-are-500")
class MetadataAre500(Failing):
    """Metadata return 500."""

    resource, status = METADATA, 500


@cause("no-study-retrieve")
class NoStudyRetrieve(Failing):
    """The instances of a study return 404."""

    resource = (STUDY,)


@cause("no-series-retrieve")
class NoSeriesRetrieve(Failing):
    """The instances of a series return 404."""

    resource = (SERIES,)


@cause("no-instance-retrieve")
class NoInstanceRetrieve(Failing):
    """An instance returns 404; its study and its series are returned."""

    resource = (INSTANCE,)


@cause("retrieves-are-500")
class RetrievesAre500(Failing):
    """Instances, series and studies return 500."""

    resource, status = (STUDY, SERIES, INSTANCE), 500


@cause("no-bulk-data")
class NoBulkData(Failing):
    """A BulkDataURI returns 404."""

    resource = (INSTANCE + "/bulkdata/{path}",)


@cause("no-study-search")
class NoStudySearch(Failing):
    """A search for studies returns 501."""

    resource, status = SEARCHES[:1], 501


@cause("no-series-of-a-study")
class NoSeriesOfAStudy(Failing):
    """A search for the series of a study returns 404."""

    resource = SEARCHES[1:2]


@cause("no-instances-of-a-series")
class NoInstancesOfASeries(Failing):
    """A search for the instances of a series returns 404."""

    resource = SEARCHES[2:3]


@cause("relational-searches-are-501")
class RelationalSearchesAre501(Failing):
    """Searches for series and instances that do not name their parents return 501."""

    resource, status = RELATIONAL, 501


@cause("searches-are-500")
class SearchesAre500(Failing):
    """Every search returns 500."""

    resource, status = SEARCHES, 500


@cause("stores-are-500")
class StoresAre500(Altered):
    """Every store returns 500."""

    def asked(self, request: Request) -> Response | None:
        return refused(500) if request.method == "POST" else None


@cause("no-store-to-a-study")
class NoStoreToAStudy(Failing):
    """A store to a study returns 405."""

    resource, method, status = (STUDY,), "POST", 405


@cause("deletes-are-500")
class DeletesAre500(Failing):
    """Every DELETE returns 500."""

    resource, method, status = (STUDY, SERIES, INSTANCE), "DELETE", 500
