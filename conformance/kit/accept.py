"""Values of the Accept field that several checks send (PS3.18 8.7)."""

AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'
PIXELS_AS_STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
DICOM_JSON = "application/dicom+json"
ANYTHING = "*/*"
