"""The version that a serving bundle and its search index share."""

from algorhythms_assets.contracts import ARTIFACTS, SEARCH_INDEX, SERVING_BUNDLE
from algorhythms_assets.resources.store import Store, digest


def serving_version(store: Store) -> str:
    """Returns 12 hex digits that change with anything either of the two is made from."""
    names = sorted({*SERVING_BUNDLE.inputs, *SEARCH_INDEX.inputs})
    inputs = {name: store.require(ARTIFACTS[name]).data_version for name in names}
    return digest(inputs, SERVING_BUNDLE.code_version, SEARCH_INDEX.code_version)[:12]
