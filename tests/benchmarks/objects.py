"""How much memory it takes to store, retrieve and judge an own object of 2 GB.

    python tests/benchmarks/objects.py [MEGABYTES]

The reference server is a process of its own. The peak is that of the run: once with a small object alone, once with the
large one too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.7.3"  # Multi-frame Grayscale Word Secondary Capture
SIDE = 512


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 2048
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        serve = ["serve", "--port", "0", "--store", folder / "store"]
        command = [sys.executable, "-m", "conformance", *serve]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            url = re.search(r"http://\S+/dicom-web", server.stdout.readline())[0]
            (folder / "endpoints.toml").write_text(f'[big]\nurl = "{url}"\nsupports = ["delete"]\ndeadline = 600\n')
            (folder / "objects").mkdir()
            write(folder / "objects" / "small.dcm", 1)
            before = measure(folder, "small")
            write(folder / "objects" / "large.dcm", size * 1024 * 1024 // (2 * SIDE * SIDE))
            after = measure(folder, "large")
            print(f"{after - before:.0f} MB more for an object of {size:,} MB")
        finally:
            server.terminate()
            server.wait(20)


def write(path, frames):
    """A file with so many frames of half a megabyte, each different."""
    ds, meta = Dataset(), FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = ds.SOPClassUID = MULTI_FRAME
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = f"1.2.3.{frames}.1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = f"1.2.3.{frames}", f"1.2.3.{frames}.2"
    ds.PatientID, ds.PatientName, ds.Modality, ds.PatientIdentityRemoved = "p", "n", "OT", "YES"
    ds.StudyDate = ds.StudyTime = ds.AccessionNumber = ds.ReferringPhysicianName = ds.StudyID = ""
    ds.PatientBirthDate = ds.PatientSex = ""
    ds.SeriesNumber = ds.InstanceNumber = 1
    ds.Rows = ds.Columns = SIDE
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.NumberOfFrames = 1, "MONOCHROME2", frames
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit, ds.PixelRepresentation = 15, 0
    ds.WindowCenter, ds.WindowWidth = 32768, 65536
    ds.file_meta = meta
    head, size = BytesIO(), 2 * SIDE * SIDE
    ds.save_as(head, enforce_file_format=True)
    noise = os.urandom(size)
    with path.open("wb") as file:
        file.write(head.getvalue() + b"\xe0\x7f\x10\x00OW\0\0" + (size * frames).to_bytes(4, "little"))
        for number in range(frames):
            file.write(number.to_bytes(8, "little") + noise[8:])


def measure(folder, what):
    """The peak of a run, in MB."""
    command = [sys.executable, "-m", "conformance", "run", "big", "--objects", "objects", "-k", "own_object"]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = process.stdout.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    seconds, code = time.perf_counter() - started, os.waitstatus_to_exitcode(status)
    print(f"{what}: {used.ru_maxrss / 1024:.0f} MB at the peak, {seconds:.0f} s, exit code {code}")
    if code:
        print(said)
    return used.ru_maxrss / 1024


if __name__ == "__main__":
    main()
