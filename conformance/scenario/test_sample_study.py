"""The sample study, step by step: stored, retrieved, searched for and deleted, as in the seed tutorial.

A step is blocked by the step that it stands on (`after`, given) when that one did not hold.
"""

from __future__ import annotations

import re
from types import SimpleNamespace

import pydicom
import pytest

from conformance.dicomweb import dicom_json, part10
from conformance.kit import check, expect, given, presence, stow
from conformance.kit.accept import ANYTHING, AS_STORED, PIXELS_AS_STORED
from conformance.kit.claims import instance_search

READ_BACK = ("SEED-STORE-READ-BACK",)
NAMING = ("PatientName", "StudyID", "SeriesNumber", "InstanceNumber")


def named(ds):
    """The name of a file for a data set, made of its attributes; "_" replaces what a file system may not accept."""
    return re.sub(r"[^\w ^.-]", "_", " ".join(str(ds.get(keyword, "")) for keyword in NAMING))[:200]


@pytest.fixture(scope="class")
def walk():
    """The results of one step for a later one: the responses to the stores, and the study as it was retrieved."""
    return SimpleNamespace(blue=None, red=None, green=None, response=None, study={})


class TestSampleStudy:
    @check("SEED-STORE-STUDIES")
    def test_store_blue(self, endpoint, samples, walk):
        """POST /studies stores the blue circle: the response is a success and reports no failure."""
        walk.blue = endpoint.post("studies", stow.multipart([samples.blue]))

        expect.taken(walk.blue, [samples.blue])

    @check("SEED-STORE-STUDY")
    def test_store_red_into_its_study(self, endpoint, samples, walk):
        """POST /studies/{study} stores the red triangle: the response is a success and reports no failure."""
        walk.red = endpoint.post(samples.red.study_path, stow.multipart([samples.red]))

        expect.taken(walk.red, [samples.red])

    @check("SEED-STORE-SERIES", follows=("SEED-STORE-STUDY",))
    def test_store_green_beside_red(self, endpoint, samples, walk):
        """The green square is stored beside the red triangle: the response is a success and reports no failure."""
        if walk.red and walk.red.status >= 400:  # what a study does not take, /studies may
            walk.red = endpoint.post("studies", stow.multipart([samples.red]))
        given.accepted(walk.red, by="seed-store-study")

        walk.green = endpoint.post("studies", stow.multipart([samples.green]))

        expect.taken(walk.green, [samples.green])

    @check("SEED-STORE-READ-BACK", follows=("SEED-STORE-STUDIES", "SEED-STORE-STUDY", "SEED-STORE-SERIES"))
    def test_what_was_stored_is_there(self, endpoint, samples, walk):
        """Each of the three instances is retrieved, described or found once its store has succeeded."""
        given.accepted(walk.blue, by="seed-store-studies")
        given.accepted(walk.red, by="seed-store-study")
        given.accepted(walk.green, by="seed-store-series")

        for instance in samples.all:
            presence.there(endpoint, instance)

    @check("SEED-RETRIEVE-STUDY", after=READ_BACK)
    def test_retrieve_study(self, endpoint, samples, walk):
        """The study has its three instances, and no other."""
        response = endpoint.get(samples.red.study_path, accept=AS_STORED)

        walk.study = expect.instances(response, samples.all)
        walk.response = response

    @check("SEED-RETRIEVE-USE", after=("SEED-RETRIEVE-STUDY",))
    def test_use_the_retrieved_instances(self, samples, walk, tmp_path):
        """Each retrieved instance is saved under a name made of its attributes, and the file equals what was stored."""
        for instance in samples.all:
            ds = walk.study[instance.sop_instance_uid]
            file = tmp_path / named(ds)

            ds.save_as(file, enforce_file_format=True)

            saved = pydicom.dcmread(file)
            expect.same(part10.differences(instance.dataset, saved), walk.response)
        found = ", ".join(sorted(file.name for file in tmp_path.iterdir()))
        wanted = ", ".join(sorted({named(instance.dataset) for instance in samples.all}))
        expect.equal("the list of files", found, wanted, walk.response)

    @check("SEED-RETRIEVE-STUDY-METADATA", after=READ_BACK)
    def test_retrieve_study_metadata(self, endpoint, samples):
        """The study's metadata has a data set for each of the three instances, with the values that were stored."""
        response = endpoint.get(samples.red.study_path + "/metadata")

        found = expect.metadata(response, samples.all)
        for instance in samples.all:
            expect.same(dicom_json.differences(instance.described, found[instance.sop_instance_uid]), response)

    @check("SEED-RETRIEVE-SERIES", after=READ_BACK)
    def test_retrieve_series(self, endpoint, samples):
        """The first series contains red and green, and not blue."""
        response = endpoint.get(samples.red.series_path, accept=AS_STORED)

        expect.instances(response, samples.series)

    @check("SEED-RETRIEVE-SERIES-METADATA", after=READ_BACK)
    def test_retrieve_series_metadata(self, endpoint, samples):
        """The first series' metadata has data sets for red and green, with the values that were stored."""
        response = endpoint.get(samples.red.series_path + "/metadata")

        found = expect.metadata(response, samples.series)
        for instance in samples.series:
            expect.same(dicom_json.differences(instance.described, found[instance.sop_instance_uid]), response)

    @check("SEED-RETRIEVE-INSTANCE", after=READ_BACK)
    def test_retrieve_instance(self, endpoint, samples):
        """The red triangle is returned as it was stored."""
        response = endpoint.get(samples.red.path, accept=AS_STORED)

        expect.whole(response, samples.red)

    @check("SEED-RETRIEVE-INSTANCE-METADATA", after=READ_BACK)
    def test_retrieve_instance_metadata(self, endpoint, samples):
        """The red triangle's metadata is one data set with the values that were stored."""
        response = endpoint.get(samples.red.path + "/metadata")

        found = expect.metadata(response, [samples.red])
        expect.same(dicom_json.differences(samples.red.described, found[samples.red.sop_instance_uid]), response)

    @check("SEED-RETRIEVE-FRAME", after=READ_BACK)
    def test_retrieve_frame(self, endpoint, samples):
        """Frame 1 of the red triangle has the stored pixel bytes."""
        given.framed(endpoint, samples.red, samples.red)
        response = endpoint.get(samples.red.path + "/frames/1", accept=PIXELS_AS_STORED)

        expect.frame(response, samples.red.frame)

    @check("SEED-SEARCH-STUDIES", after=READ_BACK)
    def test_search_studies(self, endpoint, samples, absent_uid):
        """/studies finds the study by its UID, once, and nothing by an unused UID."""
        found = endpoint.get("studies", params={"StudyInstanceUID": samples.red.study_uid})
        none = endpoint.get("studies", params={"StudyInstanceUID": absent_uid})

        expect.one_match(found, "StudyInstanceUID", samples.red.study_uid)
        expect.no_match(none)

    @check("SEED-SEARCH-SERIES", after=READ_BACK)
    def test_search_series(self, endpoint, samples, absent_uid):
        """/series finds the first series by its UID, once, and nothing by an unused UID."""
        found = endpoint.get("series", params={"SeriesInstanceUID": samples.red.series_uid})
        none = endpoint.get("series", params={"SeriesInstanceUID": absent_uid})

        expect.one_match(found, "SeriesInstanceUID", samples.red.series_uid)
        expect.no_match(none)

    @check("SEED-SEARCH-STUDY-SERIES", after=READ_BACK)
    def test_search_series_of_the_study(self, endpoint, samples, absent_uid):
        """/studies/{study}/series finds the first series by its UID, once, and nothing by an unused UID."""
        target = samples.red.study_path + "/series"

        found = endpoint.get(target, params={"SeriesInstanceUID": samples.red.series_uid})
        none = endpoint.get(target, params={"SeriesInstanceUID": absent_uid})

        expect.one_match(found, "SeriesInstanceUID", samples.red.series_uid)
        expect.no_match(none)

    @check("SEED-SEARCH-INSTANCES", after=READ_BACK)
    def test_search_instances(self, endpoint, samples, absent_uid):
        """/instances finds the red triangle by its UID, once, and nothing by an unused UID."""
        found = endpoint.get("instances", params={"SOPInstanceUID": samples.red.sop_instance_uid})
        none = endpoint.get("instances", params={"SOPInstanceUID": absent_uid})

        expect.one_match(found, "SOPInstanceUID", samples.red.sop_instance_uid)
        expect.no_match(none)

    @check("SEED-SEARCH-STUDY-INSTANCES", after=READ_BACK)
    def test_search_instances_of_the_study(self, endpoint, samples, absent_uid):
        """/studies/{study}/instances finds the red triangle by its UID, once, and nothing by an unused UID."""
        target = samples.red.study_path + "/instances"

        found = endpoint.get(target, params={"SOPInstanceUID": samples.red.sop_instance_uid})
        none = endpoint.get(target, params={"SOPInstanceUID": absent_uid})

        expect.one_match(found, "SOPInstanceUID", samples.red.sop_instance_uid)
        expect.no_match(none)

    @check("SEED-SEARCH-SERIES-INSTANCES", after=READ_BACK)
    def test_search_instances_of_the_series(self, endpoint, samples, absent_uid):
        """The search below the first series finds the red triangle by its UID, once, and nothing by an unused UID."""
        target = samples.red.series_path + "/instances"

        found = endpoint.get(target, params={"SOPInstanceUID": samples.red.sop_instance_uid})
        none = endpoint.get(target, params={"SOPInstanceUID": absent_uid})

        expect.one_match(found, "SOPInstanceUID", samples.red.sop_instance_uid)
        expect.no_match(none)

    @check("SEED-DELETE-INSTANCE", after=READ_BACK)
    def test_delete_instance(self, endpoint, samples):
        """The deleted red triangle is gone at every level, while green and blue are unchanged."""
        response = endpoint.delete(samples.red.path, removing=[samples.red])

        expect.deleted(response)
        for suffix in ("", "/metadata", "/frames/1"):
            # A resource that fails for an instance that is there does not show what is gone.
            if not suffix or endpoint.get(samples.green.path + suffix, accept=ANYTHING).status < 500:
                expect.not_there(endpoint.get(samples.red.path + suffix, accept=ANYTHING))
        for target in (samples.red.series_path, samples.red.study_path):
            expect.without(endpoint.get(target, accept=AS_STORED), samples.red)
        target = instance_search(samples.red, endpoint.claims)
        search = endpoint.get(target, params={"SOPInstanceUID": samples.red.sop_instance_uid})
        expect.not_found(search, "SOPInstanceUID", samples.red.sop_instance_uid)
        for intact in (samples.green, samples.blue):
            presence.there(endpoint, intact)

    @check("SEED-DELETE-SERIES", after=READ_BACK)
    def test_delete_series(self, endpoint, samples):
        """With the first series deleted, the green square is gone, while blue is unchanged."""
        given.present(endpoint.get(samples.green.path, accept=AS_STORED))

        response = endpoint.delete(samples.green.series_path, removing=[samples.red, samples.green])

        expect.deleted(response)
        for target in (samples.green.series_path, samples.green.path):
            expect.not_there(endpoint.get(target, accept=ANYTHING))
        search = endpoint.get("series", params={"SeriesInstanceUID": samples.green.series_uid})
        expect.not_found(search, "SeriesInstanceUID", samples.green.series_uid)
        presence.there(endpoint, samples.blue)

    @check("SEED-DELETE-STUDY", after=READ_BACK)
    def test_delete_study(self, endpoint, samples):
        """No search finds anything of the deleted study."""
        given.present(endpoint.get(samples.blue.path, accept=AS_STORED))

        response = endpoint.delete(samples.blue.study_path, removing=samples.all)

        expect.deleted(response)
        for target in (samples.blue.study_path, samples.blue.path):
            expect.not_there(endpoint.get(target, accept=ANYTHING))
        search = endpoint.get("studies", params={"StudyInstanceUID": samples.blue.study_uid})
        expect.not_found(search, "StudyInstanceUID", samples.blue.study_uid)

    @check("SEED-DELETE-AGAIN", after=("SEED-DELETE-STUDY",))
    def test_delete_study_again(self, endpoint, samples):
        """DELETE of a study that no longer exists returns 404 or 410."""
        response = endpoint.delete(samples.blue.study_path)

        expect.nothing_deleted(response)
