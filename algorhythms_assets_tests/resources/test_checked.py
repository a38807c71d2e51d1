import dagster as dg

from algorhythms_assets.resources.checked import counted


def test_counted_faults_are_numbers_that_can_be_charted():
    result = counted({"lost": 0, "twice": 1200}, "all fine")
    assert (result.passed, result.description, result.severity) == (False, "twice: 1,200", dg.AssetCheckSeverity.ERROR)
    assert {name: entry.value for name, entry in result.metadata.items()} == {"lost": 0, "twice": 1200}


def test_without_faults_it_says_what_is_fine():
    result = counted({"lost": 0}, "all fine", blocking=False)
    assert (result.passed, result.description, result.severity) == (True, "all fine", dg.AssetCheckSeverity.WARN)
