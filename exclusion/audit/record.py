"""The end of an audit: its limits, and everything needed to make it again."""

from __future__ import annotations

import hashlib
import json

import pandas as pd

from exclusion import __version__
from exclusion.assessment import Assessment
from exclusion.audit.model import Listed, Section, Sub, table
from exclusion.judgement.auditing import audit_words
from exclusion.judgement.entries import FOLDER
from exclusion.judgement.uncertainty import uncertainty_rules
from exclusion.judgement.validity import validity_rules


def limits(a: Assessment) -> Section:
    """What none of this can tell."""
    return Section("Limits", (Listed((*audit_words().limits, *a.notices)),))


def versions(a: Assessment) -> Section:
    """Versions, seeds, choices, and hashes of everything that went in."""
    manifest, rules = a.evidence.manifest, uncertainty_rules()
    rows = [
        ("Program", f"Kept Open {__version__}"),
        ("Data release", f"{manifest.name} {manifest.version}, built on {manifest.built_on}, wards of {manifest.edition}"),
        ("Councils", ", ".join(a.councils)),
        ("Weights", a.method.words),
        ("Method", ", ".join(f"{one.id} (checked on {one.checked_on})" for one in a.method.presets) or "none"),
        ("Seed of the draws", str(rules.seed)),
        ("Draws", f"{rules.draws} of the figures, {rules.weight_draws} of the weights"),
        ("Seed of the comparison with the census", str(validity_rules().seed)),
        ("Hash of all inputs (SHA-256)", fingerprint(a)),
    ]
    files = {f"release: {name}": str(about["sha256"]) for name, about in manifest.files.items()} | judgement_hashes()
    return Section(
        "Versions, seed and hashes",
        (
            table(pd.DataFrame(rows, columns=["What", "Value"]), "What was run"),
            "The hash of all inputs is of the hashes below with the councils, weights, seeds and program version. "
            "Two documents with the same hash hold the same figures.",
            Sub("Files"),
            table(pd.DataFrame(sorted(files.items()), columns=["File", "SHA-256"]), "Files of the release and of our judgement"),
        ),
    )


def judgement_hashes() -> dict[str, str]:
    """SHA-256 of each judgement file behind the score; line ends do not count, as copies may change them."""
    names = ("measures.toml", "geography.toml", "uncertainty.toml", "validity.toml", "audit.toml", "validity.csv", "validity_grid.csv")
    paths = [*(FOLDER / "methods").rglob("*.toml"), *(FOLDER / name for name in names)]
    found = {}
    for path in paths:
        content = path.read_bytes().replace(b"\r\n", b"\n")
        found[f"judgement: {path.relative_to(FOLDER).as_posix()}"] = hashlib.sha256(content).hexdigest()
    return found


def fingerprint(a: Assessment) -> str:
    """One hash of everything that decides what the document says."""
    inputs = {
        "files": {name: about["sha256"] for name, about in a.evidence.manifest.files.items()},
        "judgement": judgement_hashes(),
        "councils": list(a.councils),
        "weights": {nation: dict(weights) for nation, weights in a.method.weights.items()},
        "seeds": [uncertainty_rules().seed, validity_rules().seed],
        "program": __version__,
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
