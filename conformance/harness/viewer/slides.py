"""dicom-microscopy-viewer in a headless browser: a library that a page of ours shows the slides of a study with."""

from __future__ import annotations

from conformance.harness.viewer import scripts
from conformance.harness.viewer.browser import Window
from conformance.kit.views import OPENS, WHOLE, Look, View

PAGE = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Slide</title><link rel="icon" href="data:,">
<style>
html, body, #slide { margin: 0; width: 100%; height: 100%; background: #fff; overflow: hidden }
.ol-overviewmap, .ol-scale-line { visibility: hidden }
</style></head><body><div id="slide"></div>
<script src="/client/dicomweb-client.js"></script>
<script src="/static/js/dicomMicroscopyViewer.min.js"></script>
</body></html>
"""


class Slides(Window):
    """A window with dicom-microscopy-viewer."""

    def _look(self, view: View) -> None:
        """Show the finest level of each series."""
        from playwright.sync_api import Error

        study = view.instances[0].study_uid
        for series in dict.fromkeys(instance.series_uid for instance in view.instances if instance.study_uid == study):
            own = [instance for instance in view.instances if instance.series_uid == series]
            self._page.goto(f"{self._relay.origin}{OPENS}?StudyInstanceUIDs={study}")
            asked = {"root": self._relay.path, "study": study, "series": series, "milliseconds": 1000 * self._wait}
            try:
                shown = self._page.evaluate(scripts.SLIDE, asked)
            except Error as error:
                view.missing |= dict.fromkeys((item.sop_instance_uid for item in own), self._why(error))
                continue
            view.series.add(series)
            instance = next((item for item in own if item.sop_instance_uid == shown["uid"]), None)
            if instance:
                points = (tuple(shown[key]) for key in ("origin", "right", "below"))
                view.looks.append(Look(instance, WHOLE, self._page.screenshot(type="png"), *points))
