"""A report as one HTML page, without scripts and without anything from elsewhere."""

from __future__ import annotations

from html import escape

from batchlint.findings import Finding
from batchlint.reporters.view import View, closing, offer, offer_source, rewrite, why

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; }
article { border-top: 1px solid #ccc; padding: 1rem 0; }
h2 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
pre { background: #f4f4f4; padding: .5rem; overflow-x: auto; }
dt { color: #555; }
dd { margin: 0 0 .4rem 1.2rem; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) {
  body { background: #1b1b1b; color: #e6e6e6; } pre { background: #2a2a2a; } dt { color: #aaa; }
}
"""


def render(view: View) -> str:
    report = view.report
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>batchlint</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<h1>batchlint</h1>\n<p>{escape(closing(view))}</p>",
        *(_article(view, finding) for finding in report.findings),
    ]
    if report.errors:
        lines = "".join(f"<li>{escape(f'{e.path}:{e.line}: {e.message}')}</li>\n" for e in report.errors)
        parts.append(f"<h2>Could not be read</h2>\n<ul>\n{lines}</ul>")
    return "\n".join([*parts, "</body>\n</html>\n"])


def _article(view: View, finding: Finding) -> str:
    site = finding.site
    place = f"{finding.path}:{finding.line}:{finding.column}"
    source = view.line(finding.path, finding.line)
    chain = [step for context in site.contexts[:1] for step in context.chain]
    rows = [
        ("score", str(site.score)),
        ("who starts it", " → ".join(f"{step.path}:{step.line} {step.what}" for step in [*chain, *site.via])),
        ("why nobody waits", "; ".join(why(site))),
        ("batch tier", " ".join(part for part in (offer(site), offer_source(site)) if part)),
        ("fix", rewrite(site)),
    ]
    terms = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>\n" for name, text in rows if text)
    code = f"<pre>{escape(source.strip())}</pre>\n" if source else ""
    head = f"<h2>{escape(place)} {finding.code}</h2>\n<p>{escape(finding.message)}</p>"
    return f"<article>\n{head}\n{code}<dl>\n{terms}</dl>\n</article>"
