"""Score indicator extraction on the test suites of three public extractors, each by its own conventions.

A suite's conventions (which types, what is reported within what, how a value is written) are in one adapter
each; none looks at a single case. Extraction itself stays as it is.
"""

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from evals.figure import Figure
from evals.ioc_finder_conventions import as_ioc_finder
from mesh.agents.threat_intelligence.indicators import TYPES, Indicator, extract, refang
from mesh.agents.threat_intelligence.indicators.encoded import decoded_texts

Say = Callable[[str], None]


_FILES = (
    "ioc_finder_cases_dev.json",
    "iocextract_cases.csv",
    "iocextract_corpus.json",
    "iocsearcher_valid_iocs.json",
    "phishing_urls_dev.csv.gz",
)


def figures(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:
    """Figures of every suite in the area's folder, or of the one file given."""
    del train  # nothing is fitted
    paths = [data] if data else [area / name for name in _FILES]
    return [figure for path in paths if path.exists() for figure in _file_figures(path, say)]


def _file_figures(path: Path, say: Say) -> list[Figure]:
    """Recognise a file by its keys or columns; none where it is of another form."""
    rows = _read(path)
    if isinstance(rows, dict) and {"input", "valid", "invalid"} <= set(rows):
        return [_figure("iocextract corpus", _corpus_results(rows), say)]
    if isinstance(rows, dict) and any(str(key).endswith(".ioc") for key in rows):
        return [_figure("iocsearcher suite", _searcher_results(rows), say)]
    if isinstance(rows, list) and rows and {"text", "expected", "args"} <= set(rows[0]):
        return [
            _figure(
                "ioc-finder suite", _finder_results(rows), say, "ioc-finder itself 69/71 of the public part"
            )
        ]
    if isinstance(rows, list) and rows and {"content", "should_extract", "functions"} <= set(rows[0]):
        return [_figure("iocextract suite", _extract_results(rows), say)]
    if isinstance(rows, list) and rows and {"url", "label"} <= set(rows[0]):
        return _url_figures(rows, say)
    return []


def _read(path: Path) -> Any:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        if ".csv" in path.name:
            return list(csv.DictReader(file))
        return json.load(file)


def _figure(name: str, results: Iterable[tuple[str, bool, str]], say: Say, anchors: str = "") -> Figure:
    rows = list(results)
    for case, passed, why in rows:
        if not passed:
            say(f"{name}: {case}: {why}")
    passed_count = sum(passed for _, passed, _ in rows)
    value = passed_count / len(rows) if rows else None
    return Figure(f"indicators: {name}, exact cases", value, 0.99, anchors=anchors, rows=len(rows),
                  note=f"{passed_count}/{len(rows)}")  # fmt: skip


def _finder_results(cases: list[dict[str, Any]]) -> Iterable[tuple[str, bool, str]]:
    for case in cases:
        found = as_ioc_finder(case["text"], case["args"])
        wanted = {kind: _sets(value) for kind, value in case["expected"].items()}
        got = {
            kind: _sets(value)
            for kind, value in found.items()
            if kind in wanted or kind != "socket_addresses"
        }
        kinds = sorted(kind for kind in wanted.keys() | got.keys() if wanted.get(kind) or got.get(kind))
        wrong = [
            f"{kind} {got.get(kind)} for {wanted.get(kind)}"
            for kind in kinds
            if wanted.get(kind) != got.get(kind)
        ]
        yield f"{case['group']} {case['id']}", not wrong, "; ".join(wrong)


def _sets(value: Any) -> Any:
    if isinstance(value, dict):
        return {kind: set(values) for kind, values in value.items() if values}
    return set(value)


# iocextract: what is reported is the text as written; a URL runs on to the next space.

_EXTRACT_TYPES = {
    "extract_md5_hashes": {"md5"}, "extract_sha1_hashes": {"sha1"}, "extract_sha256_hashes": {"sha256"},
    "extract_sha512_hashes": {"sha512"}, "extract_hashes": {"md5", "sha1", "sha256", "sha512"},
    "extract_emails": {"email", "xmpp"}, "extract_ipv4s": {"ipv4"}, "extract_ipv6s": {"ipv6"},
    "extract_ips": {"ipv4", "ipv6"}, "extract_urls": {"url"}, "extract_encoded_urls": {"url"},
    "extract_yara_rules": {"yara_rule"}, "extract_telephone_nums": {"phone_number"},
    "extract_iocs": {"md5", "sha1", "sha256", "sha512", "email", "ipv4", "ipv6", "url", "yara_rule",
                     "phone_number"},
}  # fmt: skip


def _extract_results(rows: list[dict[str, str]]) -> Iterable[tuple[str, bool, str]]:
    for row in rows:
        function, _, refanged = row["functions"].partition("|")
        found = _as_iocextract(row["content"], _EXTRACT_TYPES.get(function, set(TYPES)))
        should = row["should_extract"].strip().lower() == "true" and "_not_in_" not in row["test"]
        found += _encoded_urls(row["content"]) if "urls" in function else []
        passed = _reported(row["content"], row["expected"], found, bool(refanged)) if should else not found
        seen = [row["content"][one.start : one.end] for one in found]
        yield f"{row['test']} {row['content'][:60]!r}", passed, f"found {seen!r}"[:300]


def _as_iocextract(text: str, types: set[str]) -> list[Indicator]:
    found = extract(text, types=types)
    if "url" in types:  # it also counts a named or defanged host as a URL
        hosts = [
            one
            for one in extract(text, types={"url", "domain", "ipv4"})
            if one.type != "url" and one.defanged
        ]
        found += [one for one in hosts if not any(url.start <= one.start < url.end for url in found)]
    return [one for one in found if one.type != "ipv6" or one.value not in {"::", "::1"}]


def _reported(content: str, expected: str, found: list[Indicator], refanged: bool) -> bool:
    """Whether the expected text is one of those found, or, where it is a list of them, is covered by them."""
    wanted = expected.strip()
    if any(content[one.start : one.end].strip() == wanted for one in found):
        return True
    if any(_to_space(content, one).strip() == wanted for one in found if one.type == "url"):
        return True
    if refanged and any(_bare(refang(wanted).text) == _bare(one.value) for one in found):
        return True
    left = list(content)
    for one in found:
        left[one.start : one.end] = [" "] * (one.end - one.start)
    rest = "".join(left)
    if (
        found and found[0].type == "yara_rule"
    ):  # prose around rules is part of what is expected: no rule may be left in it
        rest = " ".join(re.findall(r"\brule\s+\w+[^{}]*{[^{}]*condition", rest))
    return bool(found) and not rest.strip() and "".join(content.split()) == "".join(wanted.split())


def _encoded_urls(text: str) -> list[Indicator]:
    """It takes base64 for a URL as soon as a scheme is in it."""
    return [
        Indicator("url", plain, start, end) for plain, start, end in decoded_texts(text) if "://" in plain
    ]


def _bare(text: str) -> str:
    return text.rstrip("])}>")


def _to_space(text: str, one: Indicator) -> str:
    end = one.end
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[one.start : end]


def _corpus_results(corpus: dict[str, Any]) -> Iterable[tuple[str, bool, str]]:
    text = corpus["input"]
    found = _as_iocextract(text, _EXTRACT_TYPES["extract_iocs"])
    seen = {text[one.start : one.end] for one in found} | {
        _to_space(text, one) for one in found if one.type in {"url", "domain"}
    }
    # The number without its area code is reported as well.
    seen |= {one.value[-8:] for one in found if one.type == "phone_number"}
    for value in corpus["valid"]:
        yield f"valid {value!r}", value in seen, "not found"
    for value in corpus["invalid"]:
        yield f"invalid {value!r}", value not in seen, "found"


# iocsearcher: lists, one indicator a line, "type value"; registry keys keep their closing backslash.

_SEARCHER_TYPES = {
    "arn": "arn", "registry": "registry_key", "bitcoin": "bitcoin", "bitcoincash": "bitcoin_cash",
    "cardano": "cardano",
    "dashcoin": "dash", "dogecoin": "dogecoin", "ethereum": "ethereum", "litecoin": "litecoin",
    "monero": "monero",
    "ripple": "ripple", "solana": "solana", "stellar": "stellar", "tezos": "tezos", "tron": "tron",
    "zcash": "zcash",
    "onionAddress": "onion", "ip4": "ipv4", "ip6": "ipv6", "ip4Net": "ipv4_cidr", "fqdn": "domain",
    "url": "url",
    "email": "email", "md5": "md5", "sha1": "sha1", "sha256": "sha256", "cve": "cve",
    "ttp": "attack_technique",
}  # fmt: skip


def _searcher_results(files: dict[str, list[str]]) -> Iterable[tuple[str, bool, str]]:
    for name, lines in files.items():
        for line in lines:
            kind, _, value = line.partition("\t") if "\t" in line else line.partition(" ")
            if not value:
                kind, value = ("onionAddress" if "onion" in name else name.partition("_")[0]), line
            value = value.strip()
            ours = _SEARCHER_TYPES.get(kind, kind)
            found = [
                one
                for one in extract(value, types=TYPES - {"phone_number"}, one_per_line=True)
                if one.type == ours
            ]
            seen = {one.value for one in found} | {value[one.start : one.end] for one in found}
            seen |= {one.value.removesuffix(".onion") for one in found} | {
                f"bitcoincash:{one.value}" for one in found
            }
            valid = "invalid" not in name
            yield f"{name} {value!r}", (value in seen) == valid, f"found {sorted(seen)!r}"


# Phishing URLs: each must come back exactly, from a line and from within a sentence.


def _url_figures(rows: list[dict[str, str]], say: Say) -> list[Figure]:
    shapes = {"alone": "{}", "in a sentence": "The link {} was clicked.", "in brackets": "see ({}), twice"}
    measured = []
    for name in (*shapes, "defanged"):
        lost = [
            row["url"] for row in rows if not _comes_back(row["url"].strip(), name, shapes.get(name, "{}"))
        ]
        for url in lost:
            say(f"phishing URL {name}: {url[:200]!r}")
        kept = len(rows) - len(lost)
        note = f"{kept}/{len(rows)}"
        measure = f"indicators: URLs returned exactly, {name}"
        measured.append(Figure(measure, kept / len(rows), 0.99, rows=len(rows), note=note))
    return measured


def _comes_back(url: str, name: str, shape: str) -> bool:
    written = _defanged(url) if name == "defanged" else url
    text = shape.format(written)
    at = text.index(written)
    return (at, at + len(written)) in [(one.start, one.end) for one in extract(text, types={"url"})]


def _defanged(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.replace('tt', 'xx')}{mark}{host.replace('.', '[.]')}{slash}{path}"
