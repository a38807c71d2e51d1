"""The bill of materials of a layer, in CycloneDX's JSON: which packages are in it, under which licences."""

import json
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

# Of names without a scheme of their own; the serial number is made of what is in the layer.
_NAMESPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")


def write_sbom(folder: Path, layer: Path, checksum: str, path: Path) -> None:
    """Writes the bill of what pip installed into a folder, which became a layer of that SHA-256.

    The same layer gives the same bytes: there is no time in it.
    """
    described = Component(
        name=layer.name, type=ComponentType.FILE, hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksum)]
    )
    components = [_component(package) for package in distributions(path=[str(folder)])]
    bom = Bom(
        components=components,
        metadata=BomMetaData(component=described),
        serial_number=uuid.uuid5(_NAMESPACE, f"{layer.name} {checksum}"),
    )
    bom.register_dependency(described, components)
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["metadata"]["timestamp"]
    path.write_text(json.dumps(document, indent=2) + "\n")


def _component(package: Distribution) -> Component:
    name, version = package.metadata["Name"], package.version
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}=={version}",
        purl=PackageURL("pypi", name=name.lower().replace("_", "-"), version=version),
        licenses=list(_licenses(package)),
    )


def _licenses(package: Distribution) -> Iterator[License]:
    """Yields what a package says of its licence: an SPDX expression, else its classifiers, else its own words."""
    about = package.metadata
    known = LicenseFactory()
    if expression := about.get("License-Expression"):
        yield known.make_from_string(expression)
        return
    classifiers = [value for value in about.get_all("Classifier", []) if value.startswith("License ::")]
    if classifiers:
        for classifier in classifiers:
            yield known.make_with_name(classifier.rpartition(" :: ")[2])
    elif words := about.get("License"):
        yield known.make_from_string(words.splitlines()[0])
