"""The page's tables in a real browser, without network: sorting, searching, paging."""

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from conftest import require
from lethe.report.page import Provenance, page
from lethe.report.spec import Facts

CHROMIUM = shutil.which("chromium")
OFFLINE = "--disable-background-networking --disable-component-update --disable-sync --no-first-run --disable-quic"
PROBE = """<script>
const table = document.querySelector("#table-classes"), said = [];
const rows = () => [...table.querySelectorAll("tbody tr")].filter((row) => !row.hidden);
const say = (column) => said.push(rows().length, ...[0, -1].map((at) => rows().at(at)?.cells[column].textContent));
const heading = (words) => [...table.querySelectorAll("th")].findIndex((th) => th.textContent === words);
const click = (words) => table.querySelectorAll("th button")[heading(words)].click();
const q = heading("q"), search = table.querySelector("input");
say(q); click("q"); say(q); click("q"); say(q);
table.querySelector("[data-all]").click(); say(q);
search.value = "FOLD 0.190"; search.dispatchEvent(new Event("input")); said.push(rows().length);
document.body.innerHTML = `<pre id="said">${said.join("|")}</pre>`;
</script></body>"""


@pytest.mark.slow
def test_tables_sort_search_and_page(tmp_path: Path) -> None:
    require(CHROMIUM is not None, "the Debian package chromium")
    q = [0.5, None, *(0.01 * n for n in range(28))]
    levels = ["0.50"] * 20 + ["0.90"] * 10
    table = pd.DataFrame(
        {"regime": "r", "method": "fold", "level": levels, "split": "test", "label": range(30), "q": q}
    )
    html = page(
        Facts("s", "toy", 2),
        [],
        {"classes": table},
        {},
        Provenance("", {}, ""),
        {"classes": {"label": "class", "q": "p"}},
    )
    file = tmp_path / "page.html"
    file.write_text(html.replace("</body>", PROBE))
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", *OFFLINE.split()]
    run = subprocess.run(
        [*command, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    said = re.search(r'<pre id="said">(.*?)</pre>', run.stdout)
    assert said
    first, ascending, descending, everything, found = (
        ["20", "0.500", "0.170"],
        ["20", "&lt; 0.001", "0.190"],
        ["20", "0.500", "0.090"],
        ["30", "0.500", "–"],
        ["1"],
    )
    assert said[1].split("|") == first + ascending + descending + everything + found
