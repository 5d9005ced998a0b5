"""Scripts that run in the page of OHIF, which has its services and Cornerstone3D in `window`, and in that of slides."""

from __future__ import annotations

# Before those of the page: its tour covers the picture; and a module of OHIF 3.12.10 reads `__filename`, of Node.js, if
# it runs after its script element, which leaves the page empty in some of many loads.
PREPARED = """
globalThis.__filename = location.href;
if (location.protocol === "http:") localStorage.setItem("shownTours", '["basicViewerTour"]');
window.config = %s;
"""

# The series that are open, with the id of the element of each one's thumbnail.
OPENED = """
() => (window.services?.displaySetService?.getActiveDisplaySets() ?? [])
  .map(set => [set.SeriesInstanceUID, `thumbnail-${set.displaySetInstanceUID}`])
"""

HAS_SERIES = """
uids => {
  const sets = window.services?.displaySetService?.getActiveDisplaySets() ?? [];
  return uids.every(uid => sets.some(set => set.SeriesInstanceUID === uid));
}
"""

HAS_THUMBNAILS = """
ids => ids.every(id => (document.getElementById(id)?.querySelector("img")?.naturalWidth ?? 0) > 0)
"""

# A viewport has rendered a picture of one of these instances.
HAS_PICTURE = """
uids => (window.cornerstone?.getEnabledElements() ?? []).some(({ viewport }) =>
  viewport.viewportStatus === "rendered" && viewport.getImageData?.() &&
  viewport.getImageIds().some(id => uids.some(uid => id.includes(`/instances/${uid}/`))))
"""

# Show a frame, and return the canvas and the places of three pixels in it.
SHOWN = """
async ({ uid, frame, milliseconds }) => {
  const ends = `/instances/${uid}/frames/${frame}`;
  const viewports = window.cornerstone.getEnabledElements().map(({ viewport }) => viewport);
  const viewport = viewports.find(each => each.getImageIds?.().some(id => id.endsWith(ends)));
  if (!viewport) throw new Error("its series is not on the screen");
  const id = viewport.getImageIds().find(id => id.endsWith(ends));
  const late = new Promise((_, fail) => setTimeout(
    () => fail(new Error(`not on the screen after ${milliseconds / 1000} s`)), milliseconds));
  await Promise.race([late, viewport.setImageIdIndex(viewport.getImageIds().indexOf(id))]);
  const rendered = new Promise(done =>
    viewport.element.addEventListener("CORNERSTONE_IMAGE_RENDERED", done, { once: true }));
  viewport.render();
  await Promise.race([late, rendered]);
  if (viewport.getCurrentImageId() !== id) throw new Error("another picture is on the screen");
  const { imageData } = viewport.getImageData() ?? {};
  if (!imageData) throw new Error("the frame was not loaded");
  const at = (column, row) => viewport.worldToCanvas(imageData.indexToWorld([column, row, 0]));
  const scale = viewport.canvas.width / viewport.canvas.clientWidth;
  const scaled = point => point.map(value => value * scale);
  const points = { origin: scaled(at(0, 0)), right: scaled(at(1, 0)), below: scaled(at(0, 1)) };
  if (!Object.values(points).flat().every(Number.isFinite)) throw new Error("it has no place on the screen");
  return { canvas: viewport.canvas.toDataURL("image/png").split(",")[1], ...points };
}
"""

# Show the slide of a series, or its label or overview with a UID, until all of it is drawn, and return the instance, of
# a slide the finest level, with the places of three pixels on the screen. The map of OpenLayers, which knows them, is a
# property of the viewer under a symbol. Its rows count downwards from -1.
SLIDE = """
async ({ root, study, series, uid, milliseconds }) => {
  const { metadata: { VLWholeSlideMicroscopyImage }, viewer } = window.dicomMicroscopyViewer;
  const late = new Promise((_, fail) => {
    setTimeout(() => fail(new Error(`not drawn after ${milliseconds / 1000} s`)), milliseconds);
    if (uid) addEventListener("unhandledrejection", () => fail(new Error("its rendering was not received")));
  });
  const client = new window.DICOMwebClient.api.DICOMwebClient({ url: location.origin + root });
  const uids = { studyInstanceUID: study, seriesInstanceUID: series };
  const found = await Promise.race([late, client.retrieveSeriesMetadata(uids)]);
  const images = found.map(metadata => new VLWholeSlideMicroscopyImage({ metadata }))
    .filter(image => uid ? image.SOPInstanceUID === uid : ["VOLUME", "THUMBNAIL"].includes(image.ImageType[2]));
  if (!images.length) throw new Error("the metadata of its series do not have it");
  const flat = images[0].ImageType[2] === "LABEL" ? viewer.LabelImageViewer : viewer.OverviewImageViewer;
  const shown = uid ? new flat({ client, metadata: images[0] })
    : new viewer.VolumeImageViewer({ client, metadata: images });
  shown.render({ container: "slide" });
  const map = shown[Object.getOwnPropertySymbols(shown).find(symbol => symbol.description === "map")];
  await Promise.race([late, new Promise(done => map.once("rendercomplete", done))]);
  const columns = image => image.TotalPixelMatrixColumns;
  const finest = images.reduce((one, other) => columns(other) > columns(one) ? other : one);
  const at = (column, row) => map.getPixelFromCoordinate([column + 0.5, -1.5 - row]);
  const points = { origin: at(0, 0), right: at(1, 0), below: at(0, 1) };
  if (!Object.values(points).flat().every(Number.isFinite)) throw new Error("it has no place on the screen");
  return { uid: finest.SOPInstanceUID, ...points };
}
"""
