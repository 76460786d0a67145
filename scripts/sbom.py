"""The bill of materials: every locked package of this machine's installation, as CycloneDX.

`python scripts/sbom.py` writes `build/sbom.cdx.json` (`make sbom`). The same locks on the same kind of machine give the
same bytes: nothing in it says when or where it was written.
"""

from __future__ import annotations

import json
import sys
import tomllib
import uuid
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.locked import NODE_LOCK, PYTHON_LOCK, Package, Use, packages, wished  # noqa: E402

BILL = ROOT / "build" / "sbom.cdx.json"
# A tool is named although nothing that runs can reach it: whoever poisons it is in the build.
SCOPES = {
    Use.SHIPPED: ComponentScope.REQUIRED,
    Use.EMBEDDED: ComponentScope.OPTIONAL,
    Use.TOOL: ComponentScope.EXCLUDED,
}
ALGORITHMS = {"sha256": HashAlgorithm.SHA_256, "sha512": HashAlgorithm.SHA_512}


def bill(found: Sequence[Package]) -> str:
    """Return the bill of these packages as text."""
    vigie = _vigie()
    components = {(one.ecosystem, one.name): component(one) for one in found}
    bom = Bom(components=components.values())
    bom.metadata.component = vigie
    # The library numbers and dates a bill anew each time; a bill is what its locks are.
    digest = sha256(PYTHON_LOCK.read_bytes() + NODE_LOCK.read_bytes()).hexdigest()
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, digest)
    bom.register_dependency(vigie, [components[one] for one in sorted(wished() & components.keys())])
    for one in found:
        needs = [components[one.ecosystem, name] for name in sorted(one.needs)]
        bom.register_dependency(components[one.ecosystem, one.name], needs)
    whole = json.loads(JsonV1Dot6(bom).output_as_string())
    del whole["metadata"]["timestamp"]
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def component(package: Package) -> Component:
    """Return one package as a part of the bill; a digest stands for each file that the lock accepts."""
    scope, _, name = package.name.rpartition("/")
    purl = PackageURL(package.ecosystem, scope or None, name, package.version)
    hashes = [HashType(alg=ALGORITHMS[kind], content=digest) for kind, digest in package.digests]
    return Component(
        type=ComponentType.LIBRARY,
        bom_ref=purl.to_string(),
        group=scope or None,
        name=name,
        version=package.version,
        purl=purl,
        hashes=hashes,
        licenses=[LicenseFactory().make_from_string(package.licence)] if package.licence else [],
        scope=SCOPES[package.use],
    )


def _vigie() -> Component:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return Component(
        type=ComponentType.APPLICATION,
        bom_ref=project["name"],
        name=project["name"],
        version=project["version"],
        description=project["description"],
        licenses=[LicenseFactory().make_from_string(project["license"]["text"])],
    )


def main() -> int:
    """Write the bill, and say where."""
    BILL.parent.mkdir(exist_ok=True)
    BILL.write_text(bill(packages()), encoding="utf-8")
    sys.stdout.write(f"written: {BILL.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
