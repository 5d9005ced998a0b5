"""Files as viewers download them: a series at once, and objects that are not images one by one."""

from __future__ import annotations

import pytest

from conformance.kit import check, expect
from conformance.viewers.reading import FILES

OBJECTS = ("sr", "tid-1500", "seg-fractional", "rt-structures", "presentation-state", "annotations")
AT_ONCE = 'multipart/related;type="application/dicom";transfer-syntax=*'


@check("VIEWER-FILE-SERIES")
@pytest.mark.parametrize("kind", ["sample", "many", "jpeg-ls"])
def test_series_at_once(endpoint, stored, kind):
    """All instances of a series are parts of one response to a request without blanks in its Accept field."""
    known = stored(kind)
    series = [item for item in known if item.series_uid == known[0].series_uid]

    response = endpoint.get(known[0].series_path, accept=AT_ONCE)

    expect.instances(response, series)


@check("VIEWER-FILE-OBJECT")
@pytest.mark.parametrize(
    "kind", ["sr", "tid-1500", "seg-fractional", "rt-structures", "presentation-state", "annotations"]
)
def test_object_that_is_not_an_image(endpoint, stored, kind):
    """A report, a segmentation, structures, a presentation state and annotations are each returned as a file."""
    instance = stored(kind)[-1]

    response = endpoint.get(instance.path, accept=FILES)

    expect.whole(response, instance)
