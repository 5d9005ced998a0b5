"""The editions of PS3.18 from which on a verdict differs; contradictions.toml has the clauses.

An edition is a year and a letter, such as "2025c", so that two of them compare as text.
"""

SEARCH_MODES = "2024a"  # emptyvaluematching and multiplevaluematching (8.3.4.5, 8.3.4.6)
ANY_DEPTH = "2024e"  # a rendering may have more than 8 bits per channel (8.7.4)
NO_PARTIAL_CONTENT = "2025c"  # 206 is only for a Range, not for some of what was requested (8.5, 10.4.3.1)
PATIENT_OF_THE_STUDY = "2026a"  # attributes of the patient are keys of the study (CP-2583, proposed in 2025)
