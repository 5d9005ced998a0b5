"""Kinds with text in the character sets of PS3.3 C.12.1.1.2: names, a description and comments."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.uid import SecondaryCaptureImageStorage

from conformance.kit.instances import Instance
from conformance.kit.kinds.kind import Study, kind
from conformance.kit.kinds.modules import tiny_image

# Kind, title, Specific Character Set, Patient's Name, Study Description, Patient Comments. The Korean comments are one
# line: every line would need the escape sequence (PS3.5 I.3), which pydicom writes only once.
TEXTS: tuple[tuple[str, str, str | list[str], str, str, str], ...] = (
    (
        "name-utf8",
        "UTF-8, name in three component groups",
        "ISO_IR 192",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
        "胸部 Größe Ευρήματα грудь",
        "𠮷野家\r\n第二行",
    ),
    ("name-latin1", "Latin-1 (ISO_IR 100)", "ISO_IR 100", "Buc^Jérôme", "Thorax à façon", "Größe ±5 µm\r\nÅngström"),
    ("name-greek", "Greek (ISO_IR 126)", "ISO_IR 126", "Διονυσιος", "Θώρακας", "Χωρίς ευρήματα\r\nδεύτερη γραμμή"),
    ("name-cyrillic", "Cyrillic (ISO_IR 144)", "ISO_IR 144", "Люкceмбypг", "Грудная клетка", "Без изменений\r\nстрока"),
    ("name-arabic", "Arabic (ISO_IR 127)", "ISO_IR 127", "قباني^لنزار", "صدر", "بدون تغيير\r\nسطر"),
    (
        "name-japanese",
        "Japanese (ISO 2022 IR 87)",
        ["", "ISO 2022 IR 87"],
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
        "CT 胸部 plain",
        "所見なし\r\n第二行",
    ),
    (
        "name-katakana",
        "Japanese, half-width (ISO 2022 IR 13, ISO 2022 IR 87)",
        ["ISO 2022 IR 13", "ISO 2022 IR 87"],
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
        "ｷｮｳﾌﾞ 胸部",
        "ｼｮｹﾝ ﾅｼ",
    ),
    (
        "name-korean",
        "Korean (ISO 2022 IR 149)",
        ["", "ISO 2022 IR 149"],
        "Hong^Gildong=洪^吉洞=홍^길동",
        "CT 흉부",
        "이상 없음",
    ),
    ("name-gb18030", "Chinese (GB18030)", "GB18030", "Wang^XiaoDong=王^小东", "胸部平扫", "未见异常\r\n第二行㐀"),
    (
        "name-long",
        "UTF-8, 64 characters in each component group",
        "ISO_IR 192",
        f"{'Иванов' * 9}^Екатерина={'山' * 64}={'や' * 64}",
        "",
        "",
    ),
    ("name-ideographic-only", "UTF-8, ideographic group only", "ISO_IR 192", "=山田", "", ""),
)


def _register(name: str, title: str, character_set: str | list[str], person: str, study_text: str, text: str) -> None:
    @kind(name, title, SecondaryCaptureImageStorage, traits=("text",))
    def named(study: Study) -> Iterator[Instance]:
        ds = tiny_image(study)
        ds.SpecificCharacterSet = character_set
        ds.PatientName = person
        ds.StudyDescription = study_text
        ds.PatientComments = text
        yield study.instance(ds)


for _text in TEXTS:
    _register(*_text)
