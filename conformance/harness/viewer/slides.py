"""dicom-microscopy-viewer in a headless browser: a library that a page of ours shows the slides of a study with.

It shows the tiles of slides, and of labels and overviews what the endpoint renders.
"""

from __future__ import annotations

from conformance.harness.viewer import scripts
from conformance.harness.viewer.browser import Window
from conformance.kit.instances import Instance
from conformance.kit.views import OPENS, WHOLE, Look, View, is_flat

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
        """Show the finest level of each series, and its labels and overviews, which are renderings of the endpoint."""
        study = view.instances[0].study_uid
        of_study = [instance for instance in view.instances if instance.study_uid == study]
        for series in dict.fromkeys(instance.series_uid for instance in of_study):
            own = [instance for instance in of_study if instance.series_uid == series]
            levels = [instance for instance in own if not is_flat(instance)]
            if levels and self._show(view, levels):
                view.series.add(series)
            for instance in own if "rendered" in self._claims else []:
                if is_flat(instance):
                    self._show(view, [instance], instance.sop_instance_uid)

    def _show(self, view: View, own: list[Instance], uid: str | None = None) -> bool:
        """Show some instances together, or the one with a UID; False if they do not appear."""
        from playwright.sync_api import Error

        study, series = own[0].study_uid, own[0].series_uid
        self._page.goto(f"{self._relay.origin}{OPENS}?StudyInstanceUIDs={study}")
        asked = {"root": self._relay.path, "study": study, "series": series, "uid": uid}
        try:
            shown = self._page.evaluate(scripts.SLIDE, asked | {"milliseconds": 1000 * self._wait})
        except Error as error:
            view.missing |= dict.fromkeys((item.sop_instance_uid for item in own), self._why(error))
            return False
        instance = next((item for item in own if item.sop_instance_uid == shown["uid"]), None)
        if instance:
            points = (tuple(shown[key]) for key in ("origin", "right", "below"))
            view.looks.append(Look(instance, WHOLE, self._page.screenshot(type="png"), *points))
        return True
