"""PS3.18 10.4.1.1, Annex F: generated data sets (Hypothesis), with any VR, value, nesting and character set."""

from __future__ import annotations

from conformance.dicomweb import dicom_json
from conformance.kit import check, expect, given
from conformance.kit.accept import AS_STORED
from conformance.model import judges


def metadata(endpoint, instance):
    """The response to a request for the metadata of an instance."""
    given.claimed(endpoint, "metadata")
    return endpoint.fetch(f"{instance.path}/metadata")


@check("RETRIEVE-META-009", "drawn")
def test_metadata_have_the_values(endpoint, stored, drawing):
    """Metadata have the stored values, whatever they are."""
    sample = stored("sample")[0]
    given.metadata(metadata(endpoint, sample), [sample])

    def judge(instance):
        response = metadata(endpoint, instance)
        found = expect.metadata(response, [instance])[instance.sop_instance_uid]
        expect.same(dicom_json.differences(instance.dataset, found), response)

    drawing(judge)


@check("RETRIEVE-INST-001", "drawn")
def test_instance_is_the_one_stored(endpoint, stored, drawing):
    """A retrieved instance has the stored data set, whatever it contains."""
    sample = stored("sample")[0]
    given.whole(endpoint.fetch(sample.path, accept=AS_STORED), sample)

    drawing(lambda instance: expect.whole(endpoint.fetch(instance.path, accept=AS_STORED), instance))


def keeps(rule):
    """The check that generated data sets follow a rule of the DICOM JSON Model."""

    @check(rule, "drawn")
    def test(endpoint, stored, drawing):
        given.present(metadata(endpoint, stored("sample")[0]))

        def judge(instance):
            response = metadata(endpoint, instance)
            expect.status(response, 200)
            judges.json(response, rule)

        drawing(judge)

    test.__doc__ = "The metadata of drawn data sets keep to the rule."
    return test


test_valid_json = keeps("JSON-VALID-001")
test_vrs = keeps("JSON-STRUCT-010")
test_texts = keeps("JSON-VR-STR")
test_numbers = keeps("JSON-VR-NUM")
test_decimals = keeps("JSON-VR-DSIS")
test_bytes = keeps("JSON-VR-BIN")
test_names = keeps("JSON-PN-002")
test_no_value = keeps("JSON-NULL-001")
test_empty_value_among_others = keeps("JSON-NULL-002")
test_several_values = keeps("JSON-VM-001")
test_private_creators = keeps("JSON-PRIV-001")
