"""PS3.18 8.7.3, 10.4: the rules of the DICOM files in every response of the run so far."""

from __future__ import annotations

from conformance.common.answers import FIRST
from conformance.kit import check
from conformance.rules import files

# Studies and series of several kinds, instances in every transfer syntax, and other forms of Accept.
ASKED = (
    *(*FIRST, "RETRIEVE-STUDY-001", "RETRIEVE-STUDY-002", "RETRIEVE-SERIES-001", "RETRIEVE-INST-001"),
    *("RETRIEVE-INST-007", "COMMON-ACCEPT-011", "COMMON-HDR-018", "COMMON-TS-001"),
)
OF = "a DICOM file"


@check("RETRIEVE-STUDY-001", "every-answer", follows=ASKED)
def test_study_has_its_instances(every):
    """No retrieved study has an instance of another study, or an instance twice."""
    every(files.of_level(1), files.outside, "a study")


@check("RETRIEVE-SERIES-001", "every-answer", follows=ASKED)
def test_series_has_its_instances(every):
    """No retrieved series has an instance of another series, or an instance twice."""
    every(files.of_level(2), files.outside, "a series")


@check("RETRIEVE-INST-001", "every-answer", follows=ASKED)
def test_instance_is_that_of_its_path(every):
    """No retrieved instance is another one than that of the path."""
    every(files.of_level(3), files.outside, "an instance")


@check("RETRIEVE-INST-005", "every-answer", follows=ASKED)
def test_file_meta_information_agrees(every):
    """The File Meta Information of every file names the class and the instance of its data set."""
    every(files.retrieves, files.misnamed, OF)


@check("COMMON-TS-001", "every-answer", follows=ASKED)
def test_default_is_explicit_vr_little_endian(every):
    """No file is in a compressed transfer syntax, if the request names none and the data can be had without loss."""
    every(files.retrieves, files.not_asked_for, OF)


@check("COMMON-TS-008", "every-answer", follows=ASKED)
def test_implicit_vr_is_never_sent(every):
    """No file is in Implicit VR Little Endian."""
    every(files.retrieves, files.implicit, OF)


@check("COMMON-TS-009", "every-answer", follows=ASKED)
def test_big_endian_is_never_sent(every):
    """No file is in Explicit VR Big Endian."""
    every(files.retrieves, files.big_endian, OF)


@check("COMMON-TS-013", "every-answer", follows=ASKED)
def test_transfer_syntax_is_named(every):
    """Every file that is not in Explicit VR Little Endian has a transfer-syntax parameter."""
    every(files.retrieves, files.unlabelled, OF)


@check("COMMON-HDR-009", "every-answer", follows=ASKED)
def test_transfer_syntax_is_that_of_the_file(every):
    """No transfer-syntax parameter contradicts the file."""
    every(files.retrieves, files.contradicting, OF)
