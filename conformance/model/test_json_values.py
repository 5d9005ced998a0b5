"""PS3.18 F.2: the values in the metadata of an instance are those that were stored."""

from __future__ import annotations

import math

import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.multival import MultiValue

from conformance.kit import check, expect, given
from conformance.kit.verdicts import NotSupported
from conformance.model import judges
from conformance.model.documents import filled, metadata


def number(value):
    """A JSON number, or a string that contains one; None for anything else."""
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def texts(instance, keyword):
    """The values of a stored DS or IS as they are written."""
    value = instance.dataset[keyword].value
    return [str(item) for item in (value if isinstance(value, MultiValue) else [value])]


def shown(values):
    return "\\".join(map(str, values))


@check("JSON-VR-DSIS", "values")
@pytest.mark.parametrize("keyword", ["PatientSize", "PatientWeight", "WindowCenter", "SeriesNumber"])
def test_decimal_strings_keep_their_value(endpoint, stored, keyword):
    """DS and IS are the stored numbers, however they are written."""
    (instance,) = stored("every-vr")
    response = metadata("every-vr", endpoint, stored)
    wanted = texts(instance, keyword)

    found = judges.values(judges.attribute(response, keyword))

    got = [number(value) for value in found]
    same = len(got) == len(wanted) and all(
        value is not None and math.isclose(value, float(other), rel_tol=1e-6)
        for value, other in zip(got, wanted, strict=True)
    )
    expect.that(same, keyword, shown(found), shown(wanted), response)


@check("JSON-VR-DS-PREC")
@pytest.mark.parametrize("keyword", ["PatientWeight", "PatientSize"])
def test_decimal_string_keeps_its_digits(endpoint, stored, keyword):
    """A DS of 16 characters keeps all of its digits."""
    (instance,) = stored("every-vr")
    response = metadata("every-vr", endpoint, stored)
    (wanted,) = texts(instance, keyword)

    found = judges.values(judges.attribute(response, keyword))

    got = number(found[0]) if found else None
    same = got is not None and math.isclose(got, float(wanted), rel_tol=2**-52)
    expect.that(same, keyword, shown(found), wanted, response)


@check("JSON-VR-NAN")
def test_nan_leaves_the_json_valid(endpoint, stored):
    """The metadata of an instance with NaN and infinity are valid JSON."""
    (instance,) = stored("nan")

    response = endpoint.fetch(f"{instance.path}/metadata")

    expect.that(response.status < 500, "status", response.status, 200, response)
    given.present(response)
    judges.json(filled(response), "JSON-VALID-001")


@check("JSON-VR-AT", "value")
def test_attribute_tag_is_the_tag_that_was_stored(endpoint, stored):
    """Frame Increment Pointer (0018,1063) is "00181063"."""
    response = metadata("rgb-multiframe-odd", endpoint, stored)

    found = judges.values(judges.attribute(response, "FrameIncrementPointer"))

    judges.same(response, "FrameIncrementPointer", found, ["00181063"])


@check("JSON-VR-BIN-ENDIAN")
@pytest.mark.parametrize("vr", ["OB", "OD", "OF", "OL", "OV", "OW"])
def test_inline_binary_is_little_endian(endpoint, stored, vr):
    """InlineBinary is the value field in little endian, as one string whatever the number of values."""
    (instance,) = stored("every-vr")
    response = metadata("every-vr", endpoint, stored)
    element = judges.private_element(instance, vr)

    found = judges.inline(response, instance, element)

    expect.that(
        found == element.value, f"the private {vr} attribute", found.hex()[:64], element.value.hex()[:64], response
    )


@check("JSON-VR-SVUV")
@pytest.mark.parametrize("vr", ["SV", "UV"])
def test_64_bit_integers_are_exact(endpoint, stored, vr):
    """SV and UV keep every digit, as a number or as a string."""
    (instance,) = stored("every-vr")
    response = metadata("every-vr", endpoint, stored)
    element = judges.private_element(instance, vr)

    expect.present(f"the private {vr} attribute", judges.private_attribute(response, instance, element), response)
    found = judges.values(judges.typed(response, instance, element))

    # A number in exponent form was read as float, and its text ends in .0 or has an exponent.
    judges.same(response, f"the private {vr} attribute", [str(value) for value in found], list(map(str, element.value)))


@check("JSON-PN-002", "value")
@pytest.mark.parametrize("kind", ["name-utf8", "name-ideographic-only"])
def test_groups_of_a_name(endpoint, stored, kind):
    """A name of three groups has all three, and a name of one group has one."""
    (instance,) = stored(kind)
    response = metadata(kind, endpoint, stored)
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), str(instance.dataset.PatientName).split("="), strict=False)
    wanted = {name: text for name, text in groups if text}

    found = judges.names(response, "PatientName")

    # Carets at the end of a group say nothing.
    names = [{group: str(text).rstrip("^") for group, text in person.items()} for person in found]
    without_empty = [{group: text for group, text in person.items() if text} for person in names]
    judges.same(response, "PatientName", without_empty, [wanted])
    if names != without_empty:
        expect.doubt("an empty group of PatientName", '""', "absent", response, "clients read both the same")


@check("JSON-PN-003", "value")
def test_components_of_a_name_keep_their_carets(endpoint, stored):
    """Other Patient Names have carets between their components."""
    response = metadata("every-vr", endpoint, stored)

    found = judges.names(response, "OtherPatientNames")

    names = [str(person.get("Alphabetic")).rstrip("^") for person in found]
    judges.same(response, "OtherPatientNames", names, ["Roe^Janet", "Roe^J"])


@check("JSON-NULL-001", "value")
@pytest.mark.parametrize(
    "keyword", ["AccessionNumber", "ReferringPhysicianName", "StudyDescription", "PatientOrientation"]
)
def test_empty_attribute_is_kept(endpoint, stored, keyword):
    """An attribute of zero length is present, without Value, BulkDataURI and InlineBinary."""
    response = metadata("every-vr", endpoint, stored)
    tag = f"{tag_for_keyword(keyword):08X}"

    found = judges.attributes(response)

    if tag in judges.coerced(found):
        raise NotSupported(f"the server changed {keyword}, as OriginalAttributesSequence says")
    expect.that(tag in found, keyword, "absent", "there without a value", response)
    content = {key: value for key, value in found[tag].items() if key != "vr"}
    if content == {"Value": []}:
        expect.doubt(f"the Value of {keyword}", "[]", "absent", response, "clients read both the same")
    judges.same(response, f"the content of {keyword}", content, {})


@check("JSON-NULL-002", "value")
def test_empty_value_among_others_keeps_its_place(endpoint, stored):
    """Software Versions with the values v1, empty and v3 are "v1", null and "v3"."""
    response = metadata("every-vr", endpoint, stored)

    found = judges.values(judges.attribute(response, "SoftwareVersions"))

    judges.same(response, "SoftwareVersions", found, ["v1", None, "v3"])


@check("JSON-NULL-003", "value")
def test_empty_item_is_an_empty_object(endpoint, stored):
    """The first and the last of three items, which are empty, are empty objects."""
    (instance,) = stored("every-vr")
    response = metadata("every-vr", endpoint, stored)
    element = judges.private_element(instance, "SQ")

    found = judges.values(judges.typed(response, instance, element))

    items = ", ".join("empty item" if item == {} else "null" if item is None else "item" for item in found)
    expect.equal("the private sequence", items or "empty", "empty item, item, empty item", response)


@check("JSON-NULL-004", "value")
def test_sequence_without_items_is_kept(endpoint, stored):
    """A sequence without items is present, without a Value."""
    response = metadata("every-vr", endpoint, stored)

    found = judges.attribute(response, "AcquisitionContextSequence")

    judges.same(response, "AcquisitionContextSequence", found, {"vr": "SQ"})


@check("JSON-SQ-001", "value")
def test_nested_sequences_are_kept(endpoint, stored):
    """Four levels of sequences keep their values."""
    (instance,) = stored("every-vr")
    response = metadata("every-vr", endpoint, stored)

    found = judges.attribute(response, "RequestAttributesSequence")

    judges.kept(response, instance, instance.dataset["RequestAttributesSequence"], found)


@check("JSON-VM-001", "value")
@pytest.mark.parametrize("keyword", ["ImageOrientationPatient", "PixelSpacing", "ImageType"])
def test_each_value_is_there(endpoint, stored, keyword):
    """The list has each of several values, in its place."""
    instance = stored("ct-16")[0]
    response = metadata("ct-16", endpoint, stored)

    found = judges.attribute(response, keyword)

    judges.kept(response, instance, instance.dataset[keyword], found)


@check("JSON-PRIV-001", "value")
@pytest.mark.parametrize("vr", ["LO", "US", "OB"])
def test_private_attribute_is_kept(endpoint, stored, vr):
    """A private attribute is in the block of its creator, in its VR or as UN, with its value or by reference."""
    (instance,) = stored("every-vr")
    response = metadata("every-vr", endpoint, stored)
    element = judges.private_element(instance, vr)

    found = judges.private_attribute(response, instance, element)

    found = expect.present(f"the private {vr} attribute or its Private Creator", found, response)
    expect.that(found["vr"] in (vr, "UN"), f"the vr of the private {vr} attribute", found["vr"], [vr, "UN"], response)
    if "BulkDataURI" not in found:
        judges.kept(response, instance, element, found)


@check("JSON-PAD-001", "value")
def test_uid_of_odd_length_has_no_padding(endpoint, stored):
    """UIDs of odd length do not end with the NUL that pads them in a file."""
    response = metadata("odd-uid", endpoint, stored)

    judges.json(response, "JSON-PAD-001")
