"""Values of other people's data: none of them is in what a run leaves and prints."""

from __future__ import annotations

import re

import httpx
import pytest
from pydicom import Dataset

from conformance.kit import stow
from conformance.kit.instances import Instance
from tests.reference.helpers import image, part10
from tests.tools.contents import of_folder

NAMES = ("Xmorgan^Zelda=王^小東=わん^ちゃおどん", "Xmüllner^Jürg")
MARKERS = (
    *("Xmorgan", "Zelda", "王^小東", "小東", "ちゃおどん", "Xmüllner", "Jürg", "mkpatid0042", "mkacc7731", "19370217"),
    *("mkstudydesc", "mkseriesdesc", "mkinstitution", "mkmodality", "mkprivate", "mknested", "mkdeeper", "mkcomment"),
    *("mkprotocol", "mkoperator", "mkreferrer", "mkstation", "mkstudyid", "mkbody", "61.3725", "4711815"),
)


def marked(number, series, **values):
    """An image of a study whose every value but its UIDs, and what its pixels need, is a marker."""
    ds = image(StudyInstanceUID="1.2.826.0.1.99.1", SeriesInstanceUID=f"1.2.826.0.1.99.1.{series}", **values)
    ds.SOPInstanceUID = f"{ds.SeriesInstanceUID}.{number}"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = NAMES[0], "mkpatid0042", "19370217"
    ds.OtherPatientNames, ds.PatientWeight, ds.PatientComments = NAMES[1], "61.3725", "mkcomment and more of it"
    ds.AccessionNumber, ds.StudyDescription, ds.StudyID = "mkacc7731", "mkstudydesc of a knee", "mkstudyid"
    ds.StudyDate, ds.StudyTime, ds.ReferringPhysicianName = "19370217", "101112.131415", "mkreferrer^Someone"
    ds.SeriesDescription, ds.InstitutionName, ds.StationName = "mkseriesdesc", "mkinstitution", "mkstation"
    ds.ProtocolName, ds.OperatorsName, ds.BodyPartExamined = "mkprotocol", "mkoperator", "MKBODY"
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "MKMODALITY", "4711815", number
    nested, deeper = Dataset(), Dataset()
    deeper.CodeValue, deeper.CodeMeaning, deeper.CodingSchemeDesignator = "mkdeeper", "mkdeeper meaning", "99MK"
    nested.RequestedProcedureDescription, nested.RequestedProcedureCodeSequence = "mknested", [deeper]
    ds.RequestAttributesSequence = [nested]
    ds.private_block(0x0099, "mkprivate creator", create=True).add_new(1, "LO", "mkprivate value")
    return Instance(part10(ds))


STUDY = [marked(1, 1), marked(2, 1), marked(3, 2)]


def put(url, instances):
    body = stow.multipart(instances)
    headers = {"Content-Type": body.content_type, "Accept": "application/dicom+json"}
    httpx.post(f"{url}/studies", content=body.content, headers=headers).raise_for_status()


def leaks(run, markers=MARKERS):
    """Where a marker is, in whatever form: of all that a run leaves and prints."""
    written = of_folder(run.folder) | {"terminal": run.output.encode()}
    found = {}
    for name, content in written.items():
        text = content.decode("utf-8", "replace")
        forms = {text.lower(), _unescaped(text).lower()}
        for marker in markers:
            at = [form.find(marker.lower()) for form in forms]
            if max(at) >= 0:
                form, place = next((form, place) for form, place in zip(forms, at, strict=True) if place >= 0)
                found[name.rpartition("/reports/")[2], marker] = form[max(0, place - 60) : place + 60]
    return found


def _unescaped(text):
    import html
    from urllib.parse import unquote

    text = html.unescape(html.unescape(text))
    text = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
    return unquote(text)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["frame-shifted", "metadata-wrong-patient-name"])
def test_study_that_is_only_read_leaves_none_of_its_values(command, reference, fault):
    put(reference.url, STUDY)

    run = command("run", reference.fault_url(fault), "--profile", "read-only", "--study", STUDY[0].study_uid, "--har")

    assert run.code == 1 and run.verdicts("fail")
    assert leaks(run) == {}
