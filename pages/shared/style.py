"""The house's look where the theme's settings do not reach: one style sheet, sent once a run.

Colours come in pairs, ``light-dark(a, b)``: Streamlit sets ``color-scheme``, so that a change of theme shows at once.
"""

from __future__ import annotations

from analytics.text import Translator

PHONE = "@media (max-width: 640px)"
DESKTOP = "@media (min-width: 641px)"

_SHEET = """
:root {
  --ink: light-dark(#14213A, #EEF2F8); --ink2: light-dark(#44516A, #B9C4D6); --ink3: light-dark(#5F6B80, #94A2B9);
  --ours: light-dark(#1F55A5, #7DB0F7); --ours-text: light-dark(#1F55A5, #8DBAF9);
  --gap: light-dark(#C26D18, #F2A650); --gap-text: light-dark(#A64E08, #F2A650); --gap-soft: light-dark(#FBEFE0, #3A2A17);
  --neutral: light-dark(#7A8698, #8391A8); --sector: light-dark(#B4BECC, #4C5B75);
  --hair: light-dark(#D5DBE4, #2B3852); --bg: light-dark(#FFFFFF, #0E1626);
  --squares: light-dark(#CDD4DE, #37435A);
}
[data-testid="stMainBlockContainer"] { max-width: 1360px; padding-left: 40px; padding-right: 40px; margin: 0 auto; }
[data-testid="stHeader"] { border-bottom: 1px solid var(--hair); }
[data-testid="stToolbar"] { max-width: 1360px; margin: 0 auto; padding-left: 40px !important; padding-right: 32px !important; }
[data-testid="stHeaderLogo"], [data-testid="stLogo"] { margin-left: 0 !important; }
[data-testid="stTopNavLink"] { background: none !important; border-radius: 0; padding: 12px 2px 14px; margin: 0 10px;
  border-bottom: 2px solid transparent; }
[data-testid="stTopNavLink"] * { font-size: 15px; color: var(--ink) !important; }
[data-testid="stTopNavLink"][aria-current="page"] { border-bottom-color: var(--ours); }
[data-testid="stTopNavLink"][aria-current="page"] * { font-weight: 600; }
h1 { padding: 0 0 .9rem !important; line-height: 1.16 !important; text-wrap: balance; max-width: 30em; letter-spacing: -.005em; }
h3 { padding: 0 0 .5rem !important; line-height: 1.25 !important; }
:focus-visible { outline: 2px solid var(--ours) !important; outline-offset: 2px; }
[class*="st-key-blk"] { border-top: 2px solid var(--ink); padding-top: 12px; }
[data-testid="stBaseButton-primary"] * { color: var(--bg) !important; }
.sub { font-size: 15px; line-height: 1.5; color: var(--ink2); margin: 0 0 4px; }
.sub b { color: var(--ink); font-weight: 600; }
.dot { display: inline-block; width: 11px; height: 11px; border-radius: 50%; margin: 0 5px 0 3px; vertical-align: -1px; }
.dot.ring { background: none !important; border: 2px solid var(--ink); width: 8px; height: 8px; }
.source { font-size: 13px; line-height: 1.5; color: var(--ink3); }
.source b { color: var(--ink); font-weight: 600; }
.states { font-size: 13px; color: var(--ink3); text-align: right; line-height: 1.5; }
.states b { color: var(--ink); font-weight: 600; white-space: nowrap; }
.badge { display: inline-block; background: var(--gap-soft); color: var(--gap-text); font-size: 14px; padding: 1px 5px;
  margin-left: 14px; white-space: nowrap; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 20px 32px; }
.figure { border-top: 4px solid var(--sector); padding-top: 10px; min-width: 0; }
.figure.ours { border-top-color: var(--ours); }
.figure .label { font-size: 14px; } .figure .value { font-size: 44px; font-weight: 500; line-height: 1.25; white-space: nowrap; }
.figure .published { font-size: 13px; font-weight: 600; line-height: 1.4; }
.squares { display: grid; grid-template-columns: 1fr 1fr; gap: 24px 52px; margin: 6px 0 14px; }
.squares .share { font-size: 44px; font-weight: 500; line-height: 1.1; color: var(--ours-text); }
.squares .of { font-size: 15px; color: var(--ink2); margin: 2px 0 8px; }
.hundred { display: grid; grid-template-columns: repeat(10, 1fr); gap: 2px; aspect-ratio: 1; }
.hundred i { background: var(--squares); } .hundred i.full { background: var(--ours); }
.hundred i.part { background: linear-gradient(90deg, var(--ours) var(--share), var(--squares) var(--share)); }
.st-key-filters, .st-key-filters-row { row-gap: 4px; }
.st-key-filters-row button[data-testid="stPopoverButton"], .st-key-filters-phone button[data-testid="stPopoverButton"] {
  padding: 2px 0 !important; min-height: 0; margin-right: 18px; border: 0; background: none; color: var(--ink); }
.st-key-filters-row [data-testid="stPopoverButton"] p, .st-key-filters-phone [data-testid="stPopoverButton"] p,
.st-key-language p { font-size: 14px !important; color: var(--ink); }
.st-key-filters-phone { display: none; }
.st-key-language button { padding: 2px 0; min-height: 0; }
[class*="st-key-tools"] button { padding: 0; min-height: 0; border: 0; background: none; }
[class*="st-key-tools"] button p { font-size: 13px !important; color: var(--ink3); }
[class*="st-key-tools"] button:hover p { color: var(--ours-text); }
[class*="st-key-tools"] { column-gap: 20px; }
.finding { font-size: 16px; line-height: 1.5; color: var(--ink2); } .finding b { color: var(--ink); font-weight: 600; }
.rows { display: grid; font-size: 15px; line-height: 1.4; }
.rows > div { display: grid; grid-template-columns: 1fr auto; gap: 4px 24px; border-top: 1px solid var(--hair); padding: 7px 0; }
.rows > div:first-child { border-top: 0; } .rows .n { font-variant-numeric: tabular-nums; text-align: right; }
.rows small { grid-column: 1 / -1; font-size: 13px; color: var(--ink3); overflow-wrap: anywhere; }
[data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
[data-testid="stFileUploaderDropzone"] button * { font-size: 0 !important; }
[data-testid="stFileUploaderDropzone"] button::after { content: "%(browse)s"; font-size: 14px; }
[data-testid="stFileUploaderDropzone"]::after { content: "%(drop)s"; font-size: 13px; color: var(--ink3); margin-left: 12px; }
%(desktop)s { [class*="st-key-beside"] .ytick { visibility: hidden; } }
%(phone)s {
  [data-testid="stMainBlockContainer"] { padding-left: 18px; padding-right: 18px; }
  [data-testid="stToolbar"] { padding-left: 18px !important; padding-right: 8px !important; }
  h1 { font-size: 27px !important; }
  .states { text-align: left; } .badge { margin-left: 0; }
  .figures { gap: 20px 32px; } .figure .value { font-size: 38px; }
  .squares { gap: 24px 36px; } .squares .share { font-size: 38px; }
  .st-key-filters-row { display: none; } .st-key-filters-phone { display: flex; }
  [data-testid="stLayoutWrapper"]:has(> .st-key-map), .st-key-map { height: 300px !important; min-height: 0 !important; }
}
@media print { [data-testid="stHeader"], .st-key-filters-row, [class*="st-key-tools"] { display: none !important; } }
"""


def style_sheet(t: Translator) -> str:
    """Return the style element; the few words that Streamlit writes itself are replaced in the reader's language."""
    words = {"browse": t("common.upload_browse"), "drop": t("common.upload_drop")}
    quoted = {key: text.replace("\\", "").replace('"', "").replace("<", "") for key, text in words.items()}
    sheet = _SHEET
    for key, text in {**quoted, "phone": PHONE, "desktop": DESKTOP}.items():
        sheet = sheet.replace(f"%({key})s", text)
    return f"<style>{sheet}</style>"
