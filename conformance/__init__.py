"""A conformance test suite for DICOMweb servers (DICOM PS3.18)."""

__version__ = "0.1.0"
